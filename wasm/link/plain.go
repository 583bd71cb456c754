package main

// isNames tells the section with the names of functions, which only link needs.
func isNames(s section) bool { return s.id == secCustom && s.name == "name" }

// plain returns the program without the names of its functions, otherwise as it was. Stack traces keep their names:
// Go's own tables lie in the data.
func (m *module) plain() []byte {
	out := header[:]
	for _, s := range m.sections {
		if !isNames(s) {
			out = appendSectionOf(out, s)
		}
	}
	return out
}
