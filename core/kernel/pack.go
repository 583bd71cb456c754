package kernel

import "unsafe"

// Packed operands lie as a tile reads them. Columns of w are packed in panels of tileCols columns: element (p, j) of a panel
// at [p · cols + j], columns beyond the last zero. All panels of the first blockK terms come first, then those of the next:
// what a block reads lies together, for panels a power of two apart would share a few sets of the cache. Rows of x are
// packed in strips of stripRows rows (strip_*.go).

// padded is n rounded up to a multiple of m.
func padded(n, m int) int { return (n + m - 1) / m * m }

// PackedCols is the size of an operand with N columns and K rows, packed: what backend/cpu keeps beside each weight of an NT
// product, and the size of its one buffer for the right operands of the others.
func PackedCols(n, k int) int { return padded(n, tileCols(chooseTile())) * k }

// PackColsTask packs an operand with N columns, stored [N, K] (transposed false) or [K, N] (transposed true).
func PackColsTask(dst, w []float32, n, k int, transposed bool) Task {
	width := tileCols(chooseTile())
	panels := padded(n, width) / width
	t := Task{Op: opPack, Parts: cut(panels, 2*width*k)}
	t.P[0], t.P[1] = at(dst[:PackedCols(n, k)]), at(w[:n*k])
	t.N[0], t.N[1], t.N[2], t.N[3] = n, k, width, panels
	if transposed {
		t.N[4] = 1
	}
	return t
}

func runPack(t *Task, p int) {
	n, k, width, panels := t.N[0], t.N[1], t.N[2], t.N[3]
	lo, hi := t.span(panels, p)
	for k0 := 0; k0 < k; k0 += blockK {
		kn := min(blockK, k-k0)
		for i := lo; i < hi; i++ {
			first, have := i*width, min(width, n-i*width)
			panel := unsafe.Add(t.P[0], 4*(k0*panels*width+first*kn))
			if have < width {
				clear(unsafe.Slice((*float32)(panel), width*kn))
			}
			if t.N[4] == 1 {
				packAcross(panel, unsafe.Add(t.P[1], 4*(k0*n+first)), 4*n, kn, width, have)
			} else {
				packAlong(panel, unsafe.Add(t.P[1], 4*(first*k+k0)), 4*k, kn, width, have)
			}
		}
	}
}

// packAcross packs have columns that lie side by side in each of k rows, stride bytes apart; few of them are not worth a
// call of copy.
func packAcross(to, from unsafe.Pointer, stride, k, width, have int) {
	switch {
	case have == width && width == 8:
		packEight(to, from, stride, k)
	case have == width && width == 16:
		packSixteen(to, from, stride, k)
	case have == width && width == 32:
		packThirtyTwo(to, from, stride, k)
	default:
		for range k {
			copy(unsafe.Slice((*float32)(to), have), unsafe.Slice((*float32)(from), have))
			to, from = unsafe.Add(to, 4*width), unsafe.Add(from, stride)
		}
	}
}

func packEight(to, from unsafe.Pointer, stride, k int) {
	for range k {
		*(*[4]uint64)(to) = *(*[4]uint64)(from)
		to, from = unsafe.Add(to, 32), unsafe.Add(from, stride)
	}
}

func packSixteen(to, from unsafe.Pointer, stride, k int) {
	for range k {
		*(*[8]uint64)(to) = *(*[8]uint64)(from)
		to, from = unsafe.Add(to, 64), unsafe.Add(from, stride)
	}
}

func packThirtyTwo(to, from unsafe.Pointer, stride, k int) {
	for range k {
		*(*[8]uint64)(to) = *(*[8]uint64)(from)
		*(*[8]uint64)(unsafe.Add(to, 64)) = *(*[8]uint64)(unsafe.Add(from, 64))
		to, from = unsafe.Add(to, 128), unsafe.Add(from, stride)
	}
}

// packAlong packs have rows of length k, stride bytes apart, as columns: a transpose, four rows at a time so that what is
// written lies together.
func packAlong(to, from unsafe.Pointer, stride, k, width, have int) {
	for ; have >= 4; have -= 4 {
		packFour(to, from, stride, k, width)
		to, from = unsafe.Add(to, 16), unsafe.Add(from, 4*stride)
	}
	for ; have > 0; have-- {
		packOne(to, from, 4, k, width)
		to, from = unsafe.Add(to, 4), unsafe.Add(from, stride)
	}
}

func packFour(to, from unsafe.Pointer, stride, k, width int) {
	r1, r2, r3 := unsafe.Add(from, stride), unsafe.Add(from, 2*stride), unsafe.Add(from, 3*stride)
	for i := 0; i < 4*k; i += 4 {
		q := (*[4]float32)(to)
		q[0], q[1] = *(*float32)(unsafe.Add(from, i)), *(*float32)(unsafe.Add(r1, i))
		q[2], q[3] = *(*float32)(unsafe.Add(r2, i)), *(*float32)(unsafe.Add(r3, i))
		to = unsafe.Add(to, 4*width)
	}
}

func packOne(to, from unsafe.Pointer, step, k, width int) {
	for range k {
		*(*float32)(to) = *(*float32)(from)
		to, from = unsafe.Add(to, 4*width), unsafe.Add(from, step)
	}
}
