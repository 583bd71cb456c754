package synth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"thaw/core/data"
)

// ErrGrammar is wrapped by every error about the files of a grammar.
var ErrGrammar = errors.New("synth: bad grammar")

// Grammar is what texts are made from: the two halves of the lexicon, and sentences that were written by hand.
type Grammar struct {
	halves  map[string]*lexicon
	common  map[string]bool // words that belong to no class and may stand in both halves
	natural []data.Record
}

// Open reads the files of a grammar, given by their paths: lexicon/common.txt, lexicon/train/*.txt, lexicon/heldout/*.txt and
// natural/*.jsonl, as package grammar has them.
func Open(files map[string]string) (*Grammar, error) {
	g := &Grammar{map[string]*lexicon{Train: newLexicon(), Heldout: newLexicon()}, commonWords(files["lexicon/common.txt"]), nil}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		folder, file := path.Split(name)
		half := path.Base(folder)
		err := error(nil)
		switch {
		case path.Dir(path.Clean(folder)) == "lexicon" && g.halves[half] != nil:
			scope := strings.TrimSuffix(file, ".txt")
			err = g.halves[half].parseFile(path.Join(half, scope), scope, files[name])
		case folder == "natural/":
			g.natural, err = appendRecords(g.natural, files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrGrammar, name, err)
		}
	}
	for _, half := range []string{Train, Heldout} {
		if len(g.halves[half].templates) == 0 {
			return nil, fmt.Errorf("%w: lexicon/%s has no template", ErrGrammar, half)
		}
	}
	return g, nil
}

func appendRecords(to []data.Record, text string) ([]data.Record, error) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var r data.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return to, fmt.Errorf("line %d: %w", i+1, err)
		}
		to = append(to, r)
	}
	return to, nil
}

// Natural returns sentences written by hand, one by one, and never made from the lexicon: the honest test of a model that saw
// synthetic text only. Each carries one label.
func (g *Grammar) Natural() []data.Record { return slices.Clone(g.natural) }
