package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plan knows the templates that fit each cell, by style.
type plan struct {
	lex   *lexicon
	tasks []taskLabels
	pools map[string]map[string][]*template // key(cell) → style → templates
	found map[place][]entry
}

// key names a cell, its tasks in the order of the plan.
func (p *plan) key(c cell) string {
	var b strings.Builder
	for _, t := range p.tasks {
		if label, ok := c[t.name]; ok {
			b.WriteString(t.name)
			b.WriteByte('=')
			b.WriteString(label)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// place is where a slot stands: in a cell, in a file's scope, for its own label or another.
type place struct {
	cell, scope, name string
	other             bool
}

// entries returns what lexicon.find does, and remembers it.
func (p *plan) entries(c cell, at place) []entry {
	found, ok := p.found[at]
	if !ok {
		found = p.lex.find(p.tasks, c, at.scope, node{kind: slot, text: at.name, other: at.other})
		p.found[at] = found
	}
	return found
}

// newPlan sorts the templates into cells.
func newPlan(lex *lexicon, tasks []taskLabels) *plan {
	p := &plan{lex, tasks, map[string]map[string][]*template{}, map[place][]entry{}}
	for _, t := range lex.templates {
		for _, c := range p.cellsOf(t) {
			if !lex.resolves(tasks, c, t.scope, t.nodes, 0) {
				continue
			}
			pool := p.pools[p.key(c)]
			if pool == nil {
				pool = map[string][]*template{}
				p.pools[p.key(c)] = pool
			}
			for range weight(t) {
				pool[t.style] = append(pool[t.style], t)
			}
		}
	}
	return p
}

// weight is how often a template stands in its pool: once if it is one of thousands of sentences,
// or if it also speaks with the other side's words, by negation or contrast, four times if not. On frozen features a linear
// model learned nothing from texts of both sides' words alone (0.50 on the natural sentences), and with as many of them as
// of plain ones it lost up to five points.
func weight(t *template) int {
	if t.section != textSection || speaksForOthers(t.nodes) {
		return 1
	}
	return 4
}

func speaksForOthers(nodes []node) bool {
	for _, n := range nodes {
		if n.other || slices.ContainsFunc(n.alts, speaksForOthers) {
			return true
		}
	}
	return false
}

// cellsOf lists the cells a template is written for: one a label where its header says *.
func (p *plan) cellsOf(t *template) []cell {
	cells := []cell{{}}
	for _, task := range p.tasks {
		label, ok := t.labels[task.name]
		if !ok {
			continue
		}
		labels := []string{label}
		if label == "*" {
			labels = task.labels
		}
		var grown []cell
		for _, c := range cells {
			for _, l := range labels {
				n := maps.Clone(c)
				n[task.name] = l
				grown = append(grown, n)
			}
		}
		cells = grown
	}
	if len(cells[0]) != len(t.labels) { // a task of the header is not among ours
		return nil
	}
	return cells
}

// cells lists the cells of a group of tasks, or nil if the grammar has no template for one of them.
func (p *plan) cells(styles []string, group ...taskLabels) []cell {
	labels := map[string]string{}
	for _, t := range group {
		labels[t.name] = "*"
	}
	cells := p.cellsOf(&template{labels: labels})
	if len(p.stylesOf(cells, styles)) == 0 {
		return nil
	}
	return cells
}

// stylesOf lists the styles every one of the cells can be written in.
func (p *plan) stylesOf(cells []cell, allowed []string) []string {
	var out []string
	for _, style := range Styles() {
		fits := slices.Contains(allowed, style)
		for _, c := range cells {
			fits = fits && len(p.pools[p.key(c)][style]) > 0
		}
		if fits {
			out = append(out, style)
		}
	}
	return out
}

// missing says which label keeps a task from being written.
func (p *plan) missing(task taskLabels, s Spec) error {
	for _, label := range task.labels {
		if c := (cell{task.name: label}); len(p.stylesOf([]cell{c}, s.Styles)) == 0 {
			return fmt.Errorf("%w: the %s half has no template for %s %q in the styles %s: add templates, or words for their slots",
				ErrSpec, s.Split, task.name, label, strings.Join(s.Styles, ", "))
		}
	}
	return fmt.Errorf("%w: the labels of task %q share none of the styles %s, and a style must not tell the label",
		ErrSpec, task.name, strings.Join(s.Styles, ", "))
}
