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

// partRows is the rows of each of down parts of m rows.
func partRows(_ tileKind, m, down int) int { return (m + down - 1) / down }

// packRows is how many of the left rows of a part are packed together: a strip.
func packRows(kind tileKind, left int) int { return stripRows(kind, left) }

// stripRows is the rows of the next strip of x where left rows are left: as few strips as can be, of much the same height,
// for a tile of one row takes as long as one of four.
func stripRows(_ tileKind, left int) int {
	strips := (left + wasmRows - 1) / wasmRows
	return (left + strips - 1) / strips
}

// packRowsOfX packs the block's strip, its rows stride bytes apart, x being the first element.
func packRowsOfX(b *block, x unsafe.Pointer, stride int) {
	to, rows := b.x, b.i1-b.i0
	for range rows {
		splatRow(b.k1-b.k0, to, x, 16*rows)
		to, x = unsafe.Add(to, 16), unsafe.Add(x, stride)
	}
}

// packColumnsOfX packs the block's strip, whose rows lie side by side in each of its terms, stride bytes apart.
func packColumnsOfX(b *block, x unsafe.Pointer, stride int) {
	to, rows := b.x, b.i1-b.i0
	if rows == 5 {
		splatFive(b.k1-b.k0, to, x, stride)
		return
	}
	for range rows {
		splat(b.k1-b.k0, to, x, 16*rows, stride)
		to, x = unsafe.Add(to, 16), unsafe.Add(x, 4)
	}
}

// blockTiles does cols columns of the block, a strip, whose first panel is w and whose first element of y is y, n being the
// length of a row of y.
func blockTiles(b *block, w, y unsafe.Pointer, cols, n, more int) {
	kn, rows, whole := b.k1-b.k0, b.i1-b.i0, cols/maxTileCols
	if whole > 0 {
		tiles(rows, kn, b.x, w, y, 4*n, more, whole)
	}
	if done := whole * maxTileCols; done < cols {
		edgeTile(b, rows, cols-done, b.x, unsafe.Add(w, 4*done*kn), unsafe.Add(y, 4*done), n, more)
	}
}

// splatRow writes k neighbours four times each, toStep bytes from one to the next.
//
//go:noescape
func splatRow(k int, to, from unsafe.Pointer, toStep int)

// splatFive writes five neighbours four times each, one behind the other, k times, from fromStep bytes further on each time.
//
//go:noescape
func splatFive(k int, to, from unsafe.Pointer, fromStep int)

// splat writes k elements four times each; from one to the next are toStep bytes, and fromStep where they are read.
//
//go:noescape
func splat(k int, to, from unsafe.Pointer, toStep, fromStep int)
