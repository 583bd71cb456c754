package synth

import (
	"fmt"
	"strconv"
	"strings"
)

// kind tells the four things a template is made of apart.
type kind int

const (
	literal kind = iota
	slot
	number
	choice
)

// node is one piece of a parsed template.
type node struct {
	kind   kind
	text   string   // the literal, or the slot's name
	other  bool     // {-name}: look the slot up for another label
	lo, hi int      // the range of a number, both ends included
	alts   [][]node // the alternatives of a choice
}

// maxNesting bounds [a|[b|c]], which an edit may send from outside.
const maxNesting = 8

// parser walks a template from left to right.
type parser struct {
	src   string
	at    int
	depth int
}

// parseTemplate reads the small language described in the package comment.
func parseTemplate(src string) ([]node, error) {
	p := &parser{src: src}
	nodes, err := p.sequence()
	if err == nil && p.at < len(src) {
		err = fmt.Errorf("%q closes nothing", src[p.at])
	}
	if err != nil {
		return nil, fmt.Errorf("template %q, column %d: %w", src, p.at+1, err)
	}
	return nodes, nil
}

// sequence reads nodes up to the end or to a | or ] that belongs to the choice around it.
func (p *parser) sequence() ([]node, error) {
	var out []node
	for p.at < len(p.src) {
		n, err := node{}, error(nil)
		switch p.src[p.at] {
		case '|':
			if p.depth == 0 {
				return nil, fmt.Errorf("a | stands outside of [ ]")
			}
			return out, nil
		case ']', '}':
			return out, nil
		case '[':
			n, err = p.choice()
		case '{':
			n, err = p.slot()
		default:
			n = p.literal()
		}
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (p *parser) literal() node {
	end := strings.IndexAny(p.src[p.at:], "[]{}|")
	if end < 0 {
		end = len(p.src) - p.at
	}
	n := node{kind: literal, text: p.src[p.at : p.at+end]}
	p.at += end
	return n
}

func (p *parser) choice() (node, error) {
	if p.depth++; p.depth > maxNesting {
		return node{}, fmt.Errorf("[ ] nests deeper than %d", maxNesting)
	}
	n := node{kind: choice}
	for {
		p.at++ // over [ or |
		alt, err := p.sequence()
		if err != nil {
			return node{}, err
		}
		n.alts = append(n.alts, alt)
		if p.at >= len(p.src) || p.src[p.at] == '}' {
			return node{}, fmt.Errorf("a [ is not closed by ]")
		}
		if p.src[p.at] == ']' {
			p.at++
			p.depth--
			return n, nil
		}
	}
}

func (p *parser) slot() (node, error) {
	end := strings.IndexByte(p.src[p.at:], '}')
	if end < 0 {
		return node{}, fmt.Errorf("a { is not closed by }")
	}
	name := p.src[p.at+1 : p.at+end]
	p.at += end + 1
	if n, ok := parseRange(name); ok {
		return n, nil
	}
	n := node{kind: slot, text: strings.TrimPrefix(name, "-"), other: strings.HasPrefix(name, "-")}
	if !slotName(n.text) {
		return node{}, fmt.Errorf("%q is no slot name: use letters, digits and . _ -", name)
	}
	return n, nil
}

// parseRange reads "3-17".
func parseRange(s string) (node, bool) {
	a, b, ok := strings.Cut(s, "-")
	lo, err1 := strconv.Atoi(a)
	hi, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || lo > hi {
		return node{}, false
	}
	return node{kind: number, lo: lo, hi: hi}, true
}

// slotName reports whether s may name a slot, with or without a scope before it.
func slotName(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/", r)) {
			return false
		}
	}
	return s != ""
}

// literals appends the fixed text of nodes, alternatives included, to out.
func literals(nodes []node, out []string) []string {
	for _, n := range nodes {
		if n.kind == literal {
			out = append(out, n.text)
		}
		for _, alt := range n.alts {
			out = literals(alt, out)
		}
	}
	return out
}
