// Package freeze says which parameters train: a policy is a string, and whether a name trains is a pure function of it.
package freeze

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrPolicy is the root of every fault of a policy.
var ErrPolicy = errors.New("freeze policy")

// Policy names what is frozen. Its terms, joined by commas:
//
//	none        nothing
//	all         everything, heads included
//	backbone    every tensor of the encoder, BERT's pooler included
//	layers:K    the embeddings and layers 0 to K-1
//	head:NAME   the head of task NAME
//	a glob      names that match, * standing for any run of characters, dots included
//	!term       thaws what the term names
//
// Later terms win. Names match with or without the family's prefix. The policy "probe" stands alone: the encoder is frozen
// and each head is fitted to its features at once, without steps.
type Policy struct {
	terms []term
}

type term struct {
	thaws bool
	text  string // without "!"
	layer int    // K of layers:K
}

// Parse reads a policy. Parse(p.String()) gives p again.
func Parse(s string) (Policy, error) {
	if strings.TrimSpace(s) == probe {
		return Policy{terms: []term{{text: probe}}}, nil
	}
	var p Policy
	for _, part := range strings.Split(s, ",") {
		t, err := parseTerm(strings.TrimSpace(part))
		if err != nil {
			return Policy{}, fmt.Errorf("%w %.80q: %w", ErrPolicy, s, err)
		}
		p.terms = append(p.terms, t)
	}
	return p, nil
}

// What a task's name and a glob of parameter names are made of.
var (
	taskName = regexp.MustCompile(`^[a-z0-9_-]+$`)
	nameGlob = regexp.MustCompile(`^[A-Za-z0-9_.*-]+$`)
)

func parseTerm(s string) (term, error) {
	t := term{text: s}
	if strings.HasPrefix(s, "!") {
		t.thaws, t.text = true, strings.TrimSpace(s[1:])
	}
	switch {
	case t.text == "":
		return t, errors.New("a term is empty; write none, all, backbone, layers:K, head:NAME or a name with *")
	case t.text == probe:
		return t, errors.New("probe stands alone: it joins neither other terms nor a schedule")
	case strings.HasPrefix(t.text, "layers:"):
		k, err := strconv.Atoi(t.text[len("layers:"):])
		if err != nil || k < 0 {
			return t, fmt.Errorf("%.60q: want layers:K with K a whole number, the layers frozen from the bottom", t.text)
		}
		t.layer, t.text = k, fmt.Sprintf("layers:%d", k)
	case strings.HasPrefix(t.text, "head:"):
		if !taskName.MatchString(t.text[len("head:"):]) {
			return t, fmt.Errorf("%.60q: want head:NAME with the name of a task", t.text)
		}
	case !nameGlob.MatchString(t.text):
		return t, fmt.Errorf("%.60q is not a term; write none, all, backbone, layers:K, head:NAME or a name with *", t.text)
	}
	return t, nil
}

// probe is the policy that stands alone.
const probe = "probe"

// Probe says whether p is the policy that fits heads at once.
func (p Policy) Probe() bool { return len(p.terms) == 1 && p.terms[0].text == probe }

// String is the canonical text of p.
func (p Policy) String() string {
	parts := make([]string, len(p.terms))
	for i, t := range p.terms {
		parts[i] = t.text
		if t.thaws {
			parts[i] = "!" + t.text
		}
	}
	return strings.Join(parts, ",")
}

// Default is the recommended policy for an encoder of l layers: all but the last two frozen.
func Default(l int) string { return fmt.Sprintf("layers:%d", max(0, l-2)) }

// Trains says whether the parameter of this name trains under p.
func (p Policy) Trains(name string) bool {
	frozen := false
	for _, t := range p.terms {
		if t.text == "none" {
			// "none" freezes nothing, so it takes back what came before; "!none" names nothing.
			frozen = frozen && t.thaws
		} else if t.names(name) {
			frozen = !t.thaws
		}
	}
	return !frozen
}

// Check says which terms name nothing among the given names, and layers beyond the encoder's l.
func (p Policy) Check(names []string, l int) error {
	for _, t := range p.terms {
		switch {
		case t.text == "none":
		case strings.HasPrefix(t.text, "layers:") && t.layer > l:
			return fmt.Errorf("%w %q: the encoder has %d layers", ErrPolicy, p, l)
		case !t.namesAny(names):
			return fmt.Errorf("%w %q: %s names no parameter of this model%s", ErrPolicy, p, t.text, t.hint(names))
		}
	}
	return nil
}

// hint says which heads there are, where the term asks for another.
func (t term) hint(names []string) string {
	if !strings.HasPrefix(t.text, "head:") {
		return ""
	}
	var heads []string
	for _, n := range names {
		if rest, ok := strings.CutPrefix(n, "heads."); ok {
			task, _, _ := strings.Cut(rest, ".")
			heads = append(heads, "head:"+task)
		}
	}
	slices.Sort(heads)
	return ", which has " + strings.Join(slices.Compact(heads), ", ")
}

func (t term) namesAny(names []string) bool {
	for _, n := range names {
		if t.names(n) {
			return true
		}
	}
	return false
}

// names says whether the term names a parameter.
func (t term) names(name string) bool {
	_, bare, hasPrefix := strings.Cut(name, ".")
	head := strings.HasPrefix(name, "heads.")
	switch {
	case t.text == "none":
		return false
	case t.text == "all":
		return true
	case t.text == "backbone" || t.text == probe:
		return !head
	case strings.HasPrefix(t.text, "layers:"):
		return !head && below(bare, t.layer)
	case strings.HasPrefix(t.text, "head:"):
		return strings.HasPrefix(name, "heads."+t.text[len("head:"):]+".")
	}
	return glob(t.text, name) || hasPrefix && !head && glob(t.text, bare)
}

// below says whether a bare name is of the embeddings or of a layer under k.
func below(bare string, k int) bool {
	if strings.HasPrefix(bare, "embeddings.") {
		return true
	}
	_, rest, ok := strings.Cut(bare, "layer.")
	if !ok {
		return false
	}
	number, _, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	return err == nil && i < k
}

// glob matches s against a pattern in which * stands for any run of characters.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}
