package main

// The opcodes that link looks at. The others are passed over by the kind of their immediates.
const (
	opUnreachable  = 0x00
	opNop          = 0x01
	opEnd          = 0x0b
	opCall         = 0x10
	opCallIndirect = 0x11
	opLocalGet     = 0x20
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opI32Const     = 0x41
	opI64Const     = 0x42
	opI32Sub       = 0x6b
)

// The vector opcodes that link looks at, behind the prefix opVector.
const (
	opVector      = 0xfd
	vecF32x4Add   = 0xe4
	vecF32x4Mul   = 0xe6
	vecF32x4Madd  = 0x105 // relaxed_madd: a·b + c, in one rounding where the machine has that
	maxVectorCode = 275
)

// instr is one instruction of a function body.
type instr struct {
	op         byte   // prefixes 0xfc and 0xfd stand for all of theirs
	index      uint32 // the function of a call, the variable of a local or global access, the opcode behind a prefix
	start, end int    // where it lies in the body
}

// decoder walks over the instructions of a function body.
type decoder struct{ r *reader }

// decode begins after the body's local variables.
func decode(name string, body []byte) decoder {
	r := newReader("function "+name, body)
	for range r.count() {
		r.u32()
		r.byte()
	}
	return decoder{r}
}

// next returns the next instruction, or false at the end and at a fault, which is then in d.r.err. An opcode that
// Go 1.27 does not write is a fault, for the length of its immediates cannot be known.
func (d decoder) next() (instr, bool) {
	r := d.r
	if !r.more() {
		return instr{}, false
	}
	in := instr{start: r.at}
	in.op = r.byte()
	switch op := in.op; {
	case op <= 0x01 || op == 0x05 || op == opEnd || op == 0x0f: // unreachable, nop, else, end, return
	case op <= 0x04 && op >= 0x02: // block, loop, if: a block type
		r.skipNumber()
	case op == 0x0c || op == 0x0d: // br, br_if
		r.u32()
	case op == 0x0e: // br_table: targets and the default
		for range r.count() {
			r.u32()
		}
		r.u32()
	case op == opCall || op >= 0x20 && op <= 0x24: // call, local and global access
		in.index = r.u32()
	case op == opCallIndirect: // type, table
		in.index = r.u32()
		r.u32()
	case op == 0x1a || op == 0x1b: // drop, select
	case op == 0x1c: // select of a given type
		r.bytes(uint32(r.count()))
	case op >= 0x28 && op <= 0x3e: // loads and stores
		d.memarg()
	case op == 0x3f || op == 0x40: // memory.size, memory.grow
		r.byte()
	case op == opI32Const || op == opI64Const:
		r.skipNumber()
	case op == 0x43: // f32.const
		r.bytes(4)
	case op == 0x44: // f64.const
		r.bytes(8)
	case op >= 0x45 && op <= 0xc4: // comparisons, arithmetic, conversions
	case op == 0xfc:
		in.index = r.u32()
		d.bulk(in.index)
	case op == opVector:
		in.index = r.u32()
		d.vector(in.index)
	default:
		r.fail("opcode %#x is unknown to link", op)
	}
	in.end = r.at
	return in, r.err == nil
}

// memarg passes over the alignment and the offset of a load or store.
func (d decoder) memarg() {
	if align := d.r.u32(); align > 4 {
		d.r.fail("an access aligned to 2^%d bytes", align)
	}
	d.r.skipNumber()
}

// bulk passes over the immediates of the 0xfc instructions: saturating conversions, memory.copy and memory.fill.
func (d decoder) bulk(op uint32) {
	switch {
	case op <= 7:
	case op == 10: // two memories
		d.r.bytes(2)
	case op == 11: // one memory
		d.r.byte()
	default:
		d.r.fail("opcode 0xfc %d is unknown to link", op)
	}
}

// vector passes over the immediates of the 128-bit instructions. Holes among the arithmetic ones are left for the
// engine to refuse.
func (d decoder) vector(op uint32) {
	switch {
	case op <= 11 || op == 92 || op == 93: // loads, splats and zero extensions, store
		d.memarg()
	case op == 12 || op == 13: // v128.const, shuffle
		d.r.bytes(16)
	case op >= 21 && op <= 34: // a lane in or out
		d.r.byte()
	case op >= 84 && op <= 91: // a lane from or to memory
		d.memarg()
		d.r.byte()
	case op <= 255: // arithmetic
	case op <= maxVectorCode: // relaxed arithmetic
	default:
		d.r.fail("opcode 0xfd %d is unknown to link", op)
	}
}
