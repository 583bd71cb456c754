//go:build goexperiment.simd && !wasm

package kernel

import (
	"simd"
	"unsafe"
)

// portableRows is the rows of the portable tile, whose columns are two vectors.
const portableRows = 4

// portableCols is the number of columns of the portable tile.
func portableCols() int {
	var z simd.Float32s
	return 2 * z.Len()
}

// portableTile computes rows of y, one, two or four, over k terms.
func portableTile(rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	switch rows {
	case 4:
		portableFour(k, x, w, y, ldy, more)
	case 2:
		portableTwo(k, x, w, y, ldy, more)
	default:
		portableOne(k, x, w, y, more)
	}
}

// portableFour is not unrolled: the compiler keeps eight sums in registers this way and spills them otherwise (116
// GFLOP/s against 50 to 90 on AVX-512).
//
//go:noinline
func portableFour(k int, x, w, y unsafe.Pointer, ldy, more int) {
	var c00, c01, c10, c11, c20, c21, c30, c31 simd.Float32s
	vb := c00.Len() * 4
	y1, y2, y3 := unsafe.Add(y, ldy), unsafe.Add(y, 2*ldy), unsafe.Add(y, 3*ldy)
	if more != 0 {
		c00, c01 = ld(y), ld(unsafe.Add(y, vb))
		c10, c11 = ld(y1), ld(unsafe.Add(y1, vb))
		c20, c21 = ld(y2), ld(unsafe.Add(y2, vb))
		c30, c31 = ld(y3), ld(unsafe.Add(y3, vb))
	}
	for ; k > 0; k-- {
		a := (*[4]float32)(x)
		w0, w1 := ld(w), ld(unsafe.Add(w, vb))
		w = unsafe.Add(w, 2*vb)
		a0 := simd.BroadcastFloat32s(a[0])
		c00 = a0.MulAdd(w0, c00)
		c01 = a0.MulAdd(w1, c01)
		a1 := simd.BroadcastFloat32s(a[1])
		c10 = a1.MulAdd(w0, c10)
		c11 = a1.MulAdd(w1, c11)
		a2 := simd.BroadcastFloat32s(a[2])
		c20 = a2.MulAdd(w0, c20)
		c21 = a2.MulAdd(w1, c21)
		a3 := simd.BroadcastFloat32s(a[3])
		c30 = a3.MulAdd(w0, c30)
		c31 = a3.MulAdd(w1, c31)
		x = unsafe.Add(x, 16)
	}
	st(y, c00)
	st(unsafe.Add(y, vb), c01)
	st(y1, c10)
	st(unsafe.Add(y1, vb), c11)
	st(y2, c20)
	st(unsafe.Add(y2, vb), c21)
	st(y3, c30)
	st(unsafe.Add(y3, vb), c31)
}

//go:noinline
func portableTwo(k int, x, w, y unsafe.Pointer, ldy, more int) {
	var c00, c01, c10, c11 simd.Float32s
	vb := c00.Len() * 4
	y1 := unsafe.Add(y, ldy)
	if more != 0 {
		c00, c01 = ld(y), ld(unsafe.Add(y, vb))
		c10, c11 = ld(y1), ld(unsafe.Add(y1, vb))
	}
	for ; k > 0; k-- {
		a := (*[2]float32)(x)
		w0, w1 := ld(w), ld(unsafe.Add(w, vb))
		w = unsafe.Add(w, 2*vb)
		a0 := simd.BroadcastFloat32s(a[0])
		c00 = a0.MulAdd(w0, c00)
		c01 = a0.MulAdd(w1, c01)
		a1 := simd.BroadcastFloat32s(a[1])
		c10 = a1.MulAdd(w0, c10)
		c11 = a1.MulAdd(w1, c11)
		x = unsafe.Add(x, 8)
	}
	st(y, c00)
	st(unsafe.Add(y, vb), c01)
	st(y1, c10)
	st(unsafe.Add(y1, vb), c11)
}

//go:noinline
func portableOne(k int, x, w, y unsafe.Pointer, more int) {
	var c0, c1 simd.Float32s
	vb := c0.Len() * 4
	if more != 0 {
		c0, c1 = ld(y), ld(unsafe.Add(y, vb))
	}
	for ; k > 0; k-- {
		a := simd.BroadcastFloat32s(*(*float32)(x))
		c0 = a.MulAdd(ld(w), c0)
		c1 = a.MulAdd(ld(unsafe.Add(w, vb)), c1)
		w, x = unsafe.Add(w, 2*vb), unsafe.Add(x, 4)
	}
	st(y, c0)
	st(unsafe.Add(y, vb), c1)
}
