//go:build goexperiment.simd && !wasm

package kernel

import (
	"simd"
	"unsafe"
)

// smallCols is the number of columns of a tile of a small product: two vectors.
func smallCols() int {
	var z simd.Float32s
	return 2 * z.Len()
}

// smallTile is one tile of [small]; row, term and next are strides in bytes, next that of b and of c.
//
//go:noinline
func smallTile(k int, a unsafe.Pointer, row, term int, b unsafe.Pointer, next int, c unsafe.Pointer, more int) {
	var c00, c01, c10, c11, c20, c21, c30, c31 simd.Float32s
	vb := c00.Len() * 4
	a1, a2, a3 := unsafe.Add(a, row), unsafe.Add(a, 2*row), unsafe.Add(a, 3*row)
	y1, y2, y3 := unsafe.Add(c, next), unsafe.Add(c, 2*next), unsafe.Add(c, 3*next)
	if more != 0 {
		c00, c01 = ld(c), ld(unsafe.Add(c, vb))
		c10, c11 = ld(y1), ld(unsafe.Add(y1, vb))
		c20, c21 = ld(y2), ld(unsafe.Add(y2, vb))
		c30, c31 = ld(y3), ld(unsafe.Add(y3, vb))
	}
	for ; k > 0; k-- {
		w0, w1 := ld(b), ld(unsafe.Add(b, vb))
		x := simd.BroadcastFloat32s(*(*float32)(a))
		c00 = x.MulAdd(w0, c00)
		c01 = x.MulAdd(w1, c01)
		x = simd.BroadcastFloat32s(*(*float32)(a1))
		c10 = x.MulAdd(w0, c10)
		c11 = x.MulAdd(w1, c11)
		x = simd.BroadcastFloat32s(*(*float32)(a2))
		c20 = x.MulAdd(w0, c20)
		c21 = x.MulAdd(w1, c21)
		x = simd.BroadcastFloat32s(*(*float32)(a3))
		c30 = x.MulAdd(w0, c30)
		c31 = x.MulAdd(w1, c31)
		a, a1, a2, a3 = unsafe.Add(a, term), unsafe.Add(a1, term), unsafe.Add(a2, term), unsafe.Add(a3, term)
		b = unsafe.Add(b, next)
	}
	st(c, c00)
	st(unsafe.Add(c, vb), c01)
	st(y1, c10)
	st(unsafe.Add(y1, vb), c11)
	st(y2, c20)
	st(unsafe.Add(y2, vb), c21)
	st(y3, c30)
	st(unsafe.Add(y3, vb), c31)
}
