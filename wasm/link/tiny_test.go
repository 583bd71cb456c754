package main

import "slices"

// tiny is a module of the layout that link expects, small enough to write by hand: an entry main.Run that calls
// main.leaf and an end of the program, and what the checks of the layout look at. A test changes a field and asks
// what link says.
type tiny struct {
	types, imports, functions, memory, globals, exports, code, start []byte
	names                                                            []string
	producer                                                         string
	extra                                                            []byte // a whole section at the end
}

// Indices of tiny's functions; 0 is the import.
const (
	tinyRun = iota + 1
	tinyLeaf
	tinyPanic
	tinyStart
	tinyGetSP
)

func newTiny() *tiny {
	t := &tiny{
		types:     []byte{2, 0x60, 1, typeI32, 1, typeI32, 0x60, 0, 1, typeI32},
		imports:   []byte{1, 4, 'g', 'o', 'j', 's', 1, 'x', 0, 0},
		functions: []byte{5, 0, 0, 0, 0, 1},
		memory:    []byte{1, 0, 39},
		exports:   slices.Concat([]byte{1}, appendName(nil, "getsp"), []byte{0, tinyGetSP}),
		names:     []string{"", "main.Run", "main.leaf", "runtime.goPanicIndex", "runtime.rt0_go", "wasm_export_getsp"},
		producer:  "go1.27.4",
	}
	t.globals = []byte{8}
	for _, typ := range goRegisters {
		op := byte(opI32Const)
		if typ == typeI64 {
			op = opI64Const
		}
		t.globals = append(t.globals, typ, 1, op, 0, opEnd)
	}
	t.setCode(
		[]byte{1, 1, typeI32, 0x20, 0, opCall, tinyLeaf, 0x04, 0x40, 0x20, 0, opCall, tinyPanic, 0x1a, opEnd, 0x20, 0, opEnd},
		[]byte{0, 0x20, 0, opEnd},
		[]byte{0, opUnreachable, opEnd},
		[]byte{0, opI64Const, 5, opGlobalSet, globalG, 0x20, 0, opEnd},
		[]byte{0, opGlobalGet, globalSP, opEnd},
	)
	return t
}

func (t *tiny) setCode(bodies ...[]byte) {
	t.code = appendNumber(nil, uint64(len(bodies)))
	for _, b := range bodies {
		t.code = appendBytes(t.code, b)
	}
}

// setRun replaces the code of the entry.
func (t *tiny) setRun(code ...byte) {
	t.setCode(append([]byte{0}, code...), []byte{0, 0x20, 0, opEnd}, []byte{0, opUnreachable, opEnd},
		[]byte{0, opI64Const, 5, opGlobalSet, globalG, 0x20, 0, opEnd}, []byte{0, opGlobalGet, globalSP, opEnd})
}

// setLeaf replaces the code of the leaf; it has two locals that are vectors.
func (t *tiny) setLeaf(code ...byte) {
	run := []byte{1, 1, typeI32, 0x20, 0, opCall, tinyLeaf, 0x04, 0x40, 0x20, 0, opCall, tinyPanic, 0x1a, opEnd, 0x20, 0, opEnd}
	t.setCode(run, append([]byte{1, 2, 0x7b}, append(code, 0x20, 0, opEnd)...), []byte{0, opUnreachable, opEnd},
		[]byte{0, opI64Const, 5, opGlobalSet, globalG, 0x20, 0, opEnd}, []byte{0, opGlobalGet, globalSP, opEnd})
}

// fusible is v1 = v1 * v2 + v2 twice, as Go's assembler writes it with a nop behind vector operations and without.
var fusible = []byte{
	0x20, 1, 0x20, 2, opVector, vecF32x4Mul, 1, opNop, 0x20, 2, opVector, vecF32x4Add, 1, opNop, 0x21, 1,
	0x20, 1, 0x20, 2, opVector, vecF32x4Mul, 1, 0x20, 2, opVector, vecF32x4Add, 1, 0x21, 1,
}

// bytes writes the module. A nil section is left out.
func (t *tiny) bytes() []byte {
	out := slices.Clone(header[:])
	for _, s := range []struct {
		id   byte
		body []byte
	}{
		{secType, t.types}, {secImport, t.imports}, {secFunction, t.functions}, {secMemory, t.memory},
		{secGlobal, t.globals}, {secExport, t.exports}, {secStart, t.start}, {secCode, t.code},
	} {
		if s.body != nil {
			out = appendSection(out, s.id, s.body)
		}
	}
	if t.producer != "" {
		made := slices.Concat(appendName([]byte{1}, "processed-by"), []byte{1}, appendName(nil, "Go cmd/compile"), appendName(nil, t.producer))
		out = appendSection(out, secCustom, slices.Concat(appendName(nil, "producers"), made))
	}
	out = append(out, t.extra...)
	if t.names != nil {
		out = appendSection(out, secCustom, slices.Concat(appendName(nil, "name"), t.nameSection()))
	}
	return out
}

func (t *tiny) nameSection() []byte {
	var list []byte
	n := 0
	for i, name := range t.names {
		if name != "" {
			list = appendName(appendNumber(list, uint64(i)), name)
			n++
		}
	}
	return appendBytes([]byte{1}, append(appendNumber(nil, uint64(n)), list...))
}
