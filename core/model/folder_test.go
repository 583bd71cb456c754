package model_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/safetensors"
)

// vocabulary is n lines of a vocab.txt: special tokens, the pieces of the letters, and words w0, w1, …
func vocabulary(n int) []byte {
	lines := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	for c := 'a'; c <= 'l'; c++ {
		lines = append(lines, string(c), "##"+string(c))
	}
	for i := 0; len(lines) < n; i++ {
		lines = append(lines, fmt.Sprintf("w%d", i))
	}
	return []byte(strings.Join(lines[:n], "\n"))
}

// folder is a random BERT of the encoder's recordings as a model folder, with a tokenizer of n words.
func folder(t testing.TB, name string, n int) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"vocab.txt": {Data: vocabulary(n)}}
	for _, file := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join("..", "encoder", "testdata", name, file))
		if err != nil {
			t.Fatal(err)
		}
		fsys[file] = &fstest.MapFile{Data: b}
	}
	return fsys
}

// bert and bert2 are the two recordings: names without the family's prefix, and of an early checkpoint.
func bert(t testing.TB) fstest.MapFS  { return folder(t, "bert", 97) }
func bert2(t testing.TB) fstest.MapFS { return folder(t, "bert2", 53) }

func device() backend.Backend { return cpu.New(kernel.Serial()) }

func open(t testing.TB, fsys fstest.MapFS) *model.Model {
	t.Helper()
	m, err := model.Open(device(), fsys)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tensors reads the weights of a folder.
func tensors(t testing.TB, fsys fstest.MapFS) map[string]safetensors.Tensor {
	t.Helper()
	ts, _, err := safetensors.Load(bytes.NewReader(fsys["model.safetensors"].Data))
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// setTensors writes weights into a folder, each under its key.
func setTensors(t testing.TB, fsys fstest.MapFS, ts map[string]safetensors.Tensor) {
	t.Helper()
	var list []safetensors.Tensor
	for _, name := range slices.Sorted(maps.Keys(ts)) {
		one := ts[name]
		one.Name = name
		list = append(list, one)
	}
	var file bytes.Buffer
	if err := safetensors.Encode(&file, list, nil); err != nil {
		t.Fatal(err)
	}
	fsys["model.safetensors"] = &fstest.MapFile{Data: file.Bytes()}
}

// value reads a parameter.
func value(t testing.TB, m *model.Model, name string) []float32 {
	t.Helper()
	p, ok := m.Params.Lookup(name)
	if !ok {
		t.Fatalf("there is no parameter %s", name)
	}
	x := make([]float32, p.Size())
	if err := m.Params.Ops().Read(x, p.Value); err != nil {
		t.Fatal(err)
	}
	return x
}

func equal(t testing.TB, what string, got, want []float32) {
	t.Helper()
	check.Close(t, what, got, want, 0)
}

// two are a pair of tasks.
func two() []head.Task {
	return []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"sports", "tech", "world"}, Weight: 1},
		{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"negative", "positive"}, Weight: 0.5},
	}
}
