package tokenizer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sugarme/tokenizer/model"
)

// configWords is what tokenizer_config.json says about a vocab.txt: the words and defaults of transformers'
// BertTokenizer.
type configWords struct {
	Class        string                `json:"tokenizer_class"`
	Lowercase    bool                  `json:"do_lower_case"`
	StripAccents *bool                 `json:"strip_accents"`
	Chinese      bool                  `json:"tokenize_chinese_chars"`
	Unk          tokenWord             `json:"unk_token"`
	Sep          tokenWord             `json:"sep_token"`
	Pad          tokenWord             `json:"pad_token"`
	Cls          tokenWord             `json:"cls_token"`
	Mask         tokenWord             `json:"mask_token"`
	More         []tokenWord           `json:"additional_special_tokens"`
	Added        map[string]addedToken `json:"added_tokens_decoder"`
}

// tokenWord is a token that stands as a string or as an object with its content.
type tokenWord string

func (w *tokenWord) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, (*string)(w))
	}
	var object struct{ Content string }
	err := json.Unmarshal(raw, &object)
	*w = tokenWord(object.Content)
	return err
}

// parseVocab reads a vocab.txt and, unless it is empty, a tokenizer_config.json.
func parseVocab(vocab, config []byte) (spec, error) {
	words := configWords{
		Lowercase: true, Chinese: true,
		Unk: "[UNK]", Sep: "[SEP]", Pad: "[PAD]", Cls: "[CLS]", Mask: "[MASK]",
	}
	if len(config) > 0 {
		if err := unmarshal(config, &words); err != nil {
			return spec{}, fmt.Errorf("tokenizer: %s: %w", configJSON, err)
		}
	}
	s, err := words.spec(vocab)
	if err != nil {
		return spec{}, fmt.Errorf("tokenizer: %s: %w", vocabTxt, err)
	}
	return s, nil
}

func (w configWords) spec(vocab []byte) (spec, error) {
	ids, err := readLines(vocab)
	if err != nil {
		return spec{}, err
	}
	unk, prefix, maxChars := string(w.Unk), "##", uint64(100)
	s := spec{
		normal: newNormalizer(true, w.Chinese, w.StripAccents, w.Lowercase),
		vocab:  wordpieceConfig{Unk: &unk, Prefix: &prefix, MaxChars: &maxChars, Vocab: ids},
	}
	if s.added, err = w.addedTokens(); err != nil {
		return spec{}, err
	}
	for word, side := range map[tokenWord]*[]special{w.Cls: &s.before, w.Sep: &s.after} {
		id, ok := ids[string(word)]
		if !ok {
			return spec{}, fmt.Errorf("%w: the token %q is not among the %d of the vocabulary", ErrFormat, word, len(ids))
		}
		*side = []special{{id, string(word)}}
	}
	return s, nil
}

// addedTokens are the tokens of added_tokens_decoder by their number, then the named special tokens it does not have.
func (w configWords) addedTokens() ([]addedToken, error) {
	byID := map[int]addedToken{}
	for key, token := range w.Added {
		id, err := strconv.Atoi(key)
		if err != nil {
			return nil, fmt.Errorf("%w: %q in added_tokens_decoder is not an id", ErrFormat, key)
		}
		byID[id] = token
	}
	var tokens []addedToken
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		tokens = append(tokens, byID[id])
	}
	for _, word := range append([]tokenWord{w.Unk, w.Sep, w.Pad, w.Cls, w.Mask}, w.More...) {
		known := func(t addedToken) bool { return t.Content == string(word) }
		if !slices.ContainsFunc(tokens, known) {
			tokens = append(tokens, addedToken{Content: string(word)})
		}
	}
	return tokens, nil
}

// readLines reads one token a line; the id is the number of the line, from 0. As in Hugging Face, spaces at the end
// of a line are not part of the token, and of equal tokens the last counts.
func readLines(raw []byte) (model.Vocab, error) {
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrFormat)
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	if len(lines) > maxVocab {
		return nil, fmt.Errorf("%w: %d lines, at most %d are allowed", ErrFormat, len(lines), maxVocab)
	}
	ids := make(model.Vocab, len(lines))
	for id, line := range lines {
		ids[strings.TrimRight(line, spaces)] = id
	}
	return ids, nil
}

// spaces are the characters with the property White_Space.
const spaces = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
