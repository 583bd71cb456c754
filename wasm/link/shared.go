package main

import "encoding/binary"

// pagesSection is the custom section in which a shared program says how many pages its memory has at first, as four
// bytes, the lowest first. Its owner has to make that memory before it can instantiate the program, and an engine tells of
// an import no more than its name.
const pagesSection = "thaw.pages"

// shared returns the plain program with its private memory taken out and a shared one imported as env.memory. It
// still exports that memory as mem, where wasm_exec.js looks for it.
func (m *module) shared() []byte {
	out := header[:]
	for _, s := range m.sections {
		switch {
		case isNames(s) || s.id == secMemory:
		case s.id == secImport:
			out = appendSection(out, s.id, m.importsWithMemory(s.body))
		default:
			out = appendSectionOf(out, s)
		}
	}
	pages := binary.LittleEndian.AppendUint32(nil, m.minPages)
	return appendSectionOf(out, section{id: secCustom, name: pagesSection, body: pages})
}

// importsWithMemory adds the memory behind the functions, whose indices stay as they are.
func (m *module) importsWithMemory(body []byte) []byte {
	r := newReader("import section", body)
	out := appendNumber(nil, uint64(r.count())+1)
	out = append(out, body[r.at:]...)
	return appendSharedMemory(out, m.minPages)
}
