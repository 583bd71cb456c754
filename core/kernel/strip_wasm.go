package kernel

import "unsafe"

// A strip of x holds element (i, p) of its rows four times over, at [4 · (p · rows + i)]: a vector that the tile loads as
// it needs it. Engines take a load and two shuffles for what they could do in one instruction, and shuffles compete with
// the arithmetic: 39 GFLOP/s against 28 where a tile makes the vector itself. So a strip is four times as long, and it is
// what stays in the first-level cache, while panels of w come from the second.

const (
	blockM  = 40       // rows of a part
	packM   = wasmRows // rows packed together: one strip
	blockK  = 256      // terms of a block: a strip of five rows takes 20 KB
	mostN   = 384      // columns of a part: with blockK terms w lies in the second-level cache
	packedX = 4        // floats of an element of x packed
)

// packRowsOfX packs the block's rows, stride bytes apart, x being the first element.
func packRowsOfX(b *block, x unsafe.Pointer, stride int) {
	rows := b.i1 - b.i0
	packSplats(b.x, x, stride, 4, b.k1-b.k0, b.kind, rows)
}

// packColumnsOfX packs the block's rows, which lie side by side in each of its terms, stride bytes apart.
func packColumnsOfX(b *block, x unsafe.Pointer, stride int) {
	packSplats(b.x, x, 4, stride, b.k1-b.k0, b.kind, b.i1-b.i0)
}

// packSplats packs n rows; from one row to the next are nextRow bytes, from one term to the next nextTerm.
func packSplats(to, from unsafe.Pointer, nextRow, nextTerm, k int, kind tileKind, n int) {
	for n > 0 {
		rows := stripRows(kind, n)
		for i := range rows {
			splat(k, unsafe.Add(to, 16*i), from, 16*rows, nextTerm)
			from = unsafe.Add(from, nextRow)
		}
		to = unsafe.Add(to, 16*rows*k)
		n -= rows
	}
}

// splat writes k elements four times each; from one to the next are toStep bytes, and fromStep where they are read.
//
//go:noescape
func splat(k int, to, from unsafe.Pointer, toStep, fromStep int)
