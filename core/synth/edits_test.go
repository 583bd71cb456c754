package synth

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const urgency = `{"tasks": [{"name": "urgency", "labels": [
	{"name": "low", "words": {"when": ["some day", "after the holidays", "in due course", "once spring comes", "if you find a slot", "at leisure"]},
	 "templates": ["It can wait, {when} is fine.", "No hurry, {when} will do.", "Take your time, {when} suits us.", "Please call {when}, {surname}.", "Feel free to answer {when}.", "Do it {when}."]},
	{"name": "high", "words": {"when": ["right now", "before noon", "this instant", "immediately", "without delay", "as fast as possible"]},
	 "templates": ["I need this {when}!", "Call me {when}.", "The server is down, fix it {when}!", "We must leave {when}.", "Answer {when}.", "Send it {when}!"]}]}]}`

func edits(t *testing.T, text string) *Edits {
	t.Helper()
	e := &Edits{}
	if err := json.Unmarshal([]byte(text), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewTask(t *testing.T) {
	e := edits(t, urgency)
	seen := map[string]map[string]bool{}
	for _, split := range []string{Train, Heldout} {
		seen[split] = map[string]bool{}
		for _, r := range must(t, Spec{N: 60, Seed: 1, Split: split, Tasks: []string{"urgency"}, Edits: e}) {
			seen[split][r.Text] = true
			if l := r.Labels["urgency"]; l != "low" && l != "high" {
				t.Fatalf("%v", r)
			}
		}
	}
	if both := shared(seen[Train], seen[Heldout]); len(both) > 0 {
		t.Errorf("texts of both halves: %v", both)
	}
	if n := len(WithEdits(e)); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
	counts := labelCounts(must(t, Spec{N: 90, Seed: 1, Edits: e}))
	if counts["topic"]["world"] == 0 || counts["urgency"]["low"] != 15 || counts["urgency"]["high"] != 15 {
		t.Errorf("counts %v", counts)
	}
}

func TestNewLabelAndWords(t *testing.T) {
	e := edits(t, `{"tasks": [
		{"name": "topic", "labels": [{"name": "weather", "style": "report", "templates": ["Rain is due by {day}.", "Clouds will part by {day}.", "Frost is likely on {day}."]}]},
		{"name": "sentiment", "labels": [{"name": "positive", "words": {"adj": ["zingtastic"]}}]}]}`)
	counts := labelCounts(must(t, Spec{N: 500, Seed: 1, Tasks: []string{"topic"}, Styles: []string{"report"}, Edits: e}))["topic"]
	if counts["weather"] != 100 {
		t.Errorf("counts %v", counts)
	}
	found := map[string]bool{}
	for _, r := range must(t, Spec{N: 2000, Seed: 1, Tasks: []string{"sentiment"}, Edits: e}) {
		if strings.Contains(strings.ToLower(r.Text), "zingtastic") {
			found[r.Labels["sentiment"]] = true
		}
	}
	if !found["positive"] {
		t.Error("an added word never came up")
	}
}

func TestEntriesThatShareAWordStayTogether(t *testing.T) {
	got, err := families([]string{"red apple", "green pear", "blue sky", "green apple", "old shoe"}, map[string]bool{"old": true})
	if err != nil || len(got) != 3 || len(got[0]) != 3 || got[2][0] != "old shoe" {
		t.Errorf("families %q, error %v", got, err)
	}
}

func TestEditErrors(t *testing.T) {
	for want, text := range map[string]string{
		`task name "Big Task"`:             `{"tasks": [{"name": "Big Task"}]}`,
		`task name "text"`:                 `{"tasks": [{"name": "text"}]}`,
		"has 1 labels":                     `{"tasks": [{"name": "a", "labels": [{"name": "x", "templates": ["y"]}]}]}`,
		"a label needs a letter":           `{"tasks": [{"name": "a", "labels": [{"name": "!?"}, {"name": "b"}]}]}`,
		`no style "poem"`:                  `{"tasks": [{"name": "topic", "labels": [{"name": "b", "style": "poem"}]}]}`,
		"a { is not closed":                `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": ["{oh"]}]}]}`,
		"a [ is not closed":                `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": ["[oh|"]}]}]}`,
		"stands outside":                   `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": ["a|b"]}]}]}`,
		"nests deeper":                     `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": ["[[[[[[[[[x]]]]]]]]]"]}]}]}`,
		"closes nothing":                   `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": ["oh]"]}]}]}`,
		`"a b" is no slot name`:            `{"tasks": [{"name": "topic", "labels": [{"name": "world", "words": {"a b": ["c"]}}]}]}`,
		"a line is empty":                  `{"tasks": [{"name": "topic", "labels": [{"name": "world", "templates": [" "]}]}]}`,
		"differ in signs only":             `{"tasks": [{"name": "topic", "labels": [{"name": "WORLD"}]}]}`,
		`no template for topic "weather"`:  `{"tasks": [{"name": "topic", "labels": [{"name": "weather"}]}]}`,
		`no template for topic "unsolved"`: `{"tasks": [{"name": "topic", "labels": [{"name": "unsolved", "style": "report", "templates": ["{nowhere}"]}]}]}`,
		`no template for topic "circle"`:   `{"tasks": [{"name": "topic", "labels": [{"name": "circle", "style": "report", "words": {"o": ["{o}"]}, "templates": ["{o}"]}]}]}`,
	} {
		_, err := built().Generate(Spec{N: 8, Edits: edits(t, text), Styles: []string{"report"}})
		if !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an ErrSpec with %q", text, err, want)
		}
	}
}

func TestLexiconErrorsNameFileAndLine(t *testing.T) {
	for text, want := range map[string]string{
		"word":                          "line 1: a line stands before",
		"@slot a\nx\n@text report\nfoo": "line 3",
		"@text poem topic=world\nfoo":   "line 2: style \"poem\"",
		"@text report topic\nfoo":       "expected TASK=LABEL",
		"@slot a\n{b":                   "line 2",
		"@sentences report a=b\n{b}":    "has no slots",
		"@sentences a=b\nc":             "@whole with STYLE TASK=LABEL",
	} {
		lex := &lexicon{slots: map[string][]entry{}}
		if err := lex.parseFile("train/x", "x", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "train/x") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestEveryTemplateIsUsed: a slot that does not resolve would drop a built-in template without a word.
func TestEveryTemplateIsUsed(t *testing.T) {
	for _, half := range []string{Train, Heldout} {
		p, _, err := built().prepare(Spec{N: 1, Split: half})
		if err != nil {
			t.Fatal(err)
		}
		for _, tm := range p.lex.templates {
			for _, c := range p.cellsOf(tm) {
				if !p.lex.resolves(p.tasks, c, tm.scope, tm.nodes, 0) {
					t.Errorf("%s does not resolve for %v: %s", tm.id, c, tm.text)
				}
			}
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{"{a} [b|c{d}] {1-9}", "[[", "}|", "{-x}", "[a|[b|]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if nodes, err := parseTemplate(s); err == nil {
			literals(nodes, nil)
		}
	})
}
