package synth

import (
	"slices"
	"strconv"
	"strings"
)

// maxDepth bounds slots within slots, so that entries which name each other in a circle end.
const maxDepth = 6

// cell is what one text is to be labelled with: task → label.
type cell map[string]string

// expander turns templates of one half into text.
type expander struct {
	plan   *plan
	random *random
	cell   cell
	key    string   // of the cell
	scope  string   // scope of the template's file
	used   []string // entries of this text
}

// lookup finds the entries of a slot for a cell: in the scopes of its labels, the file's, then in shared.
func (lex *lexicon) lookup(tasks []taskLabels, c cell, scope, name string) []entry {
	if strings.Contains(name, "/") {
		return lex.slots[name]
	}
	scopes := make([]string, 0, 4)
	for _, t := range tasks {
		if label := c[t.name]; label != "" {
			scopes = append(scopes, scopeOf(label))
		}
	}
	for _, s := range append(scopes, scope, "shared") {
		if e := lex.slots[s+"/"+name]; e != nil {
			return e
		}
		for _, label := range scopes {
			if e := lex.slots[s+"/"+name+"."+label]; e != nil {
				return e
			}
		}
	}
	return nil
}

// others returns the cells that differ from c in one task's label.
func others(tasks []taskLabels, c cell) []cell {
	var out []cell
	for _, t := range tasks {
		for _, label := range t.labels {
			if c[t.name] != "" && c[t.name] != label {
				o := cell{}
				for k, v := range c {
					o[k] = v
				}
				o[t.name] = label
				out = append(out, o)
			}
		}
	}
	return out
}

// find returns the entries that n may stand for: those of c, or of the cells beside it.
func (lex *lexicon) find(tasks []taskLabels, c cell, scope string, n node) []entry {
	if !n.other {
		return lex.lookup(tasks, c, scope, n.text)
	}
	own := lex.lookup(tasks, c, scope, n.text)
	var out []entry
	for _, o := range others(tasks, c) {
		e := lex.lookup(tasks, o, scope, n.text)
		if len(e) > 0 && (len(own) == 0 || &e[0] != &own[0]) { // a slot that all labels share has no other side
			out = append(out, e...)
		}
	}
	return out
}

// resolves reports whether every slot below nodes has entries for c.
func (lex *lexicon) resolves(tasks []taskLabels, c cell, scope string, nodes []node, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for _, n := range nodes {
		for _, alt := range n.alts {
			if !lex.resolves(tasks, c, scope, alt, depth) {
				return false
			}
		}
		if n.kind != slot {
			continue
		}
		found := lex.find(tasks, c, scope, n)
		if len(found) == 0 {
			return false
		}
		for _, e := range found {
			if !lex.resolves(tasks, c, scope, e.nodes, depth+1) {
				return false
			}
		}
	}
	return true
}

// write appends the text of nodes to b.
func (x *expander) write(b *strings.Builder, nodes []node) {
	for _, n := range nodes {
		switch n.kind {
		case literal:
			b.WriteString(n.text)
		case number:
			b.WriteString(strconv.Itoa(n.lo + x.random.below(n.hi-n.lo+1)))
		case choice:
			x.write(b, n.alts[x.random.below(len(n.alts))])
		case slot:
			x.write(b, x.draw(x.plan.entries(x.cell, place{x.key, x.scope, n.text, n.other})).nodes)
		}
	}
}

// draw picks an entry that this text does not use yet, if a few tries find one.
func (x *expander) draw(entries []entry) entry {
	e := entries[x.random.below(len(entries))]
	for try := 0; try < 8 && slices.Contains(x.used, e.text); try++ {
		e = entries[x.random.below(len(entries))]
	}
	x.used = append(x.used, e.text)
	return e
}
