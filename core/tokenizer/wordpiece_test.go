package tokenizer

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/wordpiece"
)

// TestLongestMatch cuts random words over random vocabularies as sugarme/tokenizer's WordPiece does, whose longest match
// agrees with Hugging Face's on valid UTF-8.
func TestLongestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("abcé漢😀#")
	word := func(n int) string {
		s := make([]rune, 1+r.IntN(n))
		for i := range s {
			s[i] = letters[r.IntN(len(letters))]
		}
		return string(s)
	}
	known := 0
	for _, prefix := range []string{"##", "", "▁▁▁"} {
		for range 60 {
			unk, chars := "[UNK]", uint64(9)
			ids := model.Vocab{unk: 0}
			for range 40 {
				name := word(4)
				if r.IntN(2) == 0 {
					name = prefix + name
				}
				if _, ok := ids[name]; !ok {
					ids[name] = len(ids)
				}
			}
			v, err := newVocabulary(wordpieceConfig{Unk: &unk, Prefix: &prefix, MaxChars: &chars, Vocab: ids})
			if err != nil {
				t.Fatal(err)
			}
			judge := wordpiece.NewWordPieceBuilder().Vocab(&ids).UnkToken(unk).ContinuingSubwordPrefix(prefix).MaxInputCharsPerWord(9).Build()
			for range 100 {
				known += sameCut(t, v, judge, word(10))
			}
		}
	}
	if known < 2000 {
		t.Errorf("only %d words were cut into several pieces, and that proves little", known)
	}
}

// sameCut compares one word, and returns 1 if it has several pieces.
func sameCut(t *testing.T, v *vocabulary, judge wordpiece.WordPiece, text string) int {
	t.Helper()
	want, err := judge.Tokenize(text)
	if err != nil {
		t.Fatal(err)
	}
	from := make([]int32, 0, len(text))
	for range text {
		from = append(from, int32(3*len(from)+5)) // code points of the word stand apart in the text
	}
	got := Encoding{IDs: []int32{7}, Tokens: []string{"before"}, Offsets: [][2]int{{0, 1}}}
	v.appendWord(&got, []byte(text), from)
	expected := Encoding{IDs: []int32{7}, Tokens: []string{"before"}, Offsets: [][2]int{{0, 1}}}
	for _, p := range want {
		expected.append(p.Id, p.Value, [2]int{int(from[p.Offsets[0]]), int(from[p.Offsets[1]-1]) + 1})
	}
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%q: got %+v, want %+v", text, got, expected)
	}
	return min(1, len(want)-1)
}
