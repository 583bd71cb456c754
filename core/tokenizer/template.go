package tokenizer

import (
	"encoding/json"
	"fmt"
)

// maxTemplate bounds the pieces of a template and the ids of one of them. BERT's has three pieces.
const maxTemplate = 256

// parseProcessor returns the special tokens that stand before and after a single text.
func parseProcessor(raw json.RawMessage) (before, after []special, err error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("post_processor: %w", err)
	}
	switch kind {
	case "null":
		return nil, nil, nil
	case "BertProcessing":
		return parseBertProcessing(raw)
	case "TemplateProcessing":
		return parseTemplate(raw)
	}
	return nil, nil, unsupported("post_processor", kind, "TemplateProcessing, BertProcessing or null", nil)
}

func parseBertProcessing(raw json.RawMessage) (before, after []special, err error) {
	var c struct{ Cls, Sep *pair }
	if err := unmarshal(raw, &c); err != nil {
		return nil, nil, fmt.Errorf("post_processor: %w", err)
	}
	if c.Cls == nil || c.Sep == nil {
		return nil, nil, fmt.Errorf("%w: BertProcessing needs cls and sep", ErrFormat)
	}
	return []special{special(*c.Cls)}, []special{special(*c.Sep)}, nil
}

// pair is a special token as BertProcessing writes it: ["[CLS]", 101].
type pair special

func (p *pair) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf("a pair of token and id is needed, not %d values", len(parts))
	}
	if err := json.Unmarshal(parts[0], &p.name); err != nil {
		return err
	}
	return json.Unmarshal(parts[1], &p.id)
}

func parseTemplate(raw json.RawMessage) (before, after []special, err error) {
	var c struct {
		Single []struct {
			Sequence     *struct{ ID string }
			SpecialToken *struct{ ID string }
		}
		Tokens map[string]struct {
			IDs    []int
			Tokens []string
		} `json:"special_tokens"`
	}
	if err := unmarshal(raw, &c); err != nil {
		return nil, nil, fmt.Errorf("post_processor: %w", err)
	}
	if len(c.Single) > maxTemplate {
		return nil, nil, fmt.Errorf("%w: the template has %d pieces, at most %d are allowed", ErrFormat, len(c.Single), maxTemplate)
	}
	side, texts := &before, 0
	for _, piece := range c.Single {
		switch {
		case piece.Sequence != nil && piece.Sequence.ID == "A":
			side, texts = &after, texts+1
		case piece.SpecialToken != nil:
			t, ok := c.Tokens[piece.SpecialToken.ID]
			if !ok || len(t.IDs) != len(t.Tokens) || len(t.IDs) > maxTemplate {
				return nil, nil, fmt.Errorf("%w: the template's %q needs ids and tokens of one length in special_tokens", ErrFormat, piece.SpecialToken.ID)
			}
			for i, id := range t.IDs {
				*side = append(*side, special{id, t.Tokens[i]})
			}
		default:
			return nil, nil, fmt.Errorf("%w: a piece of the template is neither SpecialToken nor Sequence A", ErrUnsupported)
		}
	}
	if texts != 1 {
		return nil, nil, fmt.Errorf("%w: the template has the text %d times, not once", ErrUnsupported, texts)
	}
	return before, after, nil
}
