//go:build js && wasm

package main

import (
	"math"
	"simd"
	"simd/archsimd"
	"unsafe"
)

// task names two slices of n numbers by address.
type task struct {
	op   int
	x, y unsafe.Pointer
	n    int
}

const (
	opNorm = iota
	opVectors
	opMove
	opBounds
	opDeep
)

// run does half a task: the entry of the helper module.
//
//go:noinline
func run(t *task, part int) {
	switch t.op {
	case opNorm:
		x, y := t.half(part)
		for ; len(x) > 0; x, y = x[96:], y[96:] {
			norm(y[:96], x[:96])
		}
	case opVectors:
		vectors(t.half(part))
	case opMove:
		y, x := t.half(part)
		copy(x[:len(x)/2], y)
		clear(x[len(x)/2:])
		fill(x[len(x)/3:])
	case opBounds:
		outside(t, part)
	case opDeep:
		t.n = deep(t.n << 20)
	}
}

func (t *task) half(part int) (x, y []float32) {
	lo, hi := t.n/2*part, t.n/2*(part+1)
	return floats(t.x, t.n)[lo:hi], floats(t.y, t.n)[lo:hi]
}

func floats(p unsafe.Pointer, n int) []float32 { return unsafe.Slice((*float32)(p), n) }

func norm(y, x []float32) {
	var mean, v float64
	for _, e := range x {
		mean += float64(e)
	}
	mean /= float64(len(x))
	for _, e := range x {
		v += (float64(e) - mean) * (float64(e) - mean)
	}
	scale := 1 / math.Sqrt(v/float64(len(x))+1e-12)
	for i, e := range x {
		y[i] = float32(math.Exp((float64(e)-mean)*scale) + math.Erf(float64(e)))
	}
}

// vectors is y = 3x + 2x, the first term with portable vectors, the second with those of the machine.
func vectors(x, y []float32) {
	scaled(y, x, 3)
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		v := archsimd.LoadFloat32x4Array((*[4]float32)(x))
		archsimd.LoadFloat32x4Array((*[4]float32)(y)).Add(v.Add(v)).StoreArray((*[4]float32)(y))
	}
}

func scaled(y, x []float32, a float32) {
	va := simd.BroadcastFloat32s(a)
	for k := va.Len(); len(x) >= k; x, y = x[k:], y[k:] {
		va.Mul(simd.LoadFloat32s(x)).Store(y)
	}
}

func fill(y []float32) {
	for i := range y {
		y[i] += float32(i%7) / float32(i+1)
	}
}

// outside reads beyond the end of a slice.
//
//go:noinline
func outside(t *task, i int) { t.n = helperTable[:2][i+7:][0] }

var helperTable [16]int

// deep needs more stack than a helper has.
func deep(n int) int {
	if n == 0 {
		return 1
	}
	return deep(n-1) + n
}
