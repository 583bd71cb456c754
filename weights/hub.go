package weights

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// Limits on what a repository may send, for nothing else bounds it.
const (
	maxTextFile  = 64 << 20 // vocabularies and configurations
	maxModelFile = 8 << 30  // float32 weights of two thousand million parameters
)

// configFile comes first: what it says may end a fetch before the weights.
const configFile = "config.json"

// hubFiles are the files of a repository that thaw can use, in the order they are fetched.
var hubFiles = [...]struct {
	name     string
	required bool
}{
	{configFile, true}, {"tokenizer.json", false}, {"tokenizer_config.json", false}, {"special_tokens_map.json", false},
	{"vocab.txt", false}, {"vocab.json", false}, {"merges.txt", false}, {"model.safetensors", true},
}

// FetchHub is [Fetcher.FetchHub] with notes on standard error.
func FetchHub(ctx context.Context, repo, dir string, progress func(done, total int64, file string)) error {
	return Fetcher{Progress: progress, Notes: os.Stderr}.FetchHub(ctx, repo, dir)
}

// FetchHub fills the folder dir from any repository of the hub, written owner/name, at its branch main: config.json,
// model.safetensors and the tokenizer files there are. A config.json that Fetcher.Config refuses ends it before anything else comes. No sha256 of them is known, and a note says so; what can be
// checked is that all announced bytes came, that JSON parses and that model.safetensors begins like one. Files of dir
// with these names are replaced one by one, each whole or not at all.
func (f Fetcher) FetchHub(ctx context.Context, repo, dir string) error {
	if !repoForm.MatchString(repo) {
		return fmt.Errorf("weights: %q is not the name of a repository; expected owner/name, such as distilbert/distilbert-base-uncased", repo)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("weights: %s: %w", repo, err)
	}
	removeStale(dir)
	f.note("%s is not in the manifest: it comes from the branch main, unpinned, and no sha256 of it is known", repo)
	client := newClient()
	defer client.CloseIdleConnections()
	revision, got := "main", map[string]bool{}
	for _, file := range hubFiles {
		body, err := f.open(ctx, client, repo, revision, file.name)
		var status statusError
		if errors.As(err, &status) && status.code == http.StatusNotFound && !file.required {
			continue
		}
		if err != nil {
			return hubError(repo, file.name, err)
		}
		// All files of one model come from one commit, if the hub tells which main is.
		if revision == "main" && commitForm.MatchString(body.commit) {
			revision = body.commit
		}
		if err := f.takeUnpinned(dir, file.name, body); err != nil {
			return fmt.Errorf("weights: %s: %w", repo, err)
		}
		got[file.name] = true
	}
	if !got["tokenizer.json"] && !got["vocab.txt"] && !(got["vocab.json"] && got["merges.txt"]) {
		return fmt.Errorf("weights: %s: the repository has no tokenizer that thaw can read; expected tokenizer.json, vocab.txt, or vocab.json with merges.txt", repo)
	}
	f.note("%s is complete at revision %s", repo, revision)
	return nil
}

// hubError says what a failure to open a required file means for people.
func hubError(repo, file string, err error) error {
	var status statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound && file == "model.safetensors" {
		return fmt.Errorf("weights: %s: the repository has no model.safetensors in one piece; choose one that has, or convert it: %w", repo, err)
	}
	return fmt.Errorf("weights: %s: %w", repo, err)
}

// takeUnpinned writes one file for which no hash is known.
func (f Fetcher) takeUnpinned(dir, name string, body *download) error {
	defer body.Close()
	limit := int64(maxTextFile)
	if name == "model.safetensors" {
		limit = maxModelFile
	}
	if body.length > limit {
		return fmt.Errorf("%s: %d bytes are announced and at most %d are allowed", name, body.length, limit)
	}
	count := &counter{total: max(body.length, 0), report: f.Progress}
	return replace(dir, name, io.LimitReader(body, limit+1), count, func(path string, n int64) error {
		if n > limit {
			return fmt.Errorf("%s: more than the %d bytes that are allowed", name, limit)
		}
		if err := plausible(path, name, n); err != nil || name != configFile || f.Config == nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = f.Config(text)
		}
		return err
	})
}

// plausible reads as much of a file as shows that it is what its name says, and not an error page or a pointer. The
// tensors themselves are checked by whoever loads them.
func plausible(path, name string, n int64) error {
	switch filepath.Ext(name) {
	case ".json":
		text, err := os.ReadFile(path)
		if err == nil && !json.Valid(text) {
			err = fmt.Errorf("%s: what came is not JSON", name)
		}
		return err
	case ".safetensors":
		return plausibleTensors(path, name, n)
	}
	return nil
}

// plausibleTensors checks the first nine bytes: the length of the header, and the brace that opens it.
func plausibleTensors(path, name string, n int64) error {
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[8] != '{' || binary.LittleEndian.Uint64(head[:]) > uint64(n-8) {
		return fmt.Errorf("%s: the %d bytes that came do not begin like safetensors; the repository may hold only a pointer to the file", name, n)
	}
	return nil
}
