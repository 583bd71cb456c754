package tokenizer

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// The files under testdata are recorded by weights/golden/tokenizer.py from Hugging Face tokenizers.

// recorded is one Encoding as the script writes it: ids; tokens, or 0 where each is the one its id stands for; for each
// token how far it begins after the end of the one before, and its length.
type recorded [3]json.RawMessage

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func testJSON(t testing.TB, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(testdata(t, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// variant returns the tokenizer.json of one of the recorded variants, with the vocabulary put in.
func variant(t testing.TB, name string) []byte {
	t.Helper()
	var files map[string]map[string]any
	testJSON(t, "variants.json.gz", &files)
	file, ok := files[name]
	if !ok {
		t.Fatalf("variants.json.gz has no %q", name)
	}
	vocab := map[string]int{}
	for id, line := range vocabLines(t) {
		vocab[line] = id
	}
	file["model"].(map[string]any)["vocab"] = vocab
	raw, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func vocabLines(t testing.TB) []string {
	return strings.Split(strings.TrimSuffix(string(testdata(t, "vocab.txt.gz")), "\n"), "\n")
}

func load(t testing.TB, files map[string][]byte) *Tokenizer {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, raw := range files {
		fsys[name] = &fstest.MapFile{Data: raw}
	}
	tok, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func loadVariant(t testing.TB, name string) *Tokenizer {
	t.Helper()
	return load(t, map[string][]byte{tokenizerJSON: variant(t, name)})
}

// uncased is the tokenizer most tests use. A Tokenizer does not change, so they share one.
var uncased = sync.OnceValue(func() *Tokenizer { return loadVariant(new(testing.T), "uncased") })

// want is a recorded Encoding, read back.
func (r recorded) want(t *testing.T, tok *Tokenizer) Encoding {
	t.Helper()
	var e Encoding
	var steps []int
	if err := json.Unmarshal(r[0], &e.IDs); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r[2], &steps); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r[1], []byte("0")) {
		if err := json.Unmarshal(r[1], &e.Tokens); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, id := range e.IDs {
			e.Tokens = append(e.Tokens, nameOf(tok, int(id)))
		}
	}
	at := 0
	for i := 0; i < len(steps); i += 2 {
		lo := at + steps[i]
		at = lo + steps[i+1]
		e.Offsets = append(e.Offsets, [2]int{lo, at})
	}
	return e
}

func nameOf(tok *Tokenizer, id int) string {
	for _, m := range []*matcher{tok.verbatim, tok.normalized} {
		for _, t := range m.tokens {
			if t.ID == id {
				return t.Content
			}
		}
	}
	return tok.vocab.names[id]
}

// difference says where got differs from want, or "".
func difference(got, want Encoding) string {
	switch {
	case !slices.Equal(got.IDs, want.IDs):
		return fmt.Sprintf("ids\n got  %v\n want %v", got.IDs, want.IDs)
	case !slices.Equal(got.Tokens, want.Tokens):
		return fmt.Sprintf("tokens\n got  %q\n want %q", got.Tokens, want.Tokens)
	case !slices.Equal(got.Offsets, want.Offsets):
		return fmt.Sprintf("offsets\n got  %v\n want %v", got.Offsets, want.Offsets)
	}
	return ""
}

// check compares tok with what is recorded for text.
func (r recorded) check(t *testing.T, tok *Tokenizer, text string, maxLength int) {
	t.Helper()
	if d := difference(tok.Encode(text, maxLength), r.want(t, tok)); d != "" {
		t.Errorf("%+q: %s", text, d)
	}
}
