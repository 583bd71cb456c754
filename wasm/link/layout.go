package main

import (
	"errors"
	"fmt"
	"slices"
)

// errLayout marks a valid module that is not what Go 1.27 links for js/wasm.
var errLayout = errors.New("not a js/wasm program as Go 1.27 links it")

// The value types of the binary format.
const (
	typeI32 = 0x7f
	typeI64 = 0x7e
)

// Go's registers are globals (cmd/link/internal/wasm/asm.go, writeGlobalSec): SP, CTXT, g, RET0 to RET3, PAUSE. A
// helper sets the two that make a thread: the stack pointer and the goroutine.
const (
	globalSP = 0
	globalG  = 2
)

var goRegisters = [...]byte{typeI32, typeI64, typeI64, typeI64, typeI64, typeI64, typeI64, typeI32}

// goFunction is the signature of every ordinary Go function: the place to resume at goes in, and 1 comes out when
// the stack is to be unwound, both i32. Arguments lie on Go's own stack from SP+8 on.
var goFunction = signature{params: "\x7f", results: "\x7f"}

// checkLayout makes sure that the program keeps its memory, its registers and its names where Go 1.27 puts them. A
// new Go that moves them is refused here, before anything wrong can be written.
func (m *module) checkLayout() error {
	for _, check := range []func() error{m.checkSections, m.checkRegisters, m.checkStackPointer, m.checkGoroutine} {
		if err := check(); err != nil {
			return fmt.Errorf("%w (made by %s)", err, m.madeBy())
		}
	}
	return nil
}

func (m *module) madeBy() string {
	if m.producer == "" {
		return "an unknown compiler"
	}
	return m.producer
}

func (m *module) checkSections() error {
	switch {
	case m.section(secMemory) == nil:
		return fmt.Errorf("%w: it has no memory of its own", errLayout)
	case len(m.imports) == 0:
		return fmt.Errorf("%w: it imports no function, and a js program imports the runtime's", errLayout)
	case len(m.bodies) == 0:
		return fmt.Errorf("%w: it has no code", errLayout)
	case !slices.ContainsFunc(m.names, func(n string) bool { return n != "" }):
		return fmt.Errorf("%w: it has no names of functions; link it without -ldflags=-s, the names are dropped afterwards", errLayout)
	}
	return nil
}

func (m *module) checkRegisters() error {
	same := slices.EqualFunc(m.globals, goRegisters[:], func(g global, want byte) bool { return g.mutable && g.valueType == want })
	if !same {
		return fmt.Errorf("%w: its %d globals are not the eight registers SP, CTXT, g, RET0 to RET3, PAUSE", errLayout, len(m.globals))
	}
	return nil
}

// checkStackPointer looks at the function behind the export getsp, which does nothing but return the register SP.
func (m *module) checkStackPointer() error {
	i := slices.IndexFunc(m.exports, func(e export) bool { return e.name == "getsp" && e.kind == 0 })
	if i < 0 {
		return fmt.Errorf("%w: it has no export getsp", errLayout)
	}
	return m.checkFirst(m.exports[i].index, opGlobalGet, globalSP, "getsp does not return the register SP")
}

// checkGoroutine looks at the start of the runtime, where the first register set is g.
func (m *module) checkGoroutine() error {
	f, err := m.function("runtime.rt0_go")
	if err != nil {
		return err
	}
	return m.checkFirst(f, opGlobalSet, globalG, "runtime.rt0_go does not set the register g first")
}

// checkFirst fails unless the first instruction op of function f has that index.
func (m *module) checkFirst(f uint32, op byte, index uint32, otherwise string) error {
	body, ok := m.body(f)
	if !ok {
		return fmt.Errorf("%w: function %d has no body", errFormat, f)
	}
	d := decode(m.names[f], body)
	for in, ok := d.next(); ok; in, ok = d.next() {
		if in.op != op {
			continue
		}
		if in.index != index {
			break
		}
		return nil
	}
	if d.r.err != nil {
		return d.r.err
	}
	return fmt.Errorf("%w: %s", errLayout, otherwise)
}

// body returns the locals and the code of function f, or false for an import or a number beyond the last.
func (m *module) body(f uint32) ([]byte, bool) {
	i := int64(f) - int64(len(m.imports))
	if i < 0 || i >= int64(len(m.bodies)) {
		return nil, false
	}
	return m.bodies[i], true
}

// function finds the one function of that name.
func (m *module) function(name string) (uint32, error) {
	i := slices.Index(m.names, name)
	if i < 0 {
		return 0, fmt.Errorf("%w: it has no function %s", errLayout, name)
	}
	if slices.Contains(m.names[i+1:], name) {
		return 0, fmt.Errorf("%w: two functions have the name %s", errLayout, name)
	}
	return uint32(i), nil
}
