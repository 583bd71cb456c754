package synth

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"thaw/core/head"
)

// Edits are a person's own additions to the grammar, as JSON:
//
//	{"tasks": [{"name": "urgency", "labels": [
//	  {"name": "low",  "words": {"when": ["some day", "after the holidays"]}, "templates": ["It can wait, {when} is fine."]},
//	  {"name": "high", "words": {"when": ["right now", "before noon"]},       "templates": ["I need this {when}!"]}]}]}
//
// A task or label that is there already gains the words and templates; any other is new. Templates use the language of
// the package comment; the slots of shared are open to them. Of a label's templates, and of a slot's entries, every third
// goes to the held-out half. Entries that share a content word stay together. So a label needs three templates, and a
// slot three entries without a word in common, before held-out texts can be made of them.
type Edits struct {
	Tasks []TaskEdit `json:"tasks"`
}

// TaskEdit adds to one task.
type TaskEdit struct {
	Name   string      `json:"name"` // [a-z0-9_-]+, not "text"
	Labels []LabelEdit `json:"labels"`
}

// LabelEdit adds to one label.
type LabelEdit struct {
	Name      string              `json:"name"`
	Style     string              `json:"style,omitempty"`     // of the templates; review if empty
	Words     map[string][]string `json:"words,omitempty"`     // slot → entries
	Templates []string            `json:"templates,omitempty"` // sentences, with slots or without
}

// What an edit may hold at most, in bytes of one text and in texts.
const (
	maxEditBytes = 2000
	maxEditLines = 20_000
	maxLabels    = 100
)

// ownWeight is how many times a line of a person's own counts, so that it comes up among the thousands that are there.
const ownWeight = 8

var taskName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// WithEdits returns the default tasks with the labels and tasks of e. A nil e changes nothing.
func WithEdits(e *Edits) []head.Task {
	tasks := Tasks()
	if e == nil {
		return tasks
	}
	for _, te := range e.Tasks {
		i := slices.IndexFunc(tasks, func(t head.Task) bool { return t.Name == te.Name })
		if i < 0 {
			i = len(tasks)
			tasks = append(tasks, head.Task{Name: te.Name, Kind: head.SingleLabel, Weight: 1})
		}
		for _, le := range te.Labels {
			if !slices.Contains(tasks[i].Labels, le.Name) {
				tasks[i].Labels = append(tasks[i].Labels, le.Name)
			}
		}
	}
	return tasks
}

// check says what is wrong with the edits before any of them is applied.
func (e *Edits) check() error {
	lines := 0
	for _, te := range e.Tasks {
		if !taskName.MatchString(te.Name) || te.Name == "text" {
			return fmt.Errorf("%w: task name %q: expected small letters, digits, _ and -, and not \"text\"", ErrSpec, te.Name)
		}
		for _, le := range te.Labels {
			n, err := le.check()
			if err != nil {
				return fmt.Errorf("%w: task %s, label %q: %w", ErrSpec, te.Name, le.Name, err)
			}
			lines += n
		}
	}
	if lines > maxEditLines {
		return fmt.Errorf("%w: the edits hold %d lines, expected at most %d", ErrSpec, lines, maxEditLines)
	}
	return checkLabels(WithEdits(e))
}

func checkLabels(tasks []head.Task) error {
	for _, t := range tasks {
		if len(t.Labels) < 2 || len(t.Labels) > maxLabels {
			return fmt.Errorf("%w: task %s has %d labels, expected 2 to %d", ErrSpec, t.Name, len(t.Labels), maxLabels)
		}
		scopes := map[string]string{}
		for _, l := range t.Labels {
			s := scopeOf(l)
			if twin, ok := scopes[s]; ok {
				return fmt.Errorf("%w: task %s: labels %q and %q differ in signs only", ErrSpec, t.Name, twin, l)
			}
			scopes[s] = l
		}
	}
	return nil
}

// check returns how many lines the edit of one label holds.
func (le LabelEdit) check() (int, error) {
	if scopeOf(le.Name) == "" || len(le.Name) > 100 {
		return 0, fmt.Errorf("a label needs a letter or digit, and at most 100 bytes")
	}
	if le.Style != "" && !isStyle(le.Style) {
		return 0, fmt.Errorf("no style %q, there are %s", le.Style, strings.Join(Styles(), ", "))
	}
	lines := slices.Clone(le.Templates)
	for _, name := range slices.Sorted(maps.Keys(le.Words)) {
		if !slotName(name) || strings.Contains(name, "/") {
			return 0, fmt.Errorf("%q is no slot name: use letters, digits and . _ -", name)
		}
		lines = append(lines, le.Words[name]...)
	}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" || len(line) > maxEditBytes {
			return 0, fmt.Errorf("a line is empty or longer than %d bytes", maxEditBytes)
		}
		if _, err := parseTemplate(line); err != nil {
			return 0, err
		}
	}
	return len(lines), nil
}

// apply adds the edits' share of one half to it.
func (e *Edits) apply(lex *lexicon, half string, known map[string]bool) error {
	for _, te := range e.Tasks {
		for _, le := range te.Labels {
			scope := scopeOf(le.Name)
			style := le.Style
			if style == "" {
				style = "review"
			}
			for i, line := range le.Templates {
				if halfOf(i) != half {
					continue
				}
				id := fmt.Sprintf("edits/%s/%s:%d", te.Name, le.Name, i+1)
				t := template{id: id, text: line, section: textSection, scope: scope, style: style, labels: map[string]string{te.Name: le.Name}}
				for range ownWeight {
					if err := lex.addTemplate(t); err != nil {
						return fmt.Errorf("%w: %w", ErrSpec, err)
					}
				}
			}
			if err := le.applyWords(lex, scope, half, known); err != nil {
				return fmt.Errorf("%w: %w", ErrSpec, err)
			}
		}
	}
	return nil
}

// applyWords adds a label's entries. A family of entries that share content words goes to one half as a whole.
func (le LabelEdit) applyWords(lex *lexicon, scope, half string, known map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(le.Words)) {
		families, err := families(le.Words[name], known)
		if err != nil {
			return err
		}
		for i, family := range families {
			for _, line := range family {
				if halfOf(i) != half {
					continue
				}
				for range ownWeight {
					if err := lex.addEntry(scope+"/"+name, line); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// halfOf deals numbered things out: two to train, one to the held-out half.
func halfOf(i int) string {
	if i%3 == 2 {
		return Heldout
	}
	return Train
}

// families groups lines that share a content word, directly or through others, in the order of their first line.
func families(lines []string, known map[string]bool) ([][]string, error) {
	owner := map[string]int{} // content word → family
	var out [][]string
	for _, line := range lines {
		nodes, err := parseTemplate(line)
		if err != nil {
			return nil, err
		}
		content := contentWords(nodes, known)
		at := len(out)
		for _, w := range content {
			if f, ok := owner[w]; ok {
				at = min(at, f)
			}
		}
		if at == len(out) {
			out = append(out, nil)
		}
		out[at] = append(out[at], line)
		merge(out, owner, content, at)
	}
	return slices.DeleteFunc(out, func(f []string) bool { return f == nil }), nil
}

// merge moves every family that owns one of the words into family at, which then owns them all.
func merge(out [][]string, owner map[string]int, content []string, at int) {
	for _, w := range content {
		if f, ok := owner[w]; ok && f != at {
			out[at] = append(out[at], out[f]...)
			out[f] = nil
			for k, v := range owner {
				if v == f {
					owner[k] = at
				}
			}
		}
		owner[w] = at
	}
}
