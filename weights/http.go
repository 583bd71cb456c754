package weights

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	publicHub   = "https://huggingface.co"
	dialTimeout = 5 * time.Second  // an unreachable hub is given up after this, names looked up included
	headTimeout = 15 * time.Second // from the request to the first byte of the answer
	idleTimeout = 30 * time.Second // between two reads of a body
)

// endpoint is the base URL of the hub, without a slash at its end. The variable is the one of huggingface_hub.
func (f Fetcher) endpoint() string {
	for _, base := range []string{f.Endpoint, os.Getenv("HF_ENDPOINT")} {
		if base != "" {
			return strings.TrimRight(base, "/")
		}
	}
	return publicHub
}

// newClient is an HTTP client that gives up quickly. It has no limit on a whole download, which may take an hour.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headTimeout,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
				return errors.New("it redirects from https to " + next.URL.Scheme)
			}
			if len(via) >= 10 {
				return errors.New("it redirects without end")
			}
			return nil
		},
	}
}

// statusError is an answer of the hub that is not the file.
type statusError struct {
	url  string
	code int
}

func (e statusError) Error() string {
	why := "try again later"
	switch e.code {
	case http.StatusNotFound:
		why = "there is no such file at that revision"
	case http.StatusUnauthorized, http.StatusForbidden:
		why = "the repository does not exist, or it is private or gated"
	}
	return fmt.Sprintf("%s answered %d %s; %s", e.url, e.code, http.StatusText(e.code), why)
}

// download is the body of an answer. Reading fails once nothing has come for idleTimeout.
type download struct {
	body   io.ReadCloser
	length int64  // -1 where the server does not say
	commit string // the commit that the hub served, "" where it does not say
	idle   *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context
}

// get requests url and returns its body, which the caller closes.
func get(ctx context.Context, client *http.Client, url string) (*download, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("the address of the hub is malformed: %w", err)
	}
	// Compressed answers have no length to compare with.
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := client.Do(req)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel(nil)
		return nil, statusError{url, resp.StatusCode}
	}
	idle := time.AfterFunc(idleTimeout, func() { cancel(fmt.Errorf("nothing came for %v", idleTimeout)) })
	return &download{resp.Body, resp.ContentLength, resp.Header.Get("X-Repo-Commit"), idle, cancel, ctx}, nil
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.idle.Reset(idleTimeout)
	if err != nil && !errors.Is(err, io.EOF) && context.Cause(d.ctx) != nil {
		err = context.Cause(d.ctx) // says more than "context canceled"
	}
	return n, err
}

// Close ends the download, finished or not.
func (d *download) Close() error {
	d.idle.Stop()
	d.cancel(nil)
	return d.body.Close()
}
