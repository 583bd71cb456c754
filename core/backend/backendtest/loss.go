package backendtest

import (
	"math"

	"thaw/core/kernel"
)

var lossCases = []testCase{
	{"CrossEntropy", []string{"CrossEntropy"}, func(g *rig) {
		for _, s := range [][2]int{{1, 2}, {7, 3}, {33, 4}, {16, 33}} {
			b, c := s[0], s[1]
			logits, loss, labels := g.spread(b*c), g.normals(1), make([]int32, b)
			for i := range labels {
				labels[i] = int32(g.r.IntN(c+1)) - 1 // -1 is left out
			}
			labels[b/2] = int32(c - 1)
			d := make([]float64, b*c)
			want := []float64{float64(loss[0]) + kernel.CrossEntropy(d, wide(logits), labels, c, 0.25)}
			sum, dlogits := g.sum(loss), g.out(b*c)
			g.b.CrossEntropy(sum, dlogits, g.in(logits), g.ids(labels), c, 0.25)
			g.near("loss", sum, want, relative(want, lossBound, lossBound))
			g.near("dlogits", dlogits, d, func(int) float64 { return 0.25 * logitsBound })
		}
	}},
	{"CrossEntropy/no labels", []string{"CrossEntropy"}, func(g *rig) {
		sum, dlogits := g.sum([]float32{1.5}), g.out(6)
		g.b.CrossEntropy(sum, dlogits, g.in(g.normals(6)), g.ids([]int32{-1, -1}), 3, 0.25)
		g.exact("loss", sum, []float64{1.5})
		g.exact("dlogits", dlogits, make([]float64, 6))
	}},
	{"SquaredError", []string{"SquaredError"}, func(g *rig) {
		for _, n := range []int{1, 7, 33} {
			y, target, loss := g.normals(n), g.normals(n), g.normals(1)
			if n > 1 {
				target[n/2] = nan // left out
			}
			d := make([]float64, n)
			want := []float64{float64(loss[0]) + kernel.SquaredError(d, wide(y), wide(target), 0.5)}
			sum, dy := g.sum(loss), g.out(n)
			g.b.SquaredError(sum, dy, g.in(y), g.in(target), 0.5)
			g.near("loss", sum, want, relative(want, lossBound, lossBound))
			g.near("dy", dy, d, relative(d, 2*eps, 0))
		}
	}},
	{"SumSquares", []string{"SumSquares"}, func(g *rig) {
		for _, n := range []int{1, 9, 33, 1 << 14, 1<<14 + 1, 50_003} {
			x, sum := g.normals(n), g.normals(1)
			want := []float64{float64(sum[0]) + kernel.SumSquares(wide(x))}
			d := g.sum(sum)
			g.b.SumSquares(d, g.in(x))
			g.near("sum", d, want, relative(want, lossBound, eps))
		}
	}},
	{"SumSquares/not finite", []string{"SumSquares"}, func(g *rig) {
		for _, bad := range []float32{nan, float32(math.Inf(1)), 1e30} {
			x, d := g.normals(1000), g.sum([]float32{0})
			x[777] = bad
			g.b.SumSquares(d, g.in(x))
			if s := float64(g.read(d)[0]); !math.IsNaN(s) && !math.IsInf(s, 0) {
				g.t.Fatalf("sum with %g in it is %g: a step that is not finite would go unseen", bad, s)
			}
		}
	}},
}
