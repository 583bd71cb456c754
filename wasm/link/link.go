package main

import (
	"fmt"
	"io"
)

// modules are the three forms of a program: for one thread, for a shared memory, and what helpers run on that memory.
type modules struct{ main, shared, helper []byte }

// program is a linked program: its modules, and what the report tells.
type program struct {
	modules
	fma       *modules // with fused products, nil unless they were asked for
	minPages  uint32   // of the memory, in pages of 64 KiB
	kept, cut []string // names of the helper's functions
}

// link makes the modules out of the program that the Go linker wrote. The products of the functions called fuse… are
// fused in a second set of them.
func link(in []byte, entry string, fuse ...string) (*program, error) {
	m, err := parse(in)
	if err != nil {
		return nil, err
	}
	if err := m.checkLayout(); err != nil {
		return nil, err
	}
	t, err := reach(m, entry)
	if err != nil {
		return nil, err
	}
	plain, err := m.modules(t)
	if err != nil {
		return nil, err
	}
	p := &program{modules: *plain, minPages: m.minPages, kept: m.show(t.kept, entry), cut: m.show(t.cut, entry)}
	if len(fuse) == 0 {
		return p, nil
	}
	fused, err := m.fuse(fuse)
	if err != nil {
		return nil, err
	}
	p.fma, err = fused.modules(t)
	return p, err
}

// modules writes the three forms. The call tree is the same with and without fused products.
func (m *module) modules(t *tree) (*modules, error) {
	helper, err := m.helper(t)
	if err != nil {
		return nil, err
	}
	return &modules{main: m.plain(), shared: m.shared(), helper: helper}, nil
}

func (m *module) show(functions []uint32, entry string) []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = show(m.names[f], entry)
	}
	return names
}

// print lists what a helper runs, one function a line.
func (p *program) print(w io.Writer) {
	fmt.Fprintf(w, "memory: %d pages or more; helper: %d functions kept, %d cut\n", p.minPages, len(p.kept), len(p.cut))
	for _, name := range p.kept {
		fmt.Fprintln(w, "keep", name)
	}
	for _, name := range p.cut {
		fmt.Fprintln(w, "cut ", name)
	}
}
