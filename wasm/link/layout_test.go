package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// A binary that link does not understand is refused with a sentence that says what is missing.
func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*tiny)
		want   error
		say    string
	}{
		{"no names", func(m *tiny) { m.names = nil }, errLayout, "has no names of functions; link it without -ldflags=-s"},
		{"no memory", func(m *tiny) { m.memory = nil }, errLayout, "no memory of its own"},
		{"memory with a maximum", func(m *tiny) { m.memory = []byte{1, 1, 39, 99} }, errLayout, "limits of kind 1"},
		{"two memories", func(m *tiny) { m.memory = []byte{2, 0, 39, 0, 39} }, errLayout, "2 memories"},
		{"imported memory", func(m *tiny) { m.imports = append([]byte{1}, appendSharedMemory(nil, 39)...) }, errLayout, "imports env.memory, which is no function; has it been through link already?"},
		{"no imports", func(m *tiny) { m.imports = nil; m.names = m.names[1:] }, errLayout, "imports no function"},
		{"no code", func(m *tiny) { m.code, m.functions, m.names = nil, nil, nil }, errLayout, "no code"},
		{"a register more", func(m *tiny) { m.globals = slices.Concat([]byte{9}, m.globals[1:], m.globals[1:6]) }, errLayout, "its 9 globals are not the eight registers"},
		{"another register", func(m *tiny) { m.globals[6], m.globals[8] = typeI32, opI32Const }, errLayout, "are not the eight registers"},
		{"a constant register", func(m *tiny) { m.globals[2] = 0 }, errLayout, "are not the eight registers"},
		{"a register from elsewhere", func(m *tiny) { m.globals[3] = opGlobalGet }, errFormat, "want a constant"},
		{"no getsp", func(m *tiny) { m.exports = []byte{0} }, errLayout, "no export getsp"},
		{"getsp of an import", func(m *tiny) { m.exports[len(m.exports)-1] = 0 }, errFormat, "function 0 has no body"},
		{"SP moved", func(m *tiny) { swap(m, []byte{opGlobalGet, globalSP}, []byte{opGlobalGet, 1}) }, errLayout, "getsp does not return the register SP"},
		{"g moved", func(m *tiny) { swap(m, []byte{opGlobalSet, globalG}, []byte{opGlobalSet, 3}) }, errLayout, "does not set the register g first"},
		{"no start of the runtime", func(m *tiny) { m.names[tinyStart] = "" }, errLayout, "no function runtime.rt0_go"},
		{"start function", func(m *tiny) { m.start = []byte{1} }, errLayout, "has a start function"},
		{"no entry", func(m *tiny) { m.names[tinyRun] = "main.Other" }, errLayout, "entry main.Run: not a js/wasm program as Go 1.27 links it: it has no function main.Run; is it called, and marked //go:noinline?"},
		{"two entries", func(m *tiny) { m.names[tinyLeaf] = "main.Run" }, errLayout, "two functions have the name main.Run"},
		{"entry of another kind", func(m *tiny) { m.functions[1] = 1 }, errLayout, "entry main.Run is not an ordinary Go function"},
		{"unknown section", func(m *tiny) { m.extra = []byte{12, 1, 0} }, errFormat, "section 12 is unknown to link"},
		{"section twice", func(m *tiny) { m.extra = appendSection(nil, secType, m.types) }, errFormat, "section 1 stands after section 10"},
		{"unknown type", func(m *tiny) { m.types[1] = 0x5f }, errFormat, "a type of form 0x5f"},
		{"type out of range", func(m *tiny) { m.functions[2] = 7 }, errFormat, "type 7 of 2"},
		{"bodies missing", func(m *tiny) { m.functions = []byte{1, 0} }, errFormat, "1 functions have a type and 5 a body"},
		{"name out of range", func(m *tiny) { m.names = append(m.names, "main.ghost") }, errFormat, "a name for function 6 of 6"},
		{"huge list", func(m *tiny) { m.types = []byte{0xff, 0xff, 0xff, 0xff, 0x0f} }, errFormat, "a list of 4294967295 entries in 0 bytes"},
		{"long number", func(m *tiny) { m.types = []byte{0xff, 0xff, 0xff, 0xff, 0x1f} }, errFormat, "want a 32-bit number"},
		{"unknown opcode", func(m *tiny) { m.setRun(0x06, opEnd) }, errFormat, "function main.Run, byte 2: opcode 0x6 is unknown to link"},
		{"unknown 0xfc", func(m *tiny) { m.setRun(0xfc, 9, 0, opEnd) }, errFormat, "opcode 0xfc 9 is unknown"},
		{"unknown 0xfd", func(m *tiny) { m.setRun(0xfd, 0x94, 0x02, opEnd) }, errFormat, "opcode 0xfd 276 is unknown"},
		{"strange alignment", func(m *tiny) { m.setRun(0x28, 0x42, 0, 0, opEnd) }, errFormat, "aligned to 2^66"},
		{"code cut short", func(m *tiny) { m.setRun(0x44, 1, 2) }, errFormat, "want 8 bytes, 2 are left"},
		{"call out of range", func(m *tiny) { m.setRun(opCall, 77, opEnd) }, errRule, "main.Run: calls function 77 of 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newTiny()
			c.change(m)
			_, err := link(m.bytes(), "main.Run")
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("got %v, want an error of kind %q that says %q", err, c.want, c.say)
			}
		})
	}
}

func swap(m *tiny, old, to []byte) {
	i := strings.Index(string(m.code), string(old))
	copy(m.code[i:], to)
}

// The message for a new Go version names the version.
func TestLayoutErrorNamesCompiler(t *testing.T) {
	for producer, say := range map[string]string{"go1.99": "(made by Go cmd/compile go1.99)", "": "(made by an unknown compiler)"} {
		m := newTiny()
		m.producer = producer
		m.globals = m.globals[:1+7*5]
		m.globals[0] = 7
		_, err := link(m.bytes(), "main.Run")
		if !errors.Is(err, errLayout) || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want it to say %s", err, say)
		}
	}
}

// Each prefix of a module is refused without a panic, but for those that end between two sections.
func TestTruncated(t *testing.T) {
	whole := newTiny().bytes()
	if _, err := link(whole, "main.Run"); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := link(whole[:n], "main.Run"); !errors.Is(err, errFormat) && !errors.Is(err, errLayout) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}
