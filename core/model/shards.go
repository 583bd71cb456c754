package model

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// indexFile says which shard holds which tensor, where the weights are in several files.
const indexFile = "model.safetensors.index.json"

// Limits on what an index may ask for.
const (
	maxIndex  = 64 << 20
	maxShards = 1 << 10
)

// ReadShards reads the weights of a folder whose index names several files, each once and in the order of their names. A
// shard that is not there is an error that names it, before any is read.
func (m *Model) ReadShards(fsys fs.FS) error {
	shards, err := readIndex(fsys)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrWeights, indexFile, err)
	}
	in := m.filler()
	for _, name := range shards {
		if err := in.readFile(fsys, name); err != nil {
			return fmt.Errorf("%w: shard %s: %w", ErrWeights, name, err)
		}
	}
	return m.complete(in.seen)
}

func (f *filler) readFile(fsys fs.FS, name string) error {
	file, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return f.read(file)
}

// readIndex returns the shards of a folder, sorted. All of them are there.
func readIndex(fsys fs.FS) ([]string, error) {
	text, err := readLimited(fsys, indexFile, maxIndex)
	if err != nil {
		return nil, err
	}
	var index struct {
		Shards map[string]string `json:"weight_map"` // by tensor
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, name := range index.Shards {
		names[name] = true
	}
	if len(names) == 0 || len(names) > maxShards {
		return nil, fmt.Errorf("weight_map names %d shards, want 1 to %d", len(names), maxShards)
	}
	shards, missing := slices.Sorted(maps.Keys(names)), []string(nil)
	for _, name := range shards {
		switch {
		case !fs.ValidPath(name) || strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, ".safetensors"):
			return nil, fmt.Errorf("weight_map names the shard %.80q, want a plain name that ends in .safetensors", name)
		case !exists(fsys, name):
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%d of %d shards are missing: %s: %w", len(missing), len(shards), listed(missing), fs.ErrNotExist)
	}
	return shards, nil
}

// readLimited reads a file of at most limit bytes.
func readLimited(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("it is longer than the %d bytes that are allowed", limit)
	}
	return text, err
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
