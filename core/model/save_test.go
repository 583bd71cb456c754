package model

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/safetensors"
)

// small opens a random BERT of odd sizes whose vocabulary is letters.
func small(t *testing.T, from fs.FS) *Model {
	t.Helper()
	m, err := Open(cpu.New(kernel.Serial()), from)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func smallFolder(t *testing.T) fs.FS {
	t.Helper()
	folder := fstest.MapFS{"vocab.txt": {Data: []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\n##a\n##b\n##c\n")}}
	for _, name := range []string{"config.json", "model.safetensors"} {
		text, err := os.ReadFile(filepath.Join("..", "encoder", "testdata", "bert", name))
		if err != nil {
			t.Fatal(err)
		}
		folder[name] = &fstest.MapFile{Data: text}
	}
	return folder
}

// withHeads gives m two tasks.
func withHeads(t *testing.T, m *Model, style head.Style) *Model {
	t.Helper()
	tasks := []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"x", "y", "z"}, Weight: 1},
		{Name: "mood", Kind: head.SingleLabel, Labels: []string{"bad", "good"}, Weight: 0.5},
	}
	if err := m.SetHeads(style, tasks, 3); err != nil {
		t.Fatal(err)
	}
	return m
}

// A model that was saved and opened again says the same, bit for bit.
func TestRoundTrip(t *testing.T) {
	texts := []string{"a b c", "", "abc dab", strings.Repeat("a ", 100)}
	for _, style := range []head.Style{head.Mean, head.HF} {
		m := withHeads(t, small(t, smallFolder(t)), style)
		m.Card.Freeze, m.Card.Settings, m.Card.Trained.From = "layers:1", []byte(`{"maxLength":20}`), "small"
		dir := filepath.Join(t.TempDir(), "deep", "model")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		again := small(t, os.DirFS(dir))
		want, err := m.Predict(texts, 20)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Predict(texts, 20)
		if err != nil {
			t.Fatal(err)
		}
		for i := range texts {
			for task, a := range want[i] {
				for label, p := range a.Scores {
					if got[i][task].Scores[label] != p {
						t.Errorf("%s: %q, %s, %s: %v, want %v", style, texts[i], task, label, got[i][task].Scores[label], p)
					}
				}
			}
		}
		if again.Card.Freeze != "layers:1" || again.Card.Trained.From != "small" || len(again.Ignored) > 0 || len(again.Fresh) > 0 {
			t.Errorf("card %+v, ignored %v, fresh %v", again.Card, again.Ignored, again.Fresh)
		}
	}
}

// What is written is what Hugging Face reads: config.json untouched, canonical names, the word of metadata.
func TestFolderOfSave(t *testing.T) {
	from := smallFolder(t)
	m := withHeads(t, small(t, from), head.Mean)
	dir := filepath.Join(t.TempDir(), "model")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{"config.json", "model.safetensors", "thaw.json", "vocab.txt"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	for _, name := range []string{"config.json", "vocab.txt"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		want, wantErr := fs.ReadFile(from, name)
		if err != nil || wantErr != nil || string(got) != string(want) {
			t.Errorf("%s is not as it was read (%v, %v)", name, err, wantErr)
		}
	}
	f, err := os.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := safetensors.ReadHeader(f)
	if err != nil {
		t.Fatal(err)
	}
	if h.Metadata["format"] != "pt" || len(h.Tensors) != len(m.Params.Params()) {
		t.Errorf("metadata %v, %d tensors, want %d", h.Metadata, len(h.Tensors), len(m.Params.Params()))
	}
	for _, name := range []string{"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.2.output.LayerNorm.bias", "heads.topic.weight", "heads.mood.bias"} {
		if _, ok := h.Lookup(name); !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

// failing is a disk that is full after some bytes of a file.
type failing struct {
	io.WriteCloser
	left int
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left < len(p) {
		n, _ := f.WriteCloser.Write(p[:f.left])
		f.left = 0
		return n, syscall.ENOSPC
	}
	f.left -= len(p)
	return f.WriteCloser.Write(p)
}

// A save that fails at any file leaves the folder as it was, and nothing beside it.
func TestFailedSaveHarmsNothing(t *testing.T) {
	m := withHeads(t, small(t, smallFolder(t)), head.Mean)
	parent := t.TempDir()
	dir := filepath.Join(parent, "model")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	m.Params.Ops().Fill(m.Params.Params()[0].Value, 1)
	for name, size := range before {
		for _, left := range []int{0, len(size) / 2} {
			err := m.save(dir, func(path string) (io.WriteCloser, error) {
				w, err := os.Create(path)
				if filepath.Base(path) == name {
					return &failing{w, left}, err
				}
				return w, err
			})
			if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), name) {
				t.Errorf("a disk that is full at %s: %v", name, err)
			}
		}
		err := m.save(dir, func(path string) (io.WriteCloser, error) {
			if filepath.Base(path) == name {
				return nil, fs.ErrPermission
			}
			return os.Create(path)
		})
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a file that cannot be made: %v", err)
		}
	}
	after := contents(t, dir)
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s has changed", name)
		}
	}
	if got := names(t, parent); !slices.Equal(got, []string{"model"}) {
		t.Errorf("beside the folder: %v", got)
	}
	if err := m.Save(dir); err != nil || contents(t, dir)["model.safetensors"] == before["model.safetensors"] {
		t.Errorf("the save that works: %v, or the weights are still the old ones", err)
	}
	if got := names(t, parent); !slices.Equal(got, []string{"model"}) {
		t.Errorf("beside the folder: %v", got)
	}
}

// Save replaces what thaw has written and nothing else.
func TestSaveRefusesForeignFolders(t *testing.T) {
	m := withHeads(t, small(t, smallFolder(t)), head.Mean)
	for _, c := range []struct {
		files    string
		sentence string // of the refusal; "" if there is none
	}{
		{"", ""},
		{"thaw.json config.json", ""},
		{"checkpoint.safetensors", ""},
		{"checkpoint.safetensors.part", ""}, // of a program that was killed
		{"thaw.json notes.txt", "it holds notes.txt, which thaw has not written; choose a new folder"},
		{"config.json model.safetensors vocab.txt", "no thaw.json"},
		{"README.md", "it holds README.md"},
	} {
		dir := t.TempDir()
		for _, name := range strings.Fields(c.files) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		err := m.Save(dir)
		if c.sentence == "" {
			if err != nil || slices.Contains(names(t, dir), "checkpoint.safetensors") {
				t.Errorf("over %q: %v, then %v", c.files, err, names(t, dir))
			}
			continue
		}
		if !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), c.sentence) {
			t.Errorf("over %q: %v, want %q", c.files, err, c.sentence)
		}
		for _, name := range strings.Fields(c.files) {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "old" {
				t.Errorf("over %q: %s was touched", c.files, name)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := m.Save(file); !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), "it is a file") {
		t.Errorf("over a file: %v", err)
	}
	if err := m.Save(filepath.Join(file, "model")); !errors.Is(err, ErrFolder) {
		t.Errorf("below a file: %v", err)
	}
}

// A link to a model folder stays a link; what it leads to is replaced.
func TestSaveThroughALink(t *testing.T) {
	m := withHeads(t, small(t, smallFolder(t)), head.Mean)
	parent := t.TempDir()
	dir, link := filepath.Join(parent, "model"), filepath.Join(parent, "link")
	if err := errors.Join(m.Save(dir), os.Symlink(dir, link), m.Save(link)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is now %v (%v)", info.Mode(), err)
	}
	small(t, os.DirFS(dir))
}

// names lists a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// contents reads a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range names(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

// CheckWritable finds before a run what Save would find after it, and leaves nothing behind.
func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	for _, out := range []string{"new", "new/er/still", "."} {
		if err := CheckWritable(filepath.Join(dir, out)); err != nil {
			t.Errorf("%s: %v", out, err)
		}
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := CheckWritable(filepath.Join(file, "model")); !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), "choose another place") {
		t.Errorf("below a file: %v", err)
	}
}
