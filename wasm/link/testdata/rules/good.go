//go:build js && wasm

package main

import (
	"math"
	"simd"
	"simd/archsimd"
	"unsafe"
)

// Good is a layer norm without weights over rows of eight, and a sum of exponentials: slices, bounds checks,
// divisions, copies, both SIMD packages and package math.
//
//go:noinline
func Good(t *Task) {
	x, y := floats(t.A, t.N*8), floats(t.B, t.N*8)
	for r := range t.N {
		norm(y[r*8:r*8+8], x[r*8:r*8+8])
	}
	copy(x, y)
	clear(y[:t.N/2])
	axpy(y, x, expSum(x)/float32(len(x)/t.N))
	double(t.A)
}

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
		y[i] = float32((float64(e) - mean) * scale)
	}
}

func expSum(x []float32) (sum float32) {
	for _, e := range x {
		sum += float32(math.Exp(float64(e))) + float32(math.Tanh(float64(e)))
	}
	return sum
}

// axpy adds a·x to y with the portable vectors.
func axpy(y, x []float32, a float32) {
	va := simd.BroadcastFloat32s(a)
	n := va.Len()
	for ; len(x) >= n && len(y) >= n; x, y = x[n:], y[n:] {
		va.Mul(simd.LoadFloat32s(x)).Add(simd.LoadFloat32s(y)).Store(y)
	}
}

// double doubles the four numbers at p with the vectors of the machine.
func double(p unsafe.Pointer) {
	v := archsimd.LoadFloat32x4Array((*[4]float32)(p))
	v.Add(v).StoreArray((*[4]float32)(p))
}

// Numeric is generic code that is called with one type: a direct call with a dictionary.
//
//go:noinline
func Numeric(t *Task) { *(*float32)(t.B) = dot(floats(t.A, t.N), floats(t.A, t.N)) }

//go:noinline
func dot[F float32 | float64](x, y []F) (sum F) {
	for i, e := range x {
		sum += e * y[i]
	}
	return sum
}
