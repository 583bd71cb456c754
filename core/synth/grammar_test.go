package synth

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"thaw/core/synth/grammar"
)

func TestOpenErrorsNameTheFile(t *testing.T) {
	for name, text := range map[string]string{
		"lexicon/train/reviews.txt":   "@text poem sentiment=*\nx",
		"lexicon/heldout/reviews.txt": "stray",
		"natural/topic.jsonl":         `{"text": 3}`,
	} {
		files := grammar.Files()
		files[name] = text
		if _, err := Open(files); !errors.Is(err, ErrGrammar) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	files := grammar.Files()
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "lexicon/heldout/") })
	if _, err := Open(files); !errors.Is(err, ErrGrammar) || !strings.Contains(err.Error(), "lexicon/heldout") {
		t.Errorf("a grammar of one half: %v", err)
	}
}

// TestSentencesLeaveHeldoutWordsAlone: no sentence that stands as it is in the train half holds a content word of a slot of the
// other, so that the held-out half's words are new to a model.
func TestSentencesLeaveHeldoutWordsAlone(t *testing.T) {
	g := built()
	heldout, n := g.halves[Heldout].contentOf(g.common), 0
	for _, tm := range g.halves[Train].templates {
		if !tm.sentence {
			continue
		}
		n++
		for _, w := range contentWords(tm.nodes, g.common) {
			if heldout[w] {
				t.Errorf("%s: %q is a word of the held-out half: %s", tm.id, w, tm.text)
			}
		}
	}
	if n < 3000 {
		t.Errorf("%d sentences, want thousands", n)
	}
}

// Edits stay with the request that brought them.
func TestEditsLeaveTheGrammarAsItWas(t *testing.T) {
	s := Spec{N: 50, Seed: 4, Tasks: []string{"sentiment"}}
	before := must(t, s)
	edited := s
	edited.Edits = edits(t, `{"tasks": [{"name": "sentiment", "labels": [{"name": "positive", "words": {"adj": ["zingtastic"]}, "templates": ["Zing!", "Zang!", "Zong!"]}]}]}`)
	must(t, edited)
	for i, r := range must(t, s) {
		if r.Text != before[i].Text {
			t.Fatalf("text %d is %q after edits, %q before", i, r.Text, before[i].Text)
		}
	}
}
