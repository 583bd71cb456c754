package main

import "slices"

// trap is the body of a function that was cut: no locals, unreachable, end.
var trap = [...]byte{0, opUnreachable, opEnd}

// helper returns the module that every helper worker runs on the shared memory: the functions of the tree under new
// numbers, the registers, and nothing that writes to the memory by itself. Its one import is env.memory. It exports
// the entry as run, and the registers SP and g, which make a thread of it: SP the top of a private stack with the
// entry's arguments from SP+8 on, g a zeroed block whose stack guard (offset 16) is the stack's lower end.
func (m *module) helper(t *tree) ([]byte, error) {
	functions := t.functions()
	number := make(map[uint32]uint32, len(functions))
	for i, f := range functions {
		number[f] = uint32(i)
	}
	code, err := m.helperCode(t, functions, number)
	if err != nil {
		return nil, err
	}
	out := appendSection(header[:], secType, m.section(secType))
	out = appendSection(out, secImport, appendSharedMemory([]byte{1}, m.minPages))
	out = appendSection(out, secFunction, m.helperTypes(functions))
	out = appendSection(out, secGlobal, m.section(secGlobal))
	out = appendSection(out, secExport, helperExports(number[t.entry]))
	return appendSection(out, secCode, code), nil
}

func (m *module) helperTypes(functions []uint32) []byte {
	b := appendNumber(nil, uint64(len(functions)))
	for _, f := range functions {
		b = appendNumber(b, uint64(m.funcType[f]))
	}
	return b
}

func helperExports(entry uint32) []byte {
	const kindFunction, kindGlobal = 0, 3
	b := append(appendName([]byte{3}, "run"), kindFunction)
	b = appendNumber(b, uint64(entry))
	b = append(appendName(b, "SP"), kindGlobal, globalSP)
	return append(appendName(b, "g"), kindGlobal, globalG)
}

func (m *module) helperCode(t *tree, functions []uint32, number map[uint32]uint32) ([]byte, error) {
	bodies := make([][]byte, len(functions))
	for i, f := range functions {
		bodies[i] = trap[:]
		if _, cut := slices.BinarySearch(t.cut, f); cut {
			continue
		}
		body, err := m.renumber(f, number)
		if err != nil {
			return nil, err
		}
		bodies[i] = body
	}
	return appendCode(nil, bodies), nil
}

// renumber copies the body of function f with the new numbers of the functions it calls.
func (m *module) renumber(f uint32, number map[uint32]uint32) ([]byte, error) {
	body, _ := m.body(f)
	out, from := make([]byte, 0, len(body)), 0
	d := decode(m.names[f], body)
	for in, ok := d.next(); ok; in, ok = d.next() {
		if in.op == opCall {
			out = append(append(out, body[from:in.start]...), opCall)
			out = appendNumber(out, uint64(number[in.index]))
			from = in.end
		}
	}
	return append(out, body[from:]...), d.r.err
}
