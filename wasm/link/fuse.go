package main

import (
	"fmt"
	"slices"
	"strings"
)

// fuse returns the program with every product and sum of the named functions made one relaxed_madd:
//
//	f32x4.mul, local.get c, f32x4.add   becomes   local.get c, f32x4.relaxed_madd
//
// with the nops that Go's assembler leaves behind vector operations. Go's assembler mis-encodes that instruction, so it is put in
// here. The functions of a name are all whose name begins with it. Each of them that multiplies is fused whole: one tile with
// two roundings beside one with a single rounding would break the rule that a row of a batch equals the row alone. So every
// sum has to fit the pattern, or it fails; a product that nothing is added to stays.
func (m *module) fuse(names []string) (*module, error) {
	out := *m
	out.bodies = slices.Clone(m.bodies)
	for _, name := range names {
		fused, prefix := 0, notInName.ReplaceAllString(name, "_")
		for i := range m.bodies {
			f := uint32(i + len(m.imports))
			if !strings.HasPrefix(m.names[f], prefix) {
				continue
			}
			body, n, err := fuseBody(m.names[f], m.bodies[i])
			if err != nil {
				return nil, err
			}
			out.bodies[i] = body
			fused += n
		}
		if fused == 0 {
			return nil, fmt.Errorf("%w: no function called %s… multiplies vectors; which functions are the tiles of the product? -fuse names them", errFuse, name)
		}
	}
	out.sections = slices.Clone(m.sections)
	for i := range out.sections {
		if out.sections[i].id == secCode {
			out.sections[i].body = appendCode(nil, out.bodies)
		}
	}
	return &out, nil
}

// errFuse marks a program whose products cannot be fused as they are.
var errFuse = fmt.Errorf("the multiply-adds cannot be fused")

// fuseBody fuses one function and counts what it fused.
func fuseBody(name string, body []byte) (out []byte, fused int, err error) {
	d := decode(name, body)
	from, muls, adds := 0, 0, 0
	var before, last instr // the two instructions before this one, nops left out
	for in, ok := d.next(); ok; in, ok = d.next() {
		if in.op == opNop {
			continue
		}
		if in.is(vecF32x4Mul) {
			muls++
		}
		if in.is(vecF32x4Add) {
			adds++
			if before.is(vecF32x4Mul) && last.op == opLocalGet {
				out = append(append(out, body[from:before.start]...), body[last.start:last.end]...)
				out = appendNumber(append(out, opVector), vecF32x4Madd)
				from, fused = in.end, fused+1
			}
		}
		before, last = last, in
	}
	if d.r.err != nil {
		return nil, 0, d.r.err
	}
	if fused != adds || fused == 0 && muls > 0 {
		return nil, 0, fmt.Errorf("%w: %s has %d products and %d sums of vectors, and %d pairs of the form f32x4.mul, local.get, f32x4.add; "+
			"all or none can be fused", errFuse, name, muls, adds, fused)
	}
	return append(out, body[from:]...), fused, nil
}

// is tells whether an instruction is that vector operation.
func (in instr) is(vector uint32) bool { return in.op == opVector && in.index == vector }

// appendCode writes the body of a code section.
func appendCode(b []byte, bodies [][]byte) []byte {
	b = appendNumber(b, uint64(len(bodies)))
	for _, body := range bodies {
		b = appendBytes(b, body)
	}
	return b
}
