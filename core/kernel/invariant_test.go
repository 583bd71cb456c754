package kernel

import (
	"slices"
	"testing"
)

// The second invariant: the sum behind an element of a product depends on K and the build alone, so row i of a batch
// equals row i alone, bit for bit, whatever M and N are. These tests hold it for every kernel that works row by row.

// alone holds the operands of one product, from which parts are taken.
type alone struct {
	l             Layout
	then          Epilogue
	x, w, b, u, r []float32
	y             []float32
	m, n, k       int
}

// rows makes rows i to j and the first n columns, and returns y and u.
func (a *alone) rows(f *field, i, j, n int) (y, u []float32) {
	m := j - i
	x := a.x[i*a.k : j*a.k]
	if a.l == TN {
		x = columns(a.x, a.k, a.m, i, j)
	}
	w := a.w[:n*a.k]
	if a.l != NT {
		w = columns(a.w, a.k, a.n, 0, n)
	}
	y, u = columns(a.y[i*a.n:j*a.n], m, a.n, 0, n), columns(a.u[i*a.n:j*a.n], m, a.n, 0, n)
	f.in, f.out = nil, nil
	f.product(a.l, a.then, y, x, w, a.b[:n], u, columns(a.r[i*a.n:j*a.n], m, a.n, 0, n), m, n, a.k)
	f.intact()
	return y, u
}

// columns are columns lo to hi of x [M, N].
func columns(x []float32, m, n, lo, hi int) (y []float32) {
	for i := range m {
		y = append(y, x[i*n+lo:i*n+hi]...)
	}
	return y
}

func TestRowAlone(t *testing.T) {
	const m, n, k = 70, 131, blockK + 7
	for _, l := range []Layout{NT, NN, TN} {
		for _, then := range epilogues {
			f := newField(t, Serial(), 0)
			a := &alone{l: l, then: then, m: m, n: n, k: k,
				x: normal(f.r, m*k), w: normal(f.r, n*k), b: normal(f.r, n), u: normal(f.r, m*n), r: normal(f.r, m*n), y: normal(f.r, m*n)}
			y, u := a.rows(f, 0, m, n)
			same := func(i, j, n int) {
				t.Helper()
				gotY, gotU := a.rows(f, i, j, n)
				wantY, wantU := columns(y[i*a.n:j*a.n], j-i, a.n, 0, n), columns(u[i*a.n:j*a.n], j-i, a.n, 0, n)
				if d := max(differ(gotY, wantY), differ(gotU, wantU)); d >= 0 {
					t.Fatalf("layout %d, epilogue %d: rows %d to %d of %d columns differ from those of the batch at %d", l, then, i, j, n, d)
				}
			}
			for rows := 1; rows < m; rows++ {
				same(0, rows, n)
			}
			for i := range m {
				same(i, i+1, n)
			}
			for _, cols := range []int{1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 127, 128, 129} {
				same(0, m, cols)
				same(m-3, m, cols)
			}
		}
	}
}

// TestLongSumAlone crosses several blocks of terms.
func TestLongSumAlone(t *testing.T) {
	const m, n = 5, 33
	for _, k := range []int{1, 3, 4, 5, blockK - 1, blockK, blockK + 1, 2*blockK + 1, 1536} {
		f := newField(t, Serial(), 0)
		a := &alone{l: NT, m: m, n: n, k: k, x: normal(f.r, m*k), w: normal(f.r, n*k), b: normal(f.r, n), u: make([]float32, m*n), r: make([]float32, m*n), y: make([]float32, m*n)}
		y, _ := a.rows(f, 0, m, n)
		for i := range m {
			one, _ := a.rows(f, i, i+1, n)
			if d := differ(one, y[i*n:]); d >= 0 {
				t.Fatalf("K = %d: row %d alone differs at %d: %g, in the batch %g", k, i, d, one[d], y[i*n+d])
			}
		}
	}
}

func TestLayerNormAlone(t *testing.T) {
	for _, h := range []int{7, 33, 384} {
		const rows = 70
		f := newField(t, Serial(), 0)
		s, w, b, dy := normal(f.r, rows*h), normal(f.r, h), normal(f.r, h), normal(f.r, rows*h)
		run := func(i, j int) (all []float32) {
			n := j - i
			y, stat, ds := make([]float32, n*h), make([]float32, 2*n), make([]float32, n*h)
			f.run(LayerNormTask(y, stat, s[i*h:j*h], nil, w, b, n, h, normEps, Drop{}))
			f.run(LayerNormGradTask(ds, dy[i*h:j*h], s[i*h:j*h], stat, w, n, h))
			for t := range n {
				all = slices.Concat(all, y[t*h:][:h], stat[2*t:][:2], ds[t*h:][:h])
			}
			return all
		}
		whole := run(0, rows)
		for i := range rows {
			if d := differ(run(i, i+1), whole[i*(2*h+2):]); d >= 0 {
				t.Fatalf("H = %d: row %d alone differs at %d", h, i, d)
			}
		}
	}
}

// TestSentenceAlone says that attention, its gradient and pooling of a sentence do not know of the other sentences.
func TestSentenceAlone(t *testing.T) {
	const heads, h = 2, 18
	lengths := []int{1, 33, 8, 70, 2, 17, 130}
	off := offsetsOf(lengths...)
	f := newField(t, Serial(), 0)
	rows := int(off[len(lengths)])
	qkv, dout := normal(f.r, 3*rows*h), normal(f.r, rows*h)
	run := func(lo, hi int, off []int32) (all []float32) {
		n := hi - lo
		out, lse, dqkv := make([]float32, n*h), make([]float32, heads*n), make([]float32, 3*n*h)
		mean, first := make([]float32, (len(off)-1)*h), make([]float32, (len(off)-1)*h)
		scratch := make([]float32, AttentionScratch(off, heads, h))
		f.run(AttentionTask(out, lse, qkv[3*lo*h:3*hi*h], scratch, off, heads, h, Drop{}))
		f.run(AttentionGradTask(dqkv, dout[lo*h:hi*h], lse, qkv[3*lo*h:3*hi*h], scratch, off, heads, h, Drop{}))
		f.run(PoolTask(mean, out, off, h, true))
		f.run(PoolTask(first, out, off, h, false))
		for b := range len(off) - 1 {
			i, j := int(off[b]), int(off[b+1])
			all = slices.Concat(all, out[i*h:j*h], dqkv[3*i*h:3*j*h], lse[i:j], lse[n+i:n+j], mean[b*h:][:h], first[b*h:][:h])
		}
		return all
	}
	whole, at := run(0, rows, off), 0
	for b, n := range lengths {
		one := run(int(off[b]), int(off[b+1]), offsetsOf(n))
		if d := differ(one, whole[at:]); d >= 0 {
			t.Fatalf("sentence %d of %d tokens alone differs at %d of %d", b, n, d, len(one))
		}
		at += len(one)
	}
}
