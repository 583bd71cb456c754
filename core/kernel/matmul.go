package kernel

import "unsafe"

// A product is made of tiles. A tile is tileRows rows of y by two vectors of columns, its sums held in registers while p runs
// over K. Both operands are packed first so that the tile reads them in order: x in panels of tileRows rows, element
// (i, p) of a panel at [p · tileRows + i], and w in panels of tileCols() columns likewise. Panels are padded with zeros to
// whole tiles and to a multiple of tileStep of K, so there is one inner loop and every sum runs over p in order.

const (
	tileRows = 4
	tileStep = 4 // K is padded to a multiple of this
	blockM   = 64
	blockN   = 128
	blockK   = 384
)

// Padded is n rounded up to a multiple of m.
func padded(n, m int) int { return (n + m - 1) / m * m }

// PackedRows is the size of x [M, K] packed, PackedCols that of w with N columns.
func PackedRows(m, k int) int { return padded(m, tileRows) * padded(k, tileStep) }

// PackedCols is the size of an operand with N columns and K rows, packed.
func PackedCols(n, k int) int { return padded(n, tileCols()) * padded(k, tileStep) }

// PackRowsTask packs x, stored [M, K] or transposed [K, M], into panels of rows.
func PackRowsTask(dst, x []float32, m, k int, transposed bool) Task {
	return pack(dst[:PackedRows(m, k)], x[:m*k], m, k, tileRows, transposed)
}

// PackColsTask packs an operand with N columns, stored [N, K] (transposed false) or [K, N] (transposed true).
func PackColsTask(dst, w []float32, n, k int, transposed bool) Task {
	return pack(dst[:PackedCols(n, k)], w[:n*k], n, k, tileCols(), transposed)
}

func pack(dst, src []float32, n, k, width int, transposed bool) Task {
	panels := padded(n, width) / width
	t := Task{Op: opPack, Parts: cut(panels, 2*width*k)}
	t.P[0], t.P[1] = at(dst), at(src)
	t.N[0], t.N[1], t.N[2], t.N[3] = n, k, width, panels
	if transposed {
		t.N[4] = 1
	}
	return t
}

func runPack(t *Task, p int) {
	n, k, width, panels := t.N[0], t.N[1], t.N[2], t.N[3]
	kp := padded(k, tileStep)
	dst, src := t.f32(0, panels*width*kp), t.f32(1, n*k)
	lo, hi := t.span(panels, p)
	for i := lo; i < hi; i++ {
		panel := dst[i*width*kp : (i+1)*width*kp]
		first, have := i*width, min(width, n-i*width)
		if have < width || kp > k {
			clear(panel)
		}
		if t.N[4] == 1 {
			packAcross(panel, src[first:], n, k, width, have)
		} else {
			packAlong(panel, src[first*k:], k, width, have)
		}
	}
}

// packAcross packs columns that lie side by side in each of K rows of the given stride. Few of them are not worth a call
// of copy.
func packAcross(panel, src []float32, stride, k, width, have int) {
	if have%4 != 0 || have > 8 {
		for p := range k {
			copy(panel[p*width:][:have], src[p*stride:][:have])
		}
		return
	}
	for i := 0; i < have; i += 4 {
		for p := range k {
			to, from := panel[p*width+i:][:4], src[p*stride+i:][:4]
			to[0], to[1], to[2], to[3] = from[0], from[1], from[2], from[3]
		}
	}
}

// packAlong packs rows of length k: a transpose, four rows at a time so that what is written lies together.
func packAlong(panel, src []float32, k, width, have int) {
	i := 0
	for ; i+4 <= have; i += 4 {
		r0, r1, r2, r3 := src[i*k:][:k], src[(i+1)*k:][:k], src[(i+2)*k:][:k], src[(i+3)*k:][:k]
		to := i
		for p, e := range r0 {
			q := panel[to:][:4]
			q[0], q[1], q[2], q[3] = e, r1[p], r2[p], r3[p]
			to += width
		}
	}
	for ; i < have; i++ {
		for p, e := range src[i*k:][:k] {
			panel[p*width+i] = e
		}
	}
}

// Epilogue says what becomes of a product before it is stored.
type Epilogue int32

const (
	Store        Epilogue = iota // y = product
	Accumulate                   // y += product
	Bias                         // y = product + b
	BiasGelu                     // u = product + b, y = Gelu(u); u is kept for the gradient
	GeluSlope                    // y = product · Gelu'(u): the gradient of a product behind Gelu
	BiasResidual                 // y = product + b + r
)

// Product is one matrix product with packed operands.
type Product struct {
	Y       []float32 // [M, N]
	X, W    []float32 // packed by PackRowsTask and PackColsTask
	B       []float32 // [N], bias
	U       []float32 // [M, N]: written by BiasGelu, read by GeluSlope
	R       []float32 // [M, N], residual, other than Y
	M, N, K int
	Then    Epilogue
	Scratch []float32 // MatMulScratch(m, n)
}

// MatMulScratch is the number of float32 of scratch a product needs: one tile for each part.
func MatMulScratch(m, n int) int { return matMulParts(m, n) * tileRows * tileCols() }

func matMulParts(m, n int) int { return (m + blockM - 1) / blockM * ((n + blockN - 1) / blockN) }

// MatMulTask is the product, cut into blocks of y.
func MatMulTask(a Product) Task {
	t := Task{Op: opMatMul, Parts: matMulParts(a.M, a.N)}
	size := a.M * a.N
	t.P[0], t.P[1], t.P[2] = at(a.Y[:size]), at(a.X[:PackedRows(a.M, a.K)]), at(a.W[:PackedCols(a.N, a.K)])
	t.P[3] = at(a.Scratch[:MatMulScratch(a.M, a.N)])
	switch a.Then {
	case Bias, BiasGelu, BiasResidual:
		t.P[4] = at(a.B[:a.N])
	}
	switch a.Then {
	case BiasGelu, GeluSlope:
		t.P[5] = at(a.U[:size])
	case BiasResidual:
		t.P[6] = at(a.R[:size])
	}
	t.N[0], t.N[1], t.N[2], t.N[3] = a.M, a.N, padded(a.K, tileStep), int(a.Then)
	return t
}

func runMatMul(t *Task, p int) {
	m, n := t.N[0], t.N[1]
	across := (n + blockN - 1) / blockN
	i0, j0 := p/across*blockM, p%across*blockN
	i1, j1 := min(m, i0+blockM), min(n, j0+blockN)
	k := t.N[2]
	for k0 := 0; k0 < k; k0 += blockK {
		t.blockTiles(p, i0, i1, j0, j1, k0, min(blockK, k-k0))
	}
	t.finish(i0, i1, j0, j1)
}

// blockTiles adds kn terms of the sums from k0 on to rows i0 to i1 and columns j0 to j1 of y, or begins the sums.
func (t *Task) blockTiles(part, i0, i1, j0, j1, k0, kn int) {
	n, k, cols := t.N[1], t.N[2], tileCols()
	more := 0
	if k0 > 0 || Epilogue(t.N[3]) == Accumulate {
		more = 1
	}
	spare := unsafe.Add(t.P[3], 4*part*tileRows*cols)
	for j := j0; j < j1; j += cols {
		w := unsafe.Add(t.P[2], 4*(j*k+k0*cols))
		for i := i0; i < i1; i += tileRows {
			x, y := unsafe.Add(t.P[1], 4*(i*k+k0*tileRows)), unsafe.Add(t.P[0], 4*(i*n+j))
			if i+tileRows <= i1 && j+cols <= j1 {
				tile(kn, x, w, y, 4*n, more)
			} else {
				edgeTile(kn, x, w, y, spare, n, min(tileRows, i1-i), min(cols, j1-j), more)
			}
		}
	}
}

// edgeTile does a tile of which only some rows and columns exist, through a whole one in scratch: the same inner loop,
// so the same bits.
func edgeTile(k int, x, w, y, spare unsafe.Pointer, n, rows, cols, more int) {
	whole := tileCols()
	s := unsafe.Slice((*float32)(spare), tileRows*whole)
	c := unsafe.Slice((*float32)(y), (rows-1)*n+cols)
	if more == 1 {
		for r := range rows {
			copy(s[r*whole:][:cols], c[r*n:][:cols])
		}
	}
	tile(k, x, w, spare, 4*whole, more)
	for r := range rows {
		copy(c[r*n:][:cols], s[r*whole:][:cols])
	}
}

// finish applies the epilogue to a block of y that is still in the cache.
func (t *Task) finish(i0, i1, j0, j1 int) {
	then := Epilogue(t.N[3])
	if then == Store || then == Accumulate {
		return
	}
	n, size := t.N[1], t.N[0]*t.N[1]
	y := t.f32(0, size)
	for i := i0; i < i1; i++ {
		r := y[i*n+j0 : i*n+j1]
		switch then {
		case Bias:
			vecAdd(r, t.f32(4, n)[j0:j1])
		case BiasGelu:
			u := t.f32(5, size)[i*n+j0 : i*n+j1]
			vecAdd(r, t.f32(4, n)[j0:j1])
			copy(u, r)
			vecGelu(r, u)
		case GeluSlope:
			vecGeluSlope(r, t.f32(5, size)[i*n+j0:i*n+j1])
		case BiasResidual:
			vecAdd(r, t.f32(4, n)[j0:j1])
			vecAdd(r, t.f32(6, size)[i*n+j0:i*n+j1])
		}
	}
}
