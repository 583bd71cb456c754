//go:build goexperiment.simd && !wasm && !amd64

package kernel

import "unsafe"

// tileKind is which tile a product uses: here there is one, the portable.
type tileKind int

const (
	maxTileCols = 32 // of the longest vectors there are
	maxTile     = portableRows * maxTileCols
)

func chooseTile() tileKind  { return 0 }
func tileRows(tileKind) int { return portableRows }
func tileCols(tileKind) int { return portableCols() }

// tile computes rows of y, at most tileRows, over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the
// length of a row of y in bytes.
func tile(_ tileKind, rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	portableTile(rows, k, x, w, y, ldy, more)
}
