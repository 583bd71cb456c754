package data

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/tokenizer"
)

func TestExamples(t *testing.T) {
	words := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "##ly"}
	tok, err := tokenizer.Load(fstest.MapFS{"vocab.txt": {Data: []byte(strings.Join(words, "\n"))}})
	if err != nil {
		t.Fatal(err)
	}
	records := []Record{
		{"good", map[string]string{"sentiment": "positive", "topic": "world"}},
		{"badly bad", map[string]string{"sentiment": "negative"}},
		{"good bad good", nil},
		{"unheard", map[string]string{"topic": "sports"}},
	}
	ex, cut := Examples(tok, both, records, 4)
	want := []Example{
		{[]int32{2, 5, 3}, []int32{1, 1}},
		{[]int32{2, 6, 7, 3}, []int32{0, -1}}, // "bad" is cut off
		{[]int32{2, 5, 6, 3}, []int32{-1, -1}},
		{[]int32{2, 1, 3}, []int32{-1, 0}},
	}
	if !reflect.DeepEqual(ex, want) || cut != 2 {
		t.Errorf("got %v and %d cut, want %v and 2", ex, cut, want)
	}
	if n := Tokens(ex); n != 3+4+4+3 {
		t.Errorf("%d tokens, want 14", n)
	}
	if ex, cut := Examples(tok, both, records, 5); cut != 0 || !slices.Equal(ex[1].IDs, []int32{2, 6, 7, 6, 3}) {
		t.Errorf("at 5 tokens %d are cut: %v", cut, ex)
	}
	if ex, cut := Examples(tok, both, nil, 4); len(ex) != 0 || cut != 0 {
		t.Errorf("no records are %v", ex)
	}
}

// TestDigest: ids, labels, their limits and the order of the examples all count.
func TestDigest(t *testing.T) {
	ex := []Example{{IDs: []int32{2, 7, 3}, Labels: []int32{0, -1}}, {IDs: []int32{2, 3}, Labels: []int32{1, 1}}}
	seen := map[string]bool{Digest(ex): true}
	for _, other := range [][]Example{
		nil, ex[:1], {ex[1], ex[0]}, {{IDs: []int32{2, 7, 3}, Labels: []int32{1, -1}}, ex[1]}, {{IDs: []int32{2, 8, 3}, Labels: []int32{0, -1}}, ex[1]},
		{{IDs: []int32{2, 7}, Labels: []int32{3, 0, -1}}, ex[1]},
	} {
		if d := Digest(other); seen[d] {
			t.Errorf("%v has the digest of another", other)
		} else {
			seen[d] = true
		}
	}
	if again := Digest(slices.Clone(ex)); !seen[again] || len(again) != 64 {
		t.Errorf("equal examples have the digest %s", again)
	}
}
