package kernel

import "unsafe"

// tileCols is the number of columns of a tile: two vectors of four.
func tileCols() int { return 8 }

// tile computes one tile of y over k terms, k a multiple of tileStep, x and w packed: y = x w, or y += x w where more is 1.
// ldy is the length of a row of y in bytes. It is assembly because a nil check stands before each load of compiled Go.
//
//go:noescape
func tile(k int, x, w, y unsafe.Pointer, ldy, more int)
