package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"thaw/core/backend"
	"thaw/core/safetensors"
)

// ErrFolder is the root of every refusal to write a model into a folder.
var ErrFolder = errors.New("model folder")

// CheckpointFile is the name, in the folder of a run, of its unfinished state.
const CheckpointFile = "checkpoint.safetensors"

// CheckpointPart is the name it has while it is written. A program that was killed then leaves it behind.
const CheckpointPart = CheckpointFile + ".part"

// written are the names that a model folder of thaw may have in it; one with other files is not ours to replace.
var written = []string{
	"config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
	"model.safetensors", "thaw.json", CheckpointFile, CheckpointPart,
}

// Save writes the model folder dir: config.json as it was read, the tokenizer's files, model.safetensors with encoder and
// heads, and thaw.json. All is written into another folder beside it, which then takes the place of dir in one rename, so
// a save that fails leaves dir as it was. A checkpoint in dir goes with the old folder. What CheckFolder refuses is not
// replaced.
func (m *Model) Save(dir string) error {
	return m.save(dir, func(path string) (io.WriteCloser, error) { return os.Create(path) })
}

// save is Save with the making of files left open.
func (m *Model) save(dir string, create func(path string) (io.WriteCloser, error)) (err error) {
	dir, err = whole(dir)
	if err != nil {
		return err
	}
	if err := CheckFolder(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
	}
	fresh, err := beside(dir, "new")
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
	}
	if err := m.fill(fresh, create); err != nil {
		err = fmt.Errorf("%w %s: it was not saved, what was there before is unharmed: %w", ErrFolder, dir, err)
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return swap(dir, fresh)
}

// whole is the absolute path of dir, links followed if it exists, so that a link is not what a rename replaces.
func whole(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, nil
	}
	return abs, nil
}

// CheckFolder says whether Save may write dir: it does not exist, is empty, or holds a model that thaw has written or a
// checkpoint, and nothing else.
func CheckFolder(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w %s: it is a file; choose another name", ErrFolder, dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
	}
	ours := len(entries) == 0
	for _, e := range entries {
		if !slices.Contains(written, e.Name()) {
			return fmt.Errorf("%w %s: it holds %s, which thaw has not written; choose a new folder", ErrFolder, dir, e.Name())
		}
		ours = ours || e.Name() == "thaw.json" || e.Name() == CheckpointFile || e.Name() == CheckpointPart
	}
	if !ours {
		return fmt.Errorf("%w %s: it holds files but no thaw.json, so thaw has not written it; choose a new folder", ErrFolder, dir)
	}
	return nil
}

// CheckWritable says whether a folder can be made beside dir, as Save will want to after what may be hours of training: in its
// parent, or in the nearest folder above it that exists. Nothing stays behind.
func CheckWritable(dir string) error {
	dir, err := whole(dir)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	for parent != filepath.Dir(parent) {
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		parent = filepath.Dir(parent)
	}
	probe, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".try-*")
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		return fmt.Errorf("%w %s: it could not be written at the end: %w; choose another place", ErrFolder, dir, err)
	}
	return nil
}

// beside makes an empty folder next to dir, on the same disk.
func beside(dir, what string) (string, error) {
	for range 100 {
		path := filepath.Join(filepath.Dir(dir), fmt.Sprintf(".%s.%s-%08x", filepath.Base(dir), what, rand.Uint32()))
		if err := os.Mkdir(path, 0o777); !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
	return "", fmt.Errorf("no free name beside it: %w", fs.ErrExist)
}

// fill writes all files of the model into an empty folder.
func (m *Model) fill(dir string, create func(path string) (io.WriteCloser, error)) error {
	files, err := m.Files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := write(filepath.Join(dir, name), create, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		}); err != nil {
			return err
		}
	}
	return write(filepath.Join(dir, "model.safetensors"), create, m.WriteWeights)
}

// write makes one file and sees it to the disk.
func write(path string, create func(path string) (io.WriteCloser, error), fill func(io.Writer) error) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	err = fill(f)
	if file, ok := f.(*os.File); ok && err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// swap puts the folder fresh in the place of dir. If that fails dir comes back.
func swap(dir, fresh string) error {
	old := ""
	if _, err := os.Stat(dir); err == nil {
		if old, err = beside(dir, "old"); err == nil {
			err = os.Rename(dir, filepath.Join(old, "model"))
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%w %s: %w", ErrFolder, dir, err), os.RemoveAll(fresh))
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		err = fmt.Errorf("%w %s: %w", ErrFolder, dir, err)
		if old != "" {
			err = errors.Join(err, os.Rename(filepath.Join(old, "model"), dir), os.Remove(old))
		}
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if old == "" {
		return nil
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("%w %s: it is saved, but what was there before could not be removed: %w", ErrFolder, dir, err)
	}
	return nil
}

// Files are those of the model folder but for model.safetensors, by name.
func (m *Model) Files() (map[string][]byte, error) {
	files := map[string][]byte{"config.json": m.config}
	for name, text := range m.Tokenizer.Files() {
		files[name] = text
	}
	if m.Heads == nil {
		return files, nil
	}
	card, err := json.MarshalIndent(m.Card, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("thaw.json: %w", err)
	}
	files["thaw.json"] = append(card, '\n')
	return files, nil
}

// WriteWeights writes model.safetensors: every parameter under its canonical name, encoder and heads.
func (m *Model) WriteWeights(w io.Writer) error {
	ts := make([]safetensors.Tensor, 0, len(m.Params.Params()))
	for _, p := range m.Params.Params() {
		v, err := elements(m.Params.Ops(), p.Value)
		if err != nil {
			return err
		}
		ts = append(ts, safetensors.Tensor{Name: p.Name, Shape: p.Shape, F32: v})
	}
	// transformers asks for this word of metadata and takes no file without it.
	return safetensors.Encode(w, ts, map[string]string{"format": "pt"})
}

// elements is what a buffer holds, without a copy where the device's memory is the host's.
func elements(ops backend.Backend, b backend.Buffer) ([]float32, error) {
	if h, ok := ops.(backend.Host); ok {
		return h.Elements(b, false), ops.Sync()
	}
	v := make([]float32, b.Len())
	return v, ops.Read(v, b)
}
