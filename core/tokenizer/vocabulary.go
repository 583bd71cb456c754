package tokenizer

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// maxVocab bounds the entries of a vocabulary and its ids; the largest of the BERT family has about 120,000.
const maxVocab = 1_000_000

// wordpieceConfig is the "model" of a tokenizer.json. Hugging Face requires every field but the type.
type wordpieceConfig struct {
	Type     string         `json:"type"`
	Unk      *string        `json:"unk_token"`
	Prefix   *string        `json:"continuing_subword_prefix"`
	MaxChars *uint64        `json:"max_input_chars_per_word"`
	Vocab    map[string]int `json:"vocab"`
}

// vocabulary is the WordPiece model (arXiv 1609.08144, tokenizers.models.WordPiece): a word is cut into the longest token that it
// begins with, then the longest that goes on from there, which the vocabulary has with the prefix "##", and so to its end. A
// word that has no such cut is unknown as a whole.
type vocabulary struct {
	ids      map[string]int
	names    []string // by id, for tokens that cost no allocation
	prefix   string   // of pieces that go on
	unk      int
	unkName  string
	maxChars int
}

func newVocabulary(c wordpieceConfig) (*vocabulary, error) {
	if len(c.Vocab) > maxVocab {
		return nil, fmt.Errorf("%w: the vocabulary has %d entries, at most %d are allowed", ErrFormat, len(c.Vocab), maxVocab)
	}
	unk, ok := c.Vocab[*c.Unk]
	if !ok {
		return nil, fmt.Errorf("%w: the unknown token %q is not in the vocabulary of %d entries", ErrFormat, *c.Unk, len(c.Vocab))
	}
	names, err := namesByID(c.Vocab)
	if err != nil {
		return nil, err
	}
	return &vocabulary{
		ids: c.Vocab, names: names, prefix: *c.Prefix, unk: unk, unkName: *c.Unk, maxChars: int(min(*c.MaxChars, math.MaxInt32)),
	}, nil
}

func namesByID(ids map[string]int) ([]string, error) {
	size := 0
	for name, id := range ids {
		if id < 0 || id >= maxVocab {
			return nil, fmt.Errorf("%w: token %q has the id %d, ids run from 0 to %d", ErrFormat, name, id, maxVocab-1)
		}
		size = max(size, id+1)
	}
	names, taken := make([]string, size), make([]bool, size)
	for name, id := range ids {
		if taken[id] {
			return nil, fmt.Errorf("%w: the tokens %q and %q share the id %d", ErrFormat, names[id], name, id)
		}
		names[id], taken[id] = name, true
	}
	return names, nil
}

// appendWord adds the pieces of a word to enc. word is its normalised form, from[i] the number of the code point of
// the text that its i-th code point came from.
func (v *vocabulary) appendWord(enc *Encoding, word []byte, from []int32) {
	whole := [2]int{int(from[0]), int(from[len(from)-1]) + 1}
	if len(from) > v.maxChars {
		enc.append(v.unk, v.unkName, whole)
		return
	}
	// The longest match of a word that is a token is the word itself; looking it up allocates nothing.
	if id, ok := v.ids[string(word)]; ok {
		enc.append(id, v.names[id], whole)
		return
	}
	before := len(enc.IDs)
	rest := append(make([]byte, 0, 128), v.prefix...) // stays on the stack for all but the longest words
	rest = append(rest, word...)
	for at, char := 0, 0; at < len(word); {
		piece := rest[len(v.prefix)+at:]
		if at > 0 { // the bytes before it are used up, and the prefix takes their place
			piece = rest[at:]
			copy(piece, v.prefix)
		}
		id, size, ok := v.longest(piece, at > 0)
		if !ok {
			enc.IDs, enc.Tokens, enc.Offsets = enc.IDs[:before], enc.Tokens[:before], enc.Offsets[:before]
			enc.append(v.unk, v.unkName, whole)
			return
		}
		chars := utf8.RuneCount(word[at : at+size])
		enc.append(id, v.names[id], [2]int{int(from[char]), int(from[char+chars-1]) + 1})
		at, char = at+size, char+chars
	}
}

// longest finds the longest token that piece begins with, and its bytes without the prefix.
func (v *vocabulary) longest(piece []byte, goesOn bool) (id, size int, ok bool) {
	from := 0
	if goesOn {
		from = len(v.prefix)
	}
	for end := len(piece); end > from; {
		if id, ok := v.ids[string(piece[:end])]; ok {
			return id, end - from, true
		}
		_, last := utf8.DecodeLastRune(piece[:end])
		end -= last
	}
	return 0, 0, false
}
