package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// errRule marks a program whose entry reaches something that a helper thread cannot run.
var errRule = errors.New("a helper thread cannot run it")

// fault is one broken rule: the calls that lead to it, and what is wrong. It is an errRule.
type fault struct{ path, why string }

func (f fault) Error() string        { return f.path + ": " + f.why }
func (f fault) Is(target error) bool { return target == errRule }

// tree is what the entry reaches: the functions that a helper keeps and the ends of the program that are cut, both
// in the order of their indices.
type tree struct {
	entry uint32
	kept  []uint32
	cut   []uint32
}

// functions returns all that the helper holds, kept and cut, in the order of their indices.
func (t *tree) functions() []uint32 {
	all := slices.Concat(t.kept, t.cut)
	slices.Sort(all)
	return all
}

// search walks the call tree of the entry, the nearest functions first.
type search struct {
	m      *module
	entry  string            // as it was asked for, "thaw/core/kernel.Run"
	caller map[uint32]uint32 // who was seen to call a kept function first; the entry calls itself
	queue  []uint32
	tree   tree
	faults []error
}

// reach finds the functions that the entry calls, directly and through others, and judges each by the rules. Its
// error lists all that break one, each with a shortest path of calls from the entry.
func reach(m *module, entry string) (*tree, error) {
	root, err := findEntry(m, entry)
	if err != nil {
		return nil, err
	}
	s := &search{m: m, entry: entry, caller: map[uint32]uint32{root: root}, queue: []uint32{root}, tree: tree{entry: root}}
	for len(s.queue) > 0 {
		f := s.queue[0]
		s.queue = s.queue[1:]
		s.tree.kept = append(s.tree.kept, f)
		if err := s.visit(f); err != nil {
			return nil, err
		}
	}
	slices.Sort(s.tree.kept)
	slices.Sort(s.tree.cut)
	return &s.tree, errors.Join(s.faults...)
}

// notInName is what Go's linker replaces by _ in the name section (cmd/link/internal/wasm/asm.go, nameRegexp).
var notInName = regexp.MustCompile(`[^\w.]`)

func findEntry(m *module, entry string) (uint32, error) {
	f, err := m.function(notInName.ReplaceAllString(entry, "_"))
	if err != nil {
		return 0, fmt.Errorf("entry %s: %w; is it called, and marked //go:noinline?", entry, err)
	}
	if _, ok := m.body(f); !ok || m.types[m.funcType[f]] != goFunction {
		return 0, fmt.Errorf("%w: entry %s is not an ordinary Go function", errLayout, entry)
	}
	return f, nil
}

// visit looks at each call in the body of f, each callee once.
func (s *search) visit(f uint32) error {
	body, _ := s.m.body(f)
	d := decode(s.m.names[f], body)
	indirect, called := false, map[uint32]bool{}
	for in, ok := d.next(); ok; in, ok = d.next() {
		switch {
		case in.op == opCallIndirect:
			indirect = true
		case in.op == opCall && !called[in.index]:
			called[in.index] = true
			s.call(f, in.index)
		}
	}
	if indirect {
		s.fault(f, "indirect call (a closure, a function value or the method of an interface); a helper thread can run none")
	}
	return d.r.err
}

// call judges that f calls g.
func (s *search) call(f, g uint32) {
	if _, ok := s.m.body(g); !ok {
		s.fault(f, s.callsOutside(g))
		return
	}
	name := s.m.names[g]
	switch rule := judge(name); {
	case rule.verdict == cut || name == "runtime.gopanic" && s.m.isDispatch(f):
		if !slices.Contains(s.tree.cut, g) {
			s.tree.cut = append(s.tree.cut, g)
		}
	case rule.verdict == refuse:
		s.faults = append(s.faults, fault{s.path(f) + " → " + name, rule.why})
	default:
		if _, seen := s.caller[g]; !seen {
			s.caller[g] = f
			s.queue = append(s.queue, g)
		}
	}
}

// isDispatch tells whether f is what the compiler makes of a function that uses the portable package simd inside: a
// switch over the length of vectors to f@simd128 and f@simd0 (emulated), and a panic for a length that wasm does not
// have. That panic is the compiler's, with a constant, and may be cut (cmd/compile/internal/midway/rewrite.go).
func (m *module) isDispatch(f uint32) bool {
	name := m.names[f]
	return slices.Contains(m.names, name+"_simd128") || slices.Contains(m.names, name+"_simd0")
}

func (s *search) callsOutside(g uint32) string {
	if int64(g) < int64(len(s.m.imports)) {
		return "calls the import " + s.m.imports[g] + "; a helper thread has no imports"
	}
	return fmt.Sprintf("calls function %d of %d", g, len(s.m.funcType))
}

func (s *search) fault(f uint32, why string) { s.faults = append(s.faults, fault{s.path(f), why}) }

// path writes the calls that lead from the entry to f.
func (s *search) path(f uint32) string {
	steps := []string{}
	for ; f != s.tree.entry; f = s.caller[f] {
		steps = append(steps, show(s.m.names[f], s.entry))
	}
	steps = append(steps, s.entry)
	slices.Reverse(steps)
	return strings.Join(steps, " → ")
}

// show gives the functions of the entry's package their short name back: thaw_core_kernel.gemm becomes kernel.gemm.
func show(name, entry string) string {
	dot := strings.LastIndexByte(entry, '.')
	if dot < 0 {
		return name
	}
	pkg := entry[:dot]
	if rest, ok := strings.CutPrefix(name, notInName.ReplaceAllString(pkg, "_")+"."); ok {
		return pkg[strings.LastIndexByte(pkg, '/')+1:] + "." + rest
	}
	return name
}
