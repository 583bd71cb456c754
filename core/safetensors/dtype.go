package safetensors

import "math"

// DType is the element type of a tensor as the header spells it.
type DType string

// The element types that have a place in memory here. Others are known by size only, so that a tensor of theirs can
// be skipped.
const (
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Size is the number of bytes of one element, 0 for a type that is not known.
func (d DType) Size() int {
	switch d {
	case "F64", "I64", "U64", "C64":
		return 8
	case "F32", "I32", "U32":
		return 4
	case "F16", "BF16", "I16", "U16":
		return 2
	case "U8", "I8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0":
		return 1
	}
	return 0
}

// isFloat says whether elements of d convert to float32 without loss.
func (d DType) isFloat() bool { return d == F32 || d == F16 || d == BF16 }

// halfToFloat widens an IEEE 754 binary16: 1 bit of sign, 5 of exponent with bias 15, 10 of mantissa.
func halfToFloat(h uint16) float32 {
	sign, exp, man := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero and the subnormals, man × 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(man)*0x1p-24))
	case 0x1f: // infinities and NaN
		return math.Float32frombits(sign | 0xff<<23 | man<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | man<<13)
}

// brainToFloat widens a bfloat16, which is the upper half of a float32.
func brainToFloat(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }
