package backendtest

import (
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

const normEps = 1e-12 // BERT's

// norms are rows by columns: one column less its mean is only rounding, so two are the least.
var norms = [][2]int{{1, 2}, {1, 384}, {7, 9}, {33, 768}, {64, 17}, {65, 384}}

var normCases = []testCase{
	{"LayerNorm", []string{"LayerNorm"}, func(g *rig) { g.layerNorm(false, kernel.Drop{}) }},
	{"LayerNorm/residual", []string{"LayerNorm"}, func(g *rig) { g.layerNorm(true, kernel.Drop{}) }},
	{"LayerNorm/residual and dropout", []string{"LayerNorm"}, func(g *rig) { g.layerNorm(true, kernel.NewDrop(0.4, kernel.Key(1, 2, 3))) }},
	{"LayerNormGrad", []string{"LayerNormGrad"}, func(g *rig) {
		for _, s := range norms {
			g.layerNormGrad(s[0], s[1])
		}
	}},
}

func (g *rig) layerNorm(residual bool, drop kernel.Drop) {
	for _, size := range norms {
		rows, h := size[0], size[1]
		s, x, w, b := g.normals(rows*h), g.normals(rows*h), g.normals(h), g.normals(h)
		sum := wide(s)
		a := backend.LayerNorm{Y: g.out(rows * h), Stat: g.out(2 * rows), W: g.in(w), B: g.in(b), H: h, Eps: normEps, Drop: drop}
		if residual {
			a.S, a.X = g.sum(s), g.in(x)
			for i, e := range x {
				sum[i] += float64(drop.Keep(uint32(i))) * float64(e)
			}
		} else {
			a.S = g.in(s)
		}
		want, stat := make([]float64, rows*h), make([]float64, 2*rows)
		kernel.LayerNorm(want, stat, sum, wide(w), wide(b), rows, h, normEps)
		g.b.LayerNorm(a)
		g.near("s", a.S, sum, func(i int) float64 { return 4 * eps * (1 + math.Abs(sum[i])) })
		// With few columns the deviation may be small beside the values, which makes rounding errors of these large.
		scale := func(t int) float64 { return normBound * math.Sqrt(float64(h)) * (1 + 2*stat[2*t+1]) }
		g.near("y", a.Y, want, func(i int) float64 { return scale(i/h) * (1 + math.Abs(float64(w[i%h]))) })
		g.near("stat", a.Stat, stat, func(i int) float64 { return scale(i/2) * (1 + math.Abs(stat[i])) })
	}
}

// layerNormGrad asks for all three gradients, then for each alone.
func (g *rig) layerNormGrad(rows, h int) {
	s, w, dy := g.normals(rows*h), g.normals(h), g.normals(rows*h)
	ds, dw, db := g.normals(rows*h), g.normals(h), g.normals(h)
	y, stat64, stat := make([]float64, rows*h), make([]float64, 2*rows), make([]float32, 2*rows)
	kernel.LayerNorm(y, stat64, wide(s), wide(w), wide(w), rows, h, 1e-3)
	for i, e := range stat64 {
		stat[i] = float32(e)
	}
	wantS, wantW, wantB := wide(ds), wide(dw), wide(db)
	kernel.LayerNormGrad(wantS, wide(dy), wide(s), wide(stat), wide(w), rows, h)
	kernel.LayerNormParamGrad(wantW, wantB, wide(dy), wide(s), wide(stat), rows, h, 0, h)
	all := backend.LayerNormGrad{DY: g.in(dy), S: g.in(s), Stat: g.in(stat), W: g.in(w), H: h}
	ask := func(withS, withW, withB bool) {
		a := all
		if withS {
			a.DS = g.sum(ds)
		}
		if withW {
			a.DW = g.sum(dw)
		}
		if withB {
			a.DB = g.sum(db)
		}
		g.b.LayerNormGrad(a)
		if withS {
			g.near("ds", a.DS, wantS, func(i int) float64 {
				rstd := stat64[2*(i/h)+1]
				return normGradBound * (1 + rstd*rstd) * (1 + math.Sqrt(float64(h))/8)
			})
		}
		bound := normGradBound * math.Sqrt(float64(rows)) * (1 + largest(stat))
		if withW {
			g.near("dw", a.DW, wantW, func(int) float64 { return bound })
		}
		if withB {
			g.near("db", a.DB, wantB, func(int) float64 { return bound })
		}
	}
	ask(true, true, true)
	ask(true, false, false)
	ask(false, true, false)
	ask(false, false, true)
}
