package kernel

import "unsafe"

// tileKind is which tile a product uses: here there is one.
type tileKind int

const (
	wasmRows    = 5
	maxTileCols = 8 // two vectors of four
	maxTile     = wasmRows * maxTileCols
)

func chooseTile() tileKind  { return 0 }
func tileRows(tileKind) int { return wasmRows }
func tileCols(tileKind) int { return maxTileCols }

// tile computes rows of y, at most tileRows, over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the
// length of a row of y in bytes.
func tile(_ tileKind, rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	tiles(rows, k, x, w, y, ldy, more, 1)
}

// tiles is tile for one panel of w or more that lie one behind the other, as their columns of y do.
func tiles(rows, k int, x, w, y unsafe.Pointer, ldy, more, panels int) {
	switch rows {
	case 5:
		tileFive(k, x, w, y, ldy, more, panels)
	case 4:
		tileFour(k, x, w, y, ldy, more, panels)
	case 3:
		tileThree(k, x, w, y, ldy, more, panels)
	case 2:
		tileTwo(k, x, w, y, ldy, more, panels)
	default:
		tileOne(k, x, w, y, ldy, more, panels)
	}
}

// They are assembly because a nil check stands before each load of compiled Go. wasm/link turns each multiplication and
// addition of these and of smallTile into one fused operation, for engines that have it.
//
//go:noescape
func tileFive(k int, x, w, y unsafe.Pointer, ldy, more, panels int)

//go:noescape
func tileFour(k int, x, w, y unsafe.Pointer, ldy, more, panels int)

//go:noescape
func tileThree(k int, x, w, y unsafe.Pointer, ldy, more, panels int)

//go:noescape
func tileTwo(k int, x, w, y unsafe.Pointer, ldy, more, panels int)

//go:noescape
func tileOne(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
