//go:build !goexperiment.simd && !wasm

package kernel

import "unsafe"

// tileCols is the number of columns of a tile.
func tileCols() int { return 8 }

// tile computes one tile of y over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the length of a row
// of y in bytes.
func tile(k int, x, w, y unsafe.Pointer, ldy, more int) {
	xs, ws := unsafe.Slice((*float32)(x), k*tileRows), unsafe.Slice((*float32)(w), k*8)
	for i := range tileRows {
		r := (*[8]float32)(unsafe.Add(y, i*ldy))
		var c [8]float32
		if more != 0 {
			c = *r
		}
		for p := range k {
			a, b := xs[p*tileRows+i], ws[p*8:][:8]
			for j, e := range b {
				c[j] += a * e
			}
		}
		*r = c
	}
}
