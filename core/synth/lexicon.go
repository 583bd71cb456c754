package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// entry is one line of a slot.
type entry struct {
	text  string
	nodes []node
}

// The sections of templates.
const (
	textSection     = "@text"      // templates
	sentenceSection = "@sentences" // that stand as they are, beside others of their file
	wholeSection    = "@whole"     // texts that stand alone
)

// template is one line of such a section.
type template struct {
	id      string            // half/file:line
	text    string            // as written
	section string            // one of these
	scope   string            // the file's scope
	style   string            // one of Styles
	labels  map[string]string // task → label, or * for all of them
	nodes   []node
}

// lexicon is one half of the grammar: its slots, keyed scope/name, and its templates.
type lexicon struct {
	slots     map[string][]entry
	templates []*template
}

func newLexicon() *lexicon { return &lexicon{slots: map[string][]entry{}} }

// clone returns a lexicon that can grow without the first one.
func (lex *lexicon) clone() *lexicon {
	c := &lexicon{maps.Clone(lex.slots), slices.Clip(lex.templates)}
	for key, entries := range c.slots {
		c.slots[key] = slices.Clip(entries)
	}
	return c
}

// parseFile adds the sections of one file. A bad line is named by file and line.
func (lex *lexicon) parseFile(file, scope, text string) error {
	add := func(string, string) error { return fmt.Errorf("a line stands before the first @slot or @text") }
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		err := error(nil)
		if strings.HasPrefix(line, "@") {
			add, err = lex.section(scope, line)
		} else {
			err = add(fmt.Sprintf("%s:%d", file, i+1), line)
		}
		if err != nil {
			return fmt.Errorf("lexicon %s, line %d: %w", file, i+1, err)
		}
	}
	return nil
}

// section reads a header line and returns what to do with the lines below it.
func (lex *lexicon) section(scope, header string) (func(id, line string) error, error) {
	words := strings.Fields(header)
	if len(words) == 2 && words[0] == "@slot" {
		return func(_, line string) error { return lex.addEntry(scope+"/"+words[1], line) }, nil
	}
	if len(words) < 3 || words[0] != textSection && words[0] != sentenceSection && words[0] != wholeSection {
		return nil, fmt.Errorf("%q: expected @slot NAME, or @text, @sentences or @whole with STYLE TASK=LABEL", header)
	}
	labels := map[string]string{}
	for _, w := range words[2:] {
		task, label, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q: expected TASK=LABEL", w)
		}
		labels[task] = label
	}
	return func(id, line string) error {
		return lex.addTemplate(template{id: id, text: line, section: words[0], scope: scope, style: words[1], labels: labels})
	}, nil
}

func (lex *lexicon) addEntry(key, line string) error {
	nodes, err := parseTemplate(line)
	if err != nil {
		return err
	}
	lex.slots[key] = append(lex.slots[key], entry{line, nodes})
	return nil
}

// addTemplate parses and adds one.
func (lex *lexicon) addTemplate(t template) (err error) {
	if !isStyle(t.style) {
		return fmt.Errorf("style %q: expected one of %s", t.style, strings.Join(Styles(), ", "))
	}
	if t.nodes, err = parseTemplate(t.text); err != nil {
		return err
	}
	if t.section != textSection && (len(t.nodes) != 1 || t.nodes[0].kind != literal) {
		return fmt.Errorf("%q: what stands under %s has no slots and no alternatives; put it under %s", t.text, t.section, textSection)
	}
	lex.templates = append(lex.templates, &t)
	return nil
}

// scopeOf reduces a label to the name of its scope: sci/tech becomes scitech.
func scopeOf(label string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(label))
}
