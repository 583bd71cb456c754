//go:build goexperiment.simd

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

// tileKind is which tile a product uses.
type tileKind int

const (
	portable tileKind = iota // tile_simd.go
	avx2                     // tile_amd64.s
	avx512                   // tile512_amd64.s
)

const (
	maxTileCols = 32 // of the longest vectors there are
	maxTile     = avx512Rows * maxTileCols
	avx2Rows    = 6
	avx2Cols    = 16
	avx512Rows  = 12
	avx512Cols  = 32
)

// chooseTile is the quickest tile of this processor. It is asked before a task runs, and the task keeps the answer.
func chooseTile() tileKind {
	switch x := archsimd.X86; {
	case x.AVX512():
		return avx512
	case x.AVX2() && x.FMA():
		return avx2
	}
	return portable
}

func tileRows(kind tileKind) int {
	switch kind {
	case avx512:
		return avx512Rows
	case avx2:
		return avx2Rows
	}
	return portableRows
}

func tileCols(kind tileKind) int {
	switch kind {
	case avx512:
		return avx512Cols
	case avx2:
		return avx2Cols
	}
	return portableCols()
}

// tile computes rows of y, at most tileRows, over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the
// length of a row of y in bytes.
func tile(kind tileKind, rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	switch kind {
	case avx512:
		avx512Tile(rows, k, x, w, y, ldy, more)
	case avx2:
		avx2Tile(rows, k, x, w, y, ldy, more)
	default:
		portableTile(rows, k, x, w, y, ldy, more)
	}
}

func avx512Tile(rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	switch rows {
	case 12:
		avx512Twelve(k, x, w, y, ldy, more)
	case 8:
		avx512Eight(k, x, w, y, ldy, more)
	case 4:
		avx512Four(k, x, w, y, ldy, more)
	case 2:
		avx512Two(k, x, w, y, ldy, more)
	default:
		avx512One(k, x, w, y, ldy, more)
	}
}

func avx2Tile(rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	switch rows {
	case 6:
		avx2Six(k, x, w, y, ldy, more)
	case 4:
		avx2Four(k, x, w, y, ldy, more)
	case 2:
		avx2Two(k, x, w, y, ldy, more)
	default:
		avx2One(k, x, w, y, ldy, more)
	}
}

//go:noescape
func avx512Twelve(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx512Eight(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx512Four(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx512Two(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx512One(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2Six(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2Four(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2Two(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2One(k int, x, w, y unsafe.Pointer, ldy, more int)
