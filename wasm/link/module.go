package main

import (
	"bytes"
	"fmt"
	"slices"
)

// The sections of a module, by their ids in the binary format.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
)

// header is the magic number and version 1 of the binary format.
var header = [8]byte{0x00, 'a', 's', 'm', 1, 0, 0, 0}

// section is one section as it stands in the file. Name is that of a custom section, and body then excludes it.
type section struct {
	id   byte
	name string
	body []byte
}

// signature holds the value types of a function's parameters and results, one byte each.
type signature struct{ params, results string }

// global is a global variable: its value type and whether it can be set.
type global struct {
	valueType byte
	mutable   bool
}

// export is one export: kind 0 is a function, 2 the memory, 3 a global.
type export struct {
	name  string
	kind  byte
	index uint32
}

// module is what link knows of a linked Go program. Function indices count the imported functions first, as the
// format does: function i has its body in bodies[i-len(imports)].
type module struct {
	sections []section
	types    []signature
	imports  []string // "gojs.runtime.wasmExit", one for each imported function
	funcType []uint32 // [imports + bodies]: the signature of each function
	minPages uint32   // of the one memory, in pages of 64 KiB
	globals  []global
	exports  []export
	bodies   [][]byte // locals and code, without the length before them
	names    []string // [imports + bodies] from the name section; "" where it has none
	producer string   // the compiler, such as "Go cmd/compile go1.27.4"
}

// parse reads a module. It copies nothing: the result refers to in.
func parse(in []byte) (*module, error) {
	if !bytes.HasPrefix(in, header[:]) {
		return nil, fmt.Errorf("%w: it does not begin with the eight bytes of WebAssembly version 1", errFormat)
	}
	m := &module{}
	if err := m.split(in); err != nil {
		return nil, err
	}
	for _, s := range m.sections {
		if err := m.read(s); err != nil {
			return nil, err
		}
	}
	if len(m.bodies)+len(m.imports) != len(m.funcType) {
		return nil, fmt.Errorf("%w: %d functions have a type and %d a body", errFormat, len(m.funcType)-len(m.imports), len(m.bodies))
	}
	return m, m.readNames()
}

// split cuts the file into sections, each known one at most once and in order.
func (m *module) split(in []byte) error {
	r := newReader("file", in)
	r.at = len(header)
	for last := byte(0); r.more(); {
		s := section{id: r.byte()}
		s.body = r.bytes(r.u32())
		switch {
		case s.id == secCustom:
			c := newReader("custom section", s.body)
			s.name = c.name()
			s.body = s.body[c.at:]
			if c.err != nil {
				return c.err
			}
		case s.id > secData:
			r.fail("section %d is unknown to link", s.id)
		case s.id <= last:
			r.fail("section %d stands after section %d", s.id, last)
		default:
			last = s.id
		}
		m.sections = append(m.sections, s)
	}
	return r.err
}

// section returns the section of that id, nil if there is none.
func (m *module) section(id byte) []byte {
	i := slices.IndexFunc(m.sections, func(s section) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return m.sections[i].body
}

// read takes in the sections that link must understand. The table, the elements and the data are carried over as
// they are, and the names wait for the number of functions.
func (m *module) read(s section) error {
	switch s.id {
	case secType:
		return m.readTypes(newReader("type section", s.body))
	case secImport:
		return m.readImports(newReader("import section", s.body))
	case secFunction:
		return m.readFunctions(newReader("function section", s.body))
	case secMemory:
		return m.readMemory(newReader("memory section", s.body))
	case secGlobal:
		return m.readGlobals(newReader("global section", s.body))
	case secExport:
		return m.readExports(newReader("export section", s.body))
	case secStart:
		return fmt.Errorf("%w: it has a start function, which Go does not write", errLayout)
	case secCode:
		return m.readCode(newReader("code section", s.body))
	}
	return nil
}
