package main

import (
	"fmt"
	"io"
)

// program is a linked program: its three modules, and what the report tells.
type program struct {
	main, shared, helper []byte
	minPages             uint32   // of the memory, in pages of 64 KiB
	kept, cut            []string // names of the helper's functions
}

// link makes the modules out of the program that the Go linker wrote.
func link(in []byte, entry string) (*program, error) {
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
	helper, err := m.helper(t)
	if err != nil {
		return nil, err
	}
	return &program{
		main: m.plain(), shared: m.shared(), helper: helper,
		minPages: m.minPages, kept: m.show(t.kept, entry), cut: m.show(t.cut, entry),
	}, nil
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
