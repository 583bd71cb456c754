package synth

import (
	"maps"
	"slices"
	"strings"

	"thaw/core/data"
)

// Leak says what two sets of texts share that they should not. Lists are sorted and cut to maxListed; counts are whole.
type Leak struct {
	SharedTemplates []string `json:"sharedTemplates"` // templates written alike in both halves of the grammar
	SharedEntries   []string `json:"sharedEntries"`   // content words that slots of both halves of the grammar hold
	SharedWords     []string `json:"sharedWords"`     // slot words that stand in texts of both sets, and in no template
	TemplateWords   int      `json:"templateWords"`   // slot words of one half that a template of the other has in its fixed text
	EqualTexts      []string `json:"equalTexts"`      // texts of both sets, letters and digits compared
	NearDuplicates  int      `json:"nearDuplicates"`  // held-out texts that share half of their 5-grams of words, or more, with one train text
	MaxOverlap      float64  `json:"maxOverlap"`      // the greatest such share
	MeanOverlap     float64  `json:"meanOverlap"`     // its mean over the held-out texts
}

const (
	gram          = 5   // words in a shingle
	nearDuplicate = 0.5 // share of shingles from which a text counts as a copy
	maxListed     = 50
)

// Clean reports whether nothing that makes a held-out score dishonest was found.
func (l Leak) Clean() bool {
	return len(l.SharedTemplates)+len(l.SharedEntries)+len(l.SharedWords)+len(l.EqualTexts)+l.NearDuplicates == 0
}

// Leakage compares two sets of texts, and beside them the two halves of the grammar.
func (g *Grammar) Leakage(train, heldout []data.Record) Leak {
	a, b, known := g.halves[Train], g.halves[Heldout], g.common
	l := Leak{SharedTemplates: listed(shared(templateTexts(a), templateTexts(b)))}
	wa, wb := a.contentOf(known), b.contentOf(known)
	l.SharedEntries = listed(shared(wa, wb))
	fixed := union(a.fixedWords(), b.fixedWords())
	l.TemplateWords = len(shared(wa, b.fixedWords())) + len(shared(wb, a.fixedWords()))
	slotWords := union(wa, wb)
	maps.DeleteFunc(slotWords, func(w string, _ bool) bool { return fixed[w] || known[w] })
	l.SharedWords = listed(shared(shared(textWords(train), textWords(heldout)), slotWords))
	l.EqualTexts = listed(shared(normalised(train), normalised(heldout)))
	l.NearDuplicates, l.MaxOverlap, l.MeanOverlap = overlap(train, heldout)
	return l
}

// overlap finds for each held-out text the largest share of its shingles that one train text has.
func overlap(train, heldout []data.Record) (near int, most, mean float64) {
	index := map[string][]int32{}
	for i, r := range train {
		for s := range shingles(r.Text) {
			index[s] = append(index[s], int32(i))
		}
	}
	for _, r := range heldout {
		mine := shingles(r.Text)
		hits, best := map[int32]int{}, 0
		for s := range mine {
			for _, i := range index[s] {
				hits[i]++
				best = max(best, hits[i])
			}
		}
		if len(mine) == 0 {
			continue
		}
		share := float64(best) / float64(len(mine))
		if share >= nearDuplicate {
			near++
		}
		most = max(most, share)
		mean += share / float64(len(heldout))
	}
	return near, most, mean
}

// shingles returns the runs of gram words in a text. A shorter text has none: its words are no evidence of copying.
func shingles(text string) map[string]bool {
	w := words(text)
	out := map[string]bool{}
	for i := 0; i+gram <= len(w); i++ {
		out[strings.Join(w[i:i+gram], " ")] = true
	}
	return out
}

func templateTexts(lex *lexicon) map[string]bool {
	out := map[string]bool{}
	for _, t := range lex.templates {
		out[strings.ToLower(t.text)] = true
	}
	return out
}

// fixedWords returns the words that templates hold outside of slots.
func (lex *lexicon) fixedWords() map[string]bool {
	out := map[string]bool{}
	for _, t := range lex.templates {
		for _, w := range words(strings.Join(literals(t.nodes, nil), " ")) {
			out[strings.TrimSuffix(strings.Trim(w, "'"), "'s")] = true
		}
	}
	return out
}

func textWords(records []data.Record) map[string]bool {
	out := map[string]bool{}
	for _, r := range records {
		for _, w := range words(r.Text) {
			out[strings.TrimSuffix(strings.Trim(w, "'"), "'s")] = true
		}
	}
	return out
}

func normalised(records []data.Record) map[string]bool {
	out := map[string]bool{}
	for _, r := range records {
		out[strings.Join(words(r.Text), " ")] = true
	}
	return out
}

func shared(a, b map[string]bool) map[string]bool {
	out := map[string]bool{}
	for w := range a {
		if b[w] {
			out[w] = true
		}
	}
	return out
}

func union(a, b map[string]bool) map[string]bool {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func listed(set map[string]bool) []string {
	out := slices.Sorted(maps.Keys(set))
	return out[:min(len(out), maxListed)]
}
