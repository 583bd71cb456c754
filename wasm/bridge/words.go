package bridge

import (
	"encoding/json"
	"fmt"

	"thaw/core/synth"
)

// words are what synthetic text is made of. They are fetched when they are first asked for: a site with data of its own never does.
type words struct {
	fetch   func() ([]byte, error) // an object of the grammar's files by path, as JSON
	grammar *synth.Grammar
}

// open returns the grammar; a fetch that failed is tried again the next time.
func (w *words) open() (*synth.Grammar, error) {
	if w.grammar != nil {
		return w.grammar, nil
	}
	text, err := w.fetch()
	if err != nil {
		return nil, err
	}
	var files map[string]string
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("%w: %w", synth.ErrGrammar, err)
	}
	w.grammar, err = synth.Open(files)
	return w.grammar, err
}
