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
		if tm.section == textSection {
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

// Sentences and whole texts stand in a text as they were written, but for a stop that some lack.
func TestWhatWasWrittenStandsAsItIs(t *testing.T) {
	for _, half := range []string{Train, Heldout} {
		for _, tm := range built().halves[half].templates {
			if tm.section == textSection {
				continue
			}
			if looks := dress(tidy(tm.text), tm.style, nil); strings.TrimSuffix(looks, ".") != strings.TrimSuffix(tm.text, ".") {
				t.Errorf("%s: %q becomes %q", tm.id, tm.text, looks)
			}
		}
	}
}

// What was written by hand is joined to its like, or stands alone.
func TestPiecesBelongTogether(t *testing.T) {
	at := func(section, scope string) *template { return &template{section: section, scope: scope} }
	text, critic, guest := at(textSection, "reviews"), at(sentenceSection, "critics"), at(wholeSection, "customers")
	for _, c := range []struct {
		first, next *template
		want        bool
	}{
		{text, at(textSection, "news"), true}, {text, critic, false}, {text, guest, false}, {critic, at(sentenceSection, "critics"), true},
		{critic, at(sentenceSection, "cooks"), false}, {critic, text, false}, {critic, guest, false}, {guest, at(wholeSection, "customers"), false},
	} {
		if got := follows(c.first, c.next); got != c.want {
			t.Errorf("%s of %s after %s of %s: %v", c.next.section, c.next.scope, c.first.section, c.first.scope, got)
		}
	}
}
