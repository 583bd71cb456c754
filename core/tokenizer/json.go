package tokenizer

import (
	"encoding/json"
	"fmt"
)

// parseJSON reads a tokenizer.json.
func parseJSON(raw []byte) (spec, error) {
	s, err := decodeJSON(raw)
	if err != nil {
		return spec{}, fmt.Errorf("tokenizer: %s: %w", tokenizerJSON, err)
	}
	return s, nil
}

func decodeJSON(raw []byte) (spec, error) {
	var file struct {
		Version   string          `json:"version"`
		Added     []addedToken    `json:"added_tokens"`
		Normal    json.RawMessage `json:"normalizer"`
		Split     json.RawMessage `json:"pre_tokenizer"`
		Processor json.RawMessage `json:"post_processor"`
		Model     json.RawMessage `json:"model"`
	}
	if err := unmarshal(raw, &file); err != nil {
		return spec{}, err
	}
	if file.Version != "" && file.Version != "1.0" {
		return spec{}, fmt.Errorf("%w: version %q, only 1.0 is known", ErrUnsupported, file.Version)
	}
	s := spec{added: file.Added}
	var err error
	if s.vocab, err = parseModel(file.Model); err != nil {
		return spec{}, err
	}
	if s.normal, err = parseNormalizer(file.Normal); err != nil {
		return spec{}, err
	}
	if kind, err := kindOf(file.Split); err != nil || kind != "BertPreTokenizer" {
		return spec{}, unsupported("pre_tokenizer", kind, "BertPreTokenizer", err)
	}
	s.before, s.after, err = parseProcessor(file.Processor)
	return s, err
}

func unmarshal(raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

// kindOf returns the "type" of a part of tokenizer.json, and "null" for one that is null or not there.
func kindOf(raw json.RawMessage) (string, error) {
	var part *struct {
		Type string `json:"type"`
	}
	if len(raw) == 0 {
		return "null", nil
	}
	if err := unmarshal(raw, &part); err != nil {
		return "", err
	}
	if part == nil {
		return "null", nil
	}
	return part.Type, nil
}

func unsupported(part, kind, want string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return fmt.Errorf("%w: the %s is %q, %s is needed", ErrUnsupported, part, kind, want)
}

func parseModel(raw json.RawMessage) (wordpieceConfig, error) {
	kind, err := kindOf(raw)
	// The oldest files give the model no type.
	if err != nil || kind != "WordPiece" && kind != "" {
		return wordpieceConfig{}, unsupported("model", kind, "WordPiece", err)
	}
	var c wordpieceConfig
	if err := unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("model: %w", err)
	}
	if c.Unk == nil || c.Prefix == nil || c.MaxChars == nil || c.Vocab == nil {
		return c, fmt.Errorf("%w: the model needs unk_token, continuing_subword_prefix, max_input_chars_per_word and vocab", ErrFormat)
	}
	return c, nil
}

func parseNormalizer(raw json.RawMessage) (normalizer, error) {
	kind, err := kindOf(raw)
	if err == nil && kind == "null" {
		return normalizer{}, nil
	}
	if err != nil || kind != "BertNormalizer" {
		return normalizer{}, unsupported("normalizer", kind, "BertNormalizer or null", err)
	}
	var c struct {
		CleanText    *bool `json:"clean_text"`
		Chinese      *bool `json:"handle_chinese_chars"`
		StripAccents *bool `json:"strip_accents"`
		Lowercase    *bool `json:"lowercase"`
	}
	if err := unmarshal(raw, &c); err != nil {
		return normalizer{}, fmt.Errorf("normalizer: %w", err)
	}
	if c.CleanText == nil || c.Chinese == nil || c.Lowercase == nil {
		return normalizer{}, fmt.Errorf("%w: the normalizer needs clean_text, handle_chinese_chars and lowercase", ErrFormat)
	}
	return newNormalizer(*c.CleanText, *c.Chinese, c.StripAccents, *c.Lowercase), nil
}

// newNormalizer is a normalizer without its tables. An unsaid strip_accents follows lowercase, as in the original BERT.
func newNormalizer(cleanText, chinese bool, stripAccents *bool, lowercase bool) normalizer {
	n := normalizer{cleanText: cleanText, chinese: chinese, stripAccents: lowercase, lowercase: lowercase}
	if stripAccents != nil {
		n.stripAccents = *stripAccents
	}
	return n
}
