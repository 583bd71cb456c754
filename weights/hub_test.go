package weights

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// tinyRepo is what a repository of the hub has.
func tinyRepo() map[string]string {
	return map[string]string{"config.json": "{}", "tokenizer.json": `{"model": {}}`, "vocab.txt": "a\n",
		"model.safetensors": "\x40\x00\x00\x00\x00\x00\x00\x00" + `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}          ` + "\x00\x00\x80\x3f\x00\x00\x00\x40"}
}

func TestFetchHub(t *testing.T) {
	files := tinyRepo()
	h, dir := newHub(t, files), t.TempDir()
	h.spoil = func(w http.ResponseWriter, name string) bool {
		w.Header().Set("X-Repo-Commit", revision)
		return false
	}
	var notes strings.Builder
	for range 2 { // the second time replaces the first
		if err := (Fetcher{Endpoint: h.URL, Notes: &notes}).FetchHub(context.Background(), "someone/tiny", dir); err != nil {
			t.Fatal(err)
		}
		wantFolder(t, dir, files)
	}
	if h.asked[0] != "/someone/tiny/resolve/main/config.json" || h.asked[1] != "/someone/tiny/resolve/"+revision+"/tokenizer.json" {
		t.Errorf("the hub was asked for %v; want main first, then the commit it is at", h.asked[:2])
	}
	if !strings.Contains(notes.String(), "no sha256 of it is known") || !strings.Contains(notes.String(), revision) {
		t.Errorf("the notes are %q", notes.String())
	}
}

func TestFetchHubFails(t *testing.T) {
	for _, c := range []struct{ name, file, text, reason string }{
		{"nothing there", "config.json", "", "config.json answered 404"},
		{"no weights", "model.safetensors", "", "no model.safetensors in one piece"},
		{"a page instead of JSON", "tokenizer.json", "<html>", "tokenizer.json: what came is not JSON"},
		{"cut header", "model.safetensors", tinyRepo()["model.safetensors"][:70], "the 70 bytes that came do not begin like safetensors"},
		{"almost nothing", "model.safetensors", "\x00", "the 1 bytes that came"},
		{"pointer", "model.safetensors", "version https://git-lfs.github.com/spec/v1\n", "only a pointer to the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, dir := tinyRepo(), t.TempDir()
			files[c.file] = c.text
			if c.text == "" {
				delete(files, c.file)
			}
			write(t, dir, c.file, "the one from before")
			err := Fetcher{Endpoint: newHub(t, files).URL}.FetchHub(context.Background(), "someone/tiny", dir)
			if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "someone/tiny") {
				t.Errorf("got %v, want an error with %q", err, c.reason)
			}
			for name, text := range folder(t, dir) {
				if name == c.file && text != "the one from before" || name != c.file && text != files[name] {
					t.Errorf("%s was left behind as %q", name, text)
				}
			}
		})
	}
}

// A config.json that cannot be used ends the fetch before the weights come, and what was there stays.
func TestFetchHubJudgesConfig(t *testing.T) {
	files, dir := tinyRepo(), t.TempDir()
	files["config.json"] = `{"model_type": "roberta"}`
	write(t, dir, "config.json", "the one from before")
	h := newHub(t, files)
	f := Fetcher{Endpoint: h.URL, Config: func(text []byte) error {
		if string(text) != files["config.json"] {
			t.Errorf("judged %q", text)
		}
		return errors.New("roberta is not supported")
	}}
	err := f.FetchHub(context.Background(), "someone/roberta", dir)
	if err == nil || err.Error() != "weights: someone/roberta: roberta is not supported" {
		t.Errorf("got %v", err)
	}
	if got := h.names(); len(got) != 1 {
		t.Errorf("asked for %v", got)
	}
	wantFolder(t, dir, map[string]string{"config.json": "the one from before"})
}

func TestFetchHubNeedsTokenizer(t *testing.T) {
	files := tinyRepo()
	delete(files, "tokenizer.json")
	delete(files, "vocab.txt")
	files["vocab.json"] = "{}"
	h := newHub(t, files)
	err := Fetcher{Endpoint: h.URL}.FetchHub(context.Background(), "tiny", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "no tokenizer") {
		t.Errorf("got %v", err)
	}
	if got := h.names(); !slices.Contains(got, "merges.txt") {
		t.Errorf("asked for %v", got)
	}
	files["merges.txt"] = "#version"
	dir := t.TempDir()
	if err := (Fetcher{Endpoint: h.URL}).FetchHub(context.Background(), "tiny", dir); err != nil {
		t.Error(err)
	}
	if got := folder(t, dir); !maps.Equal(got, files) {
		t.Errorf("got %v", got)
	}
}

func TestFetchHubNames(t *testing.T) {
	for _, repo := range []string{"", "a/b/c", "../x", "a/..", "a b", "https://x/y", "/etc"} {
		if err := (Fetcher{Endpoint: "http://127.0.0.1:1"}).FetchHub(context.Background(), repo, t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not the name of a repository") {
			t.Errorf("%q: got %v", repo, err)
		}
	}
}
