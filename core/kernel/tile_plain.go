//go:build !goexperiment.simd && !wasm

package kernel

import "unsafe"

// tileKind is which tile a product uses: here there is one.
type tileKind int

const (
	maxTileCols = 8
	maxTile     = 4 * maxTileCols
)

func chooseTile() tileKind  { return 0 }
func tileRows(tileKind) int { return 4 }
func tileCols(tileKind) int { return maxTileCols }

// tile computes rows of y, at most tileRows, over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the
// length of a row of y in bytes.
func tile(_ tileKind, rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	xs, ws := unsafe.Slice((*float32)(x), k*rows), unsafe.Slice((*float32)(w), k*maxTileCols)
	for i := range rows {
		r := (*[maxTileCols]float32)(unsafe.Add(y, i*ldy))
		var c [maxTileCols]float32
		if more != 0 {
			c = *r
		}
		for p := range k {
			a, b := xs[p*rows+i], ws[p*maxTileCols:][:maxTileCols]
			for j, e := range b {
				c[j] += a * e
			}
		}
		*r = c
	}
}
