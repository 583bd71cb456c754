package tokenizer

import (
	"errors"
	"maps"
)

// ErrFormat says that a tokenizer file is malformed or beyond the limits of this package.
var ErrFormat = errors.New("malformed tokenizer file")

// ErrUnsupported says that a tokenizer file is sound but asks for something other than the WordPiece tokenization of
// the BERT family.
var ErrUnsupported = errors.New("unsupported tokenizer")

// Tokenizer turns text into ids. It does not change after Load, so any number of goroutines may share it.
type Tokenizer struct {
	normal        *normalizer
	steps         *trie[step]
	verbatim      *matcher // added tokens looked for in the text itself
	normalized    *matcher // added tokens looked for in the normalised text
	vocab         *vocabulary
	before, after []special
	size          int
	files         map[string][]byte
}

// special is a token that the template adds around the text.
type special struct {
	id   int
	name string
}

// Encoding is the result of Encode: one entry a token, special tokens included.
type Encoding struct {
	IDs    []int32
	Tokens []string
	// Offsets are the [start, end) of each token in code points of the text, as in Hugging Face. Special tokens that
	// the template adds have {0, 0}. Bytes that are not UTF-8 count as the U+FFFD that a browser or Python would read
	// in their place.
	Offsets [][2]int
	// Cut is how many tokens of the text the truncation has dropped.
	Cut int
}

// VocabSize is the number of ids, the highest id + 1, tokens added to the vocabulary included. An encoder's word
// embedding has at least as many rows.
func (t *Tokenizer) VocabSize() int { return t.size }

// Files returns the files that Load has read, by name, so that a saved model folder can carry them unchanged.
func (t *Tokenizer) Files() map[string][]byte { return maps.Clone(t.files) }

// Encode returns the tokens of text, with the special tokens of the template around them.
//
// maxLength > 0 truncates as Hugging Face does (longest first, on the right, special tokens included in the count);
// 0 means no limit. Where maxLength has no room even for the special tokens, these alone come out: Hugging Face
// underflows there and does not truncate at all.
func (t *Tokenizer) Encode(text string, maxLength int) Encoding {
	// English has about four bytes a token; a text with more pieces grows the slices once.
	room := len(text)/4 + len(t.before) + len(t.after) + 4
	enc := Encoding{IDs: make([]int32, 0, room), Tokens: make([]string, 0, room), Offsets: make([][2]int, 0, room)}
	enc.appendSpecial(t.before)
	e := encoder{Tokenizer: t, enc: &enc}
	e.text(repair(text))
	if maxLength > 0 {
		keep := max(maxLength-len(t.before)-len(t.after), 0) + len(t.before)
		enc.Cut = max(len(enc.IDs)-keep, 0)
		enc.truncate(len(enc.IDs) - enc.Cut)
	}
	enc.appendSpecial(t.after)
	return enc
}

func (e *Encoding) append(id int, token string, offsets [2]int) {
	e.IDs = append(e.IDs, int32(id))
	e.Tokens = append(e.Tokens, token)
	e.Offsets = append(e.Offsets, offsets)
}

func (e *Encoding) appendSpecial(tokens []special) {
	for _, s := range tokens {
		e.append(s.id, s.name, [2]int{})
	}
}

func (e *Encoding) truncate(n int) {
	e.IDs, e.Tokens, e.Offsets = e.IDs[:n], e.Tokens[:n], e.Offsets[:n]
}
