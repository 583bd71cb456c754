package backendtest

import (
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// The invariants, as far as one device shows them: an operation done twice gives the same bits, and a row or a sentence
// of a batch is what it is alone.
var invariantCases = []testCase{
	{"Invariant/rows of products alone", []string{"MatMul"}, func(g *rig) {
		for _, l := range []kernel.Layout{kernel.NT, kernel.NN} {
			for _, then := range []kernel.Epilogue{kernel.Store, kernel.BiasGelu, kernel.BiasResidual} {
				g.rowsAlone(l, then)
			}
		}
	}},
	{"Invariant/rows of LayerNorm alone", []string{"LayerNorm"}, func(g *rig) {
		const rows, h = 70, 384
		s, w := g.normals(rows*h), g.in(g.normals(h))
		run := func(i, j int) []float32 {
			y := g.out((j - i) * h)
			g.b.LayerNorm(backend.LayerNorm{Y: y, Stat: g.out(2 * (j - i)), S: g.in(s[i*h : j*h]), W: w, B: w, H: h, Eps: normEps})
			return g.read(y)
		}
		all := run(0, rows)
		for i := range rows {
			g.same("row", i, run(i, i+1), all[i*h:])
		}
	}},
	{"Invariant/sentences alone", []string{"Attention", "AttentionGrad", "Pool"}, func(g *rig) { g.sentencesAlone() }},
	{"Invariant/twice", []string{"MatMul", "EmbedGrad", "SumRows", "SumSquares"}, func(g *rig) {
		const m, n, k = 65, 33, 384
		x, w, ids := g.normals(m*k), g.normals(n*k), sortedOf(g.tokens(m))
		run := func() []float32 {
			y, dw, b, sum := g.out(m*n), g.sum(make([]float32, vocabulary*k)), g.sum(make([]float32, k)), g.sum([]float32{0})
			dx := g.in(x)
			g.b.MatMul(backend.MatMul{Y: y, X: dx, W: g.in(w), M: m, N: n, K: k})
			g.b.EmbedGrad(dw, dx, ids, k)
			g.b.SumRows(b, dx)
			g.b.SumSquares(sum, dx)
			return slices.Concat(g.read(y), g.read(dw), g.read(b), g.read(sum))
		}
		g.same("run", 2, run(), run())
	}},
}

func (g *rig) same(what string, i int, got, want []float32) {
	g.t.Helper()
	if j := differ(got, want); j >= 0 && !g.poison {
		g.t.Fatalf("%s %d: element %d is %g alone, %g in the batch", what, i, j, got[j], want[j])
	}
}

// rowsAlone takes the first rows of a batch, 1 to 70 of them, and each row alone.
func (g *rig) rowsAlone(l kernel.Layout, then kernel.Epilogue) {
	const m, n, k = 70, 65, 100
	x, r := g.normals(m*k), g.normals(m*n)
	w, b := g.in(g.normals(n*k)), g.in(g.normals(n))
	run := func(i, j int) []float32 {
		rows := j - i
		a := backend.MatMul{Y: g.out(rows * n), X: g.in(x[i*k : j*k]), W: w, M: rows, N: n, K: k, Layout: l, Then: then, B: b}
		switch then {
		case kernel.BiasGelu:
			a.U = g.out(rows * n)
		case kernel.BiasResidual:
			a.R = g.in(r[i*n : j*n])
		case kernel.Store:
			a.B = nil
		}
		g.b.MatMul(a)
		return g.read(a.Y)
	}
	all := run(0, m)
	for i := range m {
		g.same("first rows up to", i, run(0, i+1), all)
		g.same("row", i, run(i, i+1), all[i*n:])
	}
}

func (g *rig) sentencesAlone() {
	const heads, h = 2, 18
	lengths := []int{1, 33, 8, 65, 2, 17, 130}
	off := offsetsOf(lengths...)
	qkv, dout := g.normals(3*int(off[len(lengths)])*h), g.normals(int(off[len(lengths)])*h)
	run := func(lo, hi int, off []int32) []float32 {
		n, b := hi-lo, len(off)-1
		in, o, lse := g.in(qkv[3*lo*h:3*hi*h]), g.out(n*h), g.out(heads*n)
		d, mean := g.sum(make([]float32, 3*n*h)), g.out(b*h)
		g.b.Attention(backend.Attention{Out: o, LSE: lse, QKV: in, Offsets: off, Heads: heads, H: h})
		g.b.AttentionGrad(backend.AttentionGrad{DQKV: d, DOut: g.in(dout[lo*h : hi*h]), LSE: lse, QKV: in, Offsets: off, Heads: heads, H: h})
		g.b.Pool(mean, o, g.ids(off), h, true)
		outs, grads, means := g.read(o), g.read(d), g.read(mean)
		var all []float32
		for s := range b {
			i, j := int(off[s]), int(off[s+1])
			all = slices.Concat(all, outs[i*h:j*h], grads[3*i*h:3*j*h], means[s*h:][:h])
		}
		return all
	}
	all := run(0, int(off[len(lengths)]), off)
	for s, n := range lengths {
		one := run(int(off[s]), int(off[s+1]), offsetsOf(n))
		g.same("sentence", s, one, all)
		all = all[len(one):]
	}
}
