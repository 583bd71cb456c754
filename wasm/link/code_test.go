package main

import "testing"

// Each instruction is passed over with its immediates and nothing else.
func TestDecodeLengths(t *testing.T) {
	for name, code := range map[string][]byte{
		"unreachable":      {0x00},
		"block of void":    {0x02, 0x40},
		"loop of i32":      {0x03, typeI32},
		"if of a type":     {0x04, 0x85, 0x01},
		"else":             {0x05},
		"br":               {0x0c, 1},
		"br_table":         {0x0e, 2, 0, 1, 0x80, 1},
		"return":           {0x0f},
		"call":             {opCall, 0x80, 0x01},
		"call_indirect":    {opCallIndirect, 3, 0},
		"drop":             {0x1a},
		"select":           {0x1b},
		"select of i64":    {0x1c, 1, typeI64},
		"local.get":        {0x20, 0x80, 0x01},
		"global.set":       {opGlobalSet, 2},
		"i32.load":         {0x28, 2, 0x90, 0x01},
		"i64.store32":      {0x3e, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"memory.grow":      {0x40, 0},
		"i32.const":        {opI32Const, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"i64.const":        {opI64Const, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f},
		"f32.const":        {0x43, 0x0b, 0x0b, 0x0b, 0x0b},
		"f64.const":        {0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b},
		"i64.extend32_s":   {0xc4},
		"trunc_sat":        {0xfc, 6},
		"memory.copy":      {0xfc, 10, 0, 0},
		"memory.fill":      {0xfc, 11, 0},
		"v128.load":        {0xfd, 0, 4, 16},
		"v128.const":       {0xfd, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		"shuffle":          {0xfd, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		"f32x4.splat":      {0xfd, 19},
		"extract_lane":     {0xfd, 31, 3},
		"v128.load32_lane": {0xfd, 86, 2, 0, 1},
		"v128.load32_zero": {0xfd, 92, 2, 0},
		"f32x4.mul":        {0xfd, 0xe6, 0x01},
		"relaxed_madd":     {0xfd, 0x85, 0x02},
	} {
		// Locals before it, a call behind it: the call must come out right.
		body := append([]byte{2, 3, typeI64, 1, 0x7b}, code...)
		at := len(body)
		d := decode(name, append(body, opCall, 9, opEnd))
		var last instr
		for in, ok := d.next(); ok; in, ok = d.next() {
			if in.op == opCall {
				last = in
			}
		}
		if d.r.err != nil || last.start != at || last.end != at+2 || last.index != 9 {
			t.Errorf("%s: the call behind it was read as %+v, want it at %d (%v)", name, last, at, d.r.err)
		}
	}
}
