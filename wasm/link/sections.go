package main

import (
	"fmt"
)

// The readers of the single sections, in the order of the format.

func (m *module) readTypes(r *reader) error {
	for range r.count() {
		if form := r.byte(); form != 0x60 {
			r.fail("a type of form %#x; link knows functions (0x60) only", form)
		}
		params := r.name()
		m.types = append(m.types, signature{params, r.name()})
	}
	return r.end()
}

// readImports accepts functions only. A Go program that has not been rewritten imports nothing else.
func (m *module) readImports(r *reader) error {
	for range r.count() {
		name := r.name() + "."
		name += r.name()
		if kind := r.byte(); kind != 0 && r.err == nil {
			return fmt.Errorf("%w: it imports %s, which is no function; has it been through link already?", errLayout, name)
		}
		m.imports = append(m.imports, name)
		m.funcType = append(m.funcType, m.typeIndex(r))
	}
	return r.end()
}

func (m *module) readFunctions(r *reader) error {
	for range r.count() {
		m.funcType = append(m.funcType, m.typeIndex(r))
	}
	return r.end()
}

func (m *module) typeIndex(r *reader) uint32 {
	t := r.u32()
	if int64(t) >= int64(len(m.types)) {
		r.fail("type %d of %d", t, len(m.types))
	}
	return t
}

// readMemory accepts one private memory without a maximum, which is what Go writes.
func (m *module) readMemory(r *reader) error {
	count, flags := r.u32(), r.byte()
	m.minPages = r.u32()
	if r.err == nil && (count != 1 || flags != 0) {
		return fmt.Errorf("%w: its memory section has %d memories and limits of kind %d, want one memory without a maximum", errLayout, count, flags)
	}
	return r.end()
}

// readGlobals accepts numeric globals that begin as a constant.
func (m *module) readGlobals(r *reader) error {
	for range r.count() {
		g := global{valueType: r.byte()}
		g.mutable = r.byte() == 1
		if op := r.byte(); op != opI32Const && op != opI64Const {
			r.fail("global %d begins with opcode %#x, want a constant", len(m.globals), op)
		}
		r.skipNumber()
		if r.byte() != opEnd {
			r.fail("the first value of global %d has no end", len(m.globals))
		}
		m.globals = append(m.globals, g)
	}
	return r.end()
}

func (m *module) readExports(r *reader) error {
	for range r.count() {
		e := export{name: r.name()}
		e.kind = r.byte()
		e.index = r.u32()
		m.exports = append(m.exports, e)
	}
	return r.end()
}

func (m *module) readCode(r *reader) error {
	for range r.count() {
		m.bodies = append(m.bodies, r.bytes(r.u32()))
	}
	return r.end()
}

// readNames reads the custom sections: the functions' names, and the compiler that made the program.
func (m *module) readNames() error {
	m.names = make([]string, len(m.funcType))
	for _, s := range m.sections {
		r := newReader(s.name+" section", s.body)
		switch {
		case s.id != secCustom:
		case s.name == "name":
			for r.more() {
				id, sub := r.byte(), newReader("name section", r.bytes(r.u32()))
				if id == 1 {
					m.readFunctionNames(sub)
				}
				if sub.err != nil {
					return sub.err
				}
			}
		case s.name == "producers":
			m.readProducer(r)
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

func (m *module) readFunctionNames(r *reader) {
	for range r.count() {
		i := r.u32()
		name := r.name()
		if int64(i) >= int64(len(m.names)) {
			r.fail("a name for function %d of %d", i, len(m.names))
			return
		}
		m.names[i] = name
	}
}

// readProducer keeps the last field of the producers section, which Go fills with "processed-by".
func (m *module) readProducer(r *reader) {
	for range r.count() {
		r.name()
		for range r.count() {
			m.producer = r.name()
			m.producer += " " + r.name()
		}
	}
}
