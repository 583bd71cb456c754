package backendtest

import (
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// grids are rows by columns: odd ones, and those of real encoders at the edges of tiles.
var grids = [][2]int{{1, 1}, {1, 384}, {7, 9}, {32, 768}, {33, 384}, {64, 17}, {65, 33}, {192, 384}}

// Lengths of sentences: alone, mixed, and at the edges of blocks.
var sentences = [][]int{{1}, {130}, {1, 1, 2}, {33, 1, 64, 32, 65}, {17, 8, 128, 1}}

const vocabulary = 50

var rowCases = []testCase{
	{"AddBias", []string{"AddBias"}, func(g *rig) {
		for _, s := range grids {
			m, n := s[0], s[1]
			y, b := g.normals(m*n), g.normals(n)
			want := wide(y)
			kernel.AddBias(want, wide(b), m, n)
			d := g.sum(y)
			g.b.AddBias(d, g.in(b))
			g.exact("y", d, want)
		}
	}},
	{"SumRows", []string{"SumRows"}, func(g *rig) {
		for _, s := range grids {
			m, n := s[0], s[1]
			y, x := g.normals(n), g.normals(m*n)
			want, mag := wide(y), magnitudes(y)
			kernel.SumRows(want, wide(x), m, n)
			kernel.SumRows(mag, magnitudes(x), m, n)
			d := g.sum(y)
			g.b.SumRows(d, g.in(x))
			g.near("y", d, want, sumBound(mag, m))
		}
	}},
	{"Embed", []string{"Embed"}, func(g *rig) {
		for _, s := range grids {
			tokens, h := s[0], s[1]
			w, y, ids := g.normals(vocabulary*h), g.normals(tokens*h), g.tokens(tokens)
			want, sum := make([]float64, tokens*h), wide(y)
			kernel.Embed(want, wide(w), ids, h, false)
			kernel.Embed(sum, wide(w), ids, h, true)
			table, at, d, a := g.in(w), g.ids(ids), g.out(tokens*h), g.sum(y)
			g.b.Embed(d, table, at, h, false)
			g.b.Embed(a, table, at, h, true)
			g.exact("y", d, want)
			g.exact("y accumulated", a, sum)
		}
	}},
	{"EmbedGrad", []string{"EmbedGrad"}, func(g *rig) {
		for _, s := range grids {
			tokens, h := s[0], s[1]
			dw, dy, sorted := g.normals(vocabulary*h), g.normals(tokens*h), sortedOf(g.tokens(tokens))
			want, mag := wide(dw), magnitudes(dw)
			kernel.EmbedGrad(want, wide(dy), sorted.Order, sorted.Start, sorted.ID, h)
			kernel.EmbedGrad(mag, magnitudes(dy), sorted.Order, sorted.Start, sorted.ID, h)
			d := g.sum(dw)
			g.b.EmbedGrad(d, g.in(dy), sorted, h)
			g.near("dw", d, want, sumBound(mag, tokens))
		}
	}},
	{"Pool", []string{"Pool"}, func(g *rig) {
		for _, lengths := range sentences {
			off, h := offsetsOf(lengths...), 33
			n := len(lengths) * h
			x := g.normals(int(off[len(lengths)]) * h)
			first, mean, mag := make([]float64, n), make([]float64, n), make([]float64, n)
			kernel.FirstPool(first, wide(x), off, h)
			kernel.MeanPool(mean, wide(x), off, h)
			kernel.MeanPool(mag, magnitudes(x), off, h)
			dx, do, d, m := g.in(x), g.ids(off), g.out(n), g.out(n)
			g.b.Pool(d, dx, do, h, false)
			g.b.Pool(m, dx, do, h, true)
			g.exact("first", d, first)
			g.near("mean", m, mean, sumBound(mag, slices.Max(lengths)))
		}
	}},
	{"PoolGrad", []string{"PoolGrad"}, func(g *rig) {
		for _, lengths := range sentences {
			off, h := offsetsOf(lengths...), 33
			dx, dy := g.normals(int(off[len(lengths)])*h), g.normals(len(lengths)*h)
			first, mean, mag := wide(dx), wide(dx), magnitudes(dx)
			kernel.FirstPoolGrad(first, wide(dy), off, h)
			kernel.MeanPoolGrad(mean, wide(dy), off, h)
			kernel.MeanPoolGrad(mag, magnitudes(dy), off, h)
			in, do, d, m := g.in(dy), g.ids(off), g.sum(dx), g.sum(dx)
			g.b.PoolGrad(d, in, do, h, false)
			g.b.PoolGrad(m, in, do, h, true)
			g.exact("first", d, first)
			g.near("mean", m, mean, sumBound(mag, 1))
		}
	}},
}

// tokens are n ids, few enough that many repeat.
func (g *rig) tokens(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(g.r.IntN(vocabulary))
		if i%3 == 0 {
			ids[i] = 7
		}
	}
	return ids
}

// sortedOf sorts tokens by id, in the order of the text within one id.
func sortedOf(ids []int32) (s backend.Sorted) {
	for v := range int32(vocabulary) {
		if !slices.Contains(ids, v) {
			continue
		}
		s.ID, s.Start = append(s.ID, v), append(s.Start, int32(len(s.Order)))
		for t, e := range ids {
			if e == v {
				s.Order = append(s.Order, int32(t))
			}
		}
	}
	s.Start = append(s.Start, int32(len(s.Order)))
	return s
}
