package kernel

import "unsafe"

// smallCols is the number of columns of a tile of a small product: two vectors of four.
func smallCols() int { return 8 }

// smallTile is one tile of [small], K being 1 or more; row, term and next are strides in bytes, next that of b and of c. It is
// assembly for the reason that tile is.
//
//go:noescape
func smallTile(k int, a unsafe.Pointer, row, term int, b unsafe.Pointer, next int, c unsafe.Pointer, more int)
