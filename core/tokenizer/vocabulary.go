package tokenizer

import (
	"fmt"
	"math"

	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/wordpiece"
)

// maxVocab bounds the entries of a vocabulary and its ids; the largest of the BERT family has about 120,000.
const maxVocab = 1_000_000

// wordpieceConfig is the "model" of a tokenizer.json. Hugging Face requires every field but the type.
type wordpieceConfig struct {
	Type     string      `json:"type"`
	Unk      *string     `json:"unk_token"`
	Prefix   *string     `json:"continuing_subword_prefix"`
	MaxChars *uint64     `json:"max_input_chars_per_word"`
	Vocab    model.Vocab `json:"vocab"`
}

// vocabulary holds the WordPiece model of sugarme/tokenizer, whose longest match agrees with Hugging Face's on valid
// UTF-8, and beside it what makes the common cases quick: the model allocates several times for each piece it tries.
type vocabulary struct {
	model    wordpiece.WordPiece
	ids      model.Vocab
	names    []string // by id, for tokens that cost no allocation
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
	maxChars := int(min(*c.MaxChars, math.MaxInt32))
	builder := wordpiece.NewWordPieceBuilder().Vocab(&c.Vocab).UnkToken(*c.Unk)
	return &vocabulary{
		model: builder.ContinuingSubwordPrefix(*c.Prefix).MaxInputCharsPerWord(maxChars).Build(),
		ids:   c.Vocab, names: names, unk: unk, unkName: *c.Unk, maxChars: maxChars,
	}, nil
}

func namesByID(ids model.Vocab) ([]string, error) {
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
	pieces, err := v.model.Tokenize(string(word))
	if err != nil { // only for want of the unknown token, which newVocabulary has found
		enc.append(v.unk, v.unkName, whole)
		return
	}
	for _, p := range pieces {
		enc.append(p.Id, p.Value, [2]int{int(from[p.Offsets[0]]), int(from[p.Offsets[1]-1]) + 1})
	}
}
