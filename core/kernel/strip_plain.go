//go:build !wasm

package kernel

import "unsafe"

// A strip of x holds element (i, p) of its rows at [p · rows + i].

const (
	blockM  = 48      // rows of a part
	packM   = blockM  // rows packed together: with blockK terms they lie in the second-level cache
	blockK  = 384     // terms of a block: a panel of w stays in the first-level cache while all rows use it
	mostN   = 1 << 30 // columns of a part
	packedX = 1       // floats of an element of x packed
)

// partRows is the rows of each of down parts of m rows, whole tiles.
func partRows(kind tileKind, m, down int) int { return padded((m+down-1)/down, tileRows(kind)) }

// packRows is how many of the left rows of a part are packed together: all, for a part has no more than packM.
func packRows(_ tileKind, left int) int { return left }

// stripRows is the rows of the next strip of x where left rows are left: those of a whole tile, or the greatest power of two
// that fits.
func stripRows(kind tileKind, left int) int {
	switch whole := tileRows(kind); {
	case left >= whole:
		return whole
	case left >= 8:
		return 8
	case left >= 4:
		return 4
	case left >= 2:
		return 2
	}
	return 1
}

// packRowsOfX packs the block's rows, stride bytes apart, x being the first element.
func packRowsOfX(b *block, x unsafe.Pointer, stride int) {
	to, kn := b.x, b.k1-b.k0
	for i := b.i0; i < b.i1; {
		rows := stripRows(b.kind, b.i1-i)
		packAlong(to, x, stride, kn, rows, rows)
		to, x = unsafe.Add(to, 4*rows*kn), unsafe.Add(x, rows*stride)
		i += rows
	}
}

// few is the rows of x [K, M] that are packed together: neighbouring strips share the cache lines of a row, which stay
// for so long.
const few = 32

// packColumnsOfX packs the block's rows, which lie side by side in each of its terms, stride bytes apart.
func packColumnsOfX(b *block, x unsafe.Pointer, stride int) {
	kn := b.k1 - b.k0
	for p := 0; p < kn; p += few {
		n, from, to := min(few, kn-p), x, b.x
		for i := b.i0; i < b.i1; {
			rows := stripRows(b.kind, b.i1-i)
			stripAcross(unsafe.Add(to, 4*p*rows), from, stride, n, rows)
			from, to = unsafe.Add(from, 4*rows), unsafe.Add(to, 4*rows*kn)
			i += rows
		}
		x = unsafe.Add(x, few*stride)
	}
}

// stripAcross packs n terms of a strip.
func stripAcross(to, from unsafe.Pointer, stride, n, rows int) {
	switch rows {
	case 12:
		for range n {
			a, b, c, d, e, f := word(from, 0), word(from, 1), word(from, 2), word(from, 3), word(from, 4), word(from, 5)
			*(*uint64)(to), *(*uint64)(unsafe.Add(to, 8)), *(*uint64)(unsafe.Add(to, 16)) = a, b, c
			*(*uint64)(unsafe.Add(to, 24)), *(*uint64)(unsafe.Add(to, 32)), *(*uint64)(unsafe.Add(to, 40)) = d, e, f
			to, from = unsafe.Add(to, 48), unsafe.Add(from, stride)
		}
	case 8:
		for range n {
			a, b, c, d := word(from, 0), word(from, 1), word(from, 2), word(from, 3)
			*(*uint64)(to), *(*uint64)(unsafe.Add(to, 8)) = a, b
			*(*uint64)(unsafe.Add(to, 16)), *(*uint64)(unsafe.Add(to, 24)) = c, d
			to, from = unsafe.Add(to, 32), unsafe.Add(from, stride)
		}
	case 6:
		for range n {
			a, b, c := word(from, 0), word(from, 1), word(from, 2)
			*(*uint64)(to), *(*uint64)(unsafe.Add(to, 8)), *(*uint64)(unsafe.Add(to, 16)) = a, b, c
			to, from = unsafe.Add(to, 24), unsafe.Add(from, stride)
		}
	case 4:
		for range n {
			a, b := word(from, 0), word(from, 1)
			*(*uint64)(to), *(*uint64)(unsafe.Add(to, 8)) = a, b
			to, from = unsafe.Add(to, 16), unsafe.Add(from, stride)
		}
	case 2:
		for range n {
			*(*uint64)(to) = word(from, 0)
			to, from = unsafe.Add(to, 8), unsafe.Add(from, stride)
		}
	default:
		packOne(to, from, stride, n, 1)
	}
}

// word is the i-th pair of floats at p. Arrays that might overlap would be copied by a call.
func word(p unsafe.Pointer, i int) uint64 { return *(*uint64)(unsafe.Add(p, 8*i)) }

// blockTiles does cols columns of the block, whose first panel is w and whose first element of y is y, n being the length of
// a row of y. All strips go through a panel before the next.
func blockTiles(b *block, w, y unsafe.Pointer, cols, n, more int) {
	whole, kn := tileCols(b.kind), b.k1-b.k0
	for ; cols > 0; cols -= whole {
		panelTiles(b, w, y, min(cols, whole), n, more)
		w, y = unsafe.Add(w, 4*whole*kn), unsafe.Add(y, 4*whole)
	}
}

// panelTiles is all rows of the block by cols columns of one panel.
func panelTiles(b *block, w, y unsafe.Pointer, cols, n, more int) {
	kn, x := b.k1-b.k0, b.x
	whole := tileCols(b.kind)
	for i := b.i0; i < b.i1; {
		rows := stripRows(b.kind, b.i1-i)
		if cols == whole {
			tile(b.kind, rows, kn, x, w, y, 4*n, more)
		} else {
			edgeTile(b, rows, cols, x, w, y, n, more)
		}
		x, y = unsafe.Add(x, 4*rows*kn), unsafe.Add(y, 4*rows*n)
		i += rows
	}
}
