package main

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
	return out
}

// importsWithMemory adds the memory behind the functions, whose indices stay as they are.
func (m *module) importsWithMemory(body []byte) []byte {
	r := newReader("import section", body)
	out := appendNumber(nil, uint64(r.count())+1)
	out = append(out, body[r.at:]...)
	return appendSharedMemory(out, m.minPages)
}
