package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is what one call of the program gave.
type result struct {
	code     int
	out, err string
}

// thaw runs the program with standard input.
func thaw(stdin string, args ...string) result {
	var out, err bytes.Buffer
	code := run(context.Background(), args, streams{strings.NewReader(stdin), &out, &err})
	return result{code, out.String(), err.String()}
}

// must runs the program and fails the test unless it succeeds.
func must(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	r := thaw(stdin, args...)
	if r.code != exitOK {
		t.Fatalf("thaw %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r
}

// fails runs the program and checks exit code and sentence.
func fails(t *testing.T, code int, sentence string, args ...string) {
	t.Helper()
	r := thaw("", args...)
	if r.code != code || !strings.Contains(r.err, sentence) {
		t.Errorf("thaw %s: exit code %d, want %d; it said\n%swant %q in it", strings.Join(args, " "), r.code, code, r.err, sentence)
	}
}

// tiny makes the folder of a random BERT of odd sizes.
func tiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{"../../encoder/testdata/bert/config.json", "../../encoder/testdata/bert/model.safetensors", "testdata/vocab.txt"} {
		copyFile(t, from, filepath.Join(dir, filepath.Base(from)))
	}
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	put(t, to, string(text))
}

// put writes a file.
func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns a file's text.
func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// synthetic writes n synthetic texts into a file.
func synthetic(t *testing.T, n string) string {
	t.Helper()
	r := must(t, "", "synth", "--n", n, "--seed", "7")
	return put(t, filepath.Join(t.TempDir(), "data.jsonl"), r.out)
}

// objects parses JSON lines.
func objects(t *testing.T, lines string) (all []map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(lines))
	for {
		var o map[string]any
		err := dec.Decode(&o)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, lines)
		}
		all = append(all, o)
	}
}

// sameWeights fails unless two model folders hold the same bits.
func sameWeights(t *testing.T, a, b string) {
	t.Helper()
	if read(t, a, "model.safetensors") != read(t, b, "model.safetensors") {
		t.Errorf("the weights of %s and %s differ", filepath.Base(a), filepath.Base(b))
	}
}
