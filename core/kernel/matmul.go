package kernel

import "unsafe"

// A product is made of tiles. A tile is a few rows of y by one or two vectors of columns, its sums held in registers while
// p runs over terms; tile_*.go have its shape and its loop for each build. The loop reads both operands in order:
// w lies packed in panels of columns (pack.go), made once for a weight that does not change, and x, the activations, is
// packed packM rows and blockK terms at a time into scratch that stays in the cache, so no copy of a whole x is ever made.
//
// Every tile, whole or at an edge, adds its terms in order of p, one fused or one plain multiply-add a term as the build has
// it. So the bits of an element depend on K and the build alone.

// A part is blockM rows or, for parts to be alike, a few less; where a product has few, it is also cut across, down to leastN
// columns and leastWork multiply-adds, for less is not worth a thread's wake. wantParts balance eight threads. Behind blockN
// columns comes the epilogue, so that what it reads was just written.
const (
	leastN    = 96
	leastWork = 1 << 18
	wantParts = 16
	blockN    = 128
)

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

// Product is one matrix product.
type Product struct {
	Y       []float32 // [M, N]
	X       []float32 // [M, K], or [K, M] where Across is set
	W       []float32 // packed by PackColsTask
	B       []float32 // [N], bias
	U       []float32 // [M, N]: written by BiasGelu, read by GeluSlope
	R       []float32 // [M, N], residual, other than Y
	M, N, K int
	Across  bool
	Then    Epilogue
	Scratch []float32 // MatMulScratch(m, n, k)
}

// matMulCut is how a product is cut into parts, by its sizes alone: how many down and across, and the columns of each.
func matMulCut(m, n, k int) (down, across, columns int) {
	down = (m + blockM - 1) / blockM
	across = min((wantParts+down-1)/max(1, down), n/leastN, m*n*k/max(1, down)/leastWork)
	across = max(across, (n+mostN-1)/mostN, 1)
	columns = padded((n+across-1)/across, maxTileCols)
	return down, (n + columns - 1) / columns, columns
}

// partScratch is a block of x packed, and one tile.
func partScratch(m, k int) int { return packedX*min(m, packM)*min(k, blockK) + maxTile }

// MatMulScratch is the number of float32 of scratch a product needs.
func MatMulScratch(m, n, k int) int {
	down, across, _ := matMulCut(m, n, k)
	return down * across * partScratch(m, k)
}

// MatMulTask is the product, cut into blocks of y.
func MatMulTask(a Product) Task {
	down, across, columns := matMulCut(a.M, a.N, a.K)
	t := Task{Op: opMatMul, Parts: down * across}
	size := a.M * a.N
	t.P[0], t.P[1], t.P[2] = at(a.Y[:size]), at(a.X[:a.M*a.K]), at(a.W[:PackedCols(a.N, a.K)])
	t.P[3] = at(a.Scratch[:MatMulScratch(a.M, a.N, a.K)])
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
	t.N[0], t.N[1], t.N[2], t.N[3], t.N[4], t.N[5] = a.M, a.N, a.K, int(a.Then), columns, int(chooseTile())
	if a.Across {
		t.N[6] = 1
	}
	return t
}

// block is rows i0 to i1, columns j0 to j1 and terms k0 to k1 of a product.
type block struct {
	i0, i1, j0, j1, k0, k1 int
	x                      unsafe.Pointer // packed: strips of rows, one after the other
	spare                  unsafe.Pointer // one tile
	kind                   tileKind
}

func runMatMul(t *Task, p int) {
	m, n, k, columns := t.N[0], t.N[1], t.N[2], t.N[4]
	across, kind := (n+columns-1)/columns, tileKind(t.N[5])
	rows := partRows(kind, m, t.Parts/across)
	i0, j0 := p/across*rows, p%across*columns
	own := partScratch(m, k)
	x := unsafe.Add(t.P[3], 4*p*own)
	b := block{j0: j0, j1: min(n, j0+columns), x: x, spare: unsafe.Add(x, 4*(own-maxTile)), kind: kind}
	for b.k0 <= k {
		b.k1 = min(k, b.k0+blockK)
		for b.i0 = i0; b.i0 < min(m, i0+rows); b.i0 = b.i1 {
			b.i1 = b.i0 + packRows(kind, min(m, i0+rows)-b.i0)
			t.packBlock(&b)
			t.blockColumns(&b)
		}
		if b.k1 == k {
			return
		}
		b.k0 = b.k1
	}
}

// packBlock packs the block's rows and terms of x.
func (t *Task) packBlock(b *block) {
	m, k := t.N[0], t.N[2]
	if t.N[6] == 1 {
		packColumnsOfX(b, unsafe.Add(t.P[1], 4*(b.k0*m+b.i0)), 4*m)
	} else {
		packRowsOfX(b, unsafe.Add(t.P[1], 4*(b.i0*k+b.k0)), 4*k)
	}
}

// blockColumns adds the block's terms to its sums, or begins the sums, blockN columns after the others; behind the last term
// comes the epilogue.
func (t *Task) blockColumns(b *block) {
	n, k := t.N[1], t.N[2]
	more := 0
	if b.k0 > 0 || Epilogue(t.N[3]) == Accumulate {
		more = 1
	}
	w := unsafe.Add(t.P[2], 4*b.k0*padded(n, tileCols(b.kind)))
	for from := b.j0; from < b.j1; from += blockN {
		to := min(b.j1, from+blockN)
		blockTiles(b, unsafe.Add(w, 4*from*(b.k1-b.k0)), unsafe.Add(t.P[0], 4*(b.i0*n+from)), to-from, n, more)
		if b.k1 == k {
			t.finish(b.i0, b.i1, from, to)
		}
	}
}

// edgeTile does a tile of which only some columns exist through a whole one in scratch: the same inner loop, so the same
// bits.
func edgeTile(b *block, rows, cols int, x, w, y unsafe.Pointer, n, more int) {
	whole := tileCols(b.kind)
	s := unsafe.Slice((*float32)(b.spare), rows*whole)
	c := unsafe.Slice((*float32)(y), (rows-1)*n+cols)
	if more == 1 {
		clear(s)
		for r := range rows {
			copy(s[r*whole:][:cols], c[r*n:][:cols])
		}
	}
	tile(b.kind, rows, b.k1-b.k0, x, w, b.spare, 4*whole, more)
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
			vecSum(u, r, t.f32(4, n)[j0:j1])
			vecGelu(r, u)
		case GeluSlope:
			vecGeluSlope(r, t.f32(5, size)[i*n+j0:i*n+j1])
		case BiasResidual:
			vecAddBoth(r, t.f32(4, n)[j0:j1], t.f32(6, size)[i*n+j0:i*n+j1])
		}
	}
}
