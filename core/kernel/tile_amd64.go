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
)

const (
	maxTileCols = 32 // of the longest vectors there are
	maxTile     = portableRows * maxTileCols
	avx2Rows    = 6
	avx2Cols    = 16
)

// chooseTile is the quickest tile of this processor. It is asked before a task runs, and the task keeps the answer.
func chooseTile() tileKind {
	if archsimd.X86.AVX2() && archsimd.X86.FMA() && !archsimd.X86.AVX512() {
		return avx2
	}
	return portable
}

func tileRows(kind tileKind) int {
	if kind == avx2 {
		return avx2Rows
	}
	return portableRows
}

func tileCols(kind tileKind) int {
	if kind == avx2 {
		return avx2Cols
	}
	return portableCols()
}

// tile computes rows of y, at most tileRows, over k terms, x and w packed: y = x w, or y += x w where more is 1. ldy is the
// length of a row of y in bytes.
func tile(kind tileKind, rows, k int, x, w, y unsafe.Pointer, ldy, more int) {
	if kind == portable {
		portableTile(rows, k, x, w, y, ldy, more)
		return
	}
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
func avx2Six(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2Four(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2Two(k int, x, w, y unsafe.Pointer, ldy, more int)

//go:noescape
func avx2One(k int, x, w, y unsafe.Pointer, ldy, more int)
