package kernel

import (
	"math"
	"slices"
)

// Bounds of the losses: exp and log of float64 rounded to float32, and the sum of a row.
const (
	lossBound   = 1e-6 // of the loss, relative to the size of its terms
	logitsBound = 5e-7 // of the gradient of a logit, times scale
	adamWBound  = 1e-6 // of the change of a parameter
)

var lossTests = []kernelTest{
	{"opCrossEntropy", "CrossEntropy", [][]int{{1, 2}, {7, 3}, {8, 9}, {33, 4}, {16, 33}}, func(f *field, size []int) {
		b, c := size[0], size[1]
		logits, dlogits, loss := f.spread(b*c), f.output(b*c), f.sum(1)
		labels := make([]int32, b)
		for i := range labels {
			labels[i] = int32(f.r.IntN(c+1)) - 1
		}
		labels[0] = int32(c - 1)
		dwant, was := make([]float64, b*c), float64(loss[0])
		want := was + CrossEntropy(dwant, wide(logits), labels, c, 0.25)
		f.run(CrossEntropyTask(loss, dlogits, logits, labels, c, 0.25))
		f.near("loss", loss, []float64{want}, func(int) float64 { return lossBound * (math.Abs(want) + math.Abs(was) + float64(b)) })
		f.near("dlogits", dlogits, dwant, func(int) float64 { return 0.25 * logitsBound })
	}},
	{"opSquaredError", "SquaredError", [][]int{{1}, {7}, {33}}, func(f *field, size []int) {
		n := size[0]
		y, dy, loss := f.normals(n), f.output(n), f.sum(1)
		target := normal(f.r, n)
		if n > 1 {
			target[n/2] = float32(math.NaN())
		}
		target = f.input(target)
		dwant := make([]float64, n)
		was := float64(loss[0])
		want := was + SquaredError(dwant, wide(y), wide(target), 0.5)
		f.run(SquaredErrorTask(loss, dy, y, target, 0.5))
		f.near("loss", loss, []float64{want}, func(int) float64 { return lossBound * (math.Abs(want) + math.Abs(was)) })
		f.near("dy", dy, dwant, func(i int) float64 { return eps * math.Abs(dwant[i]) })
	}},
	{"opSumSquares", "SumSquares", slices.Concat(lengths, [][]int{{sumChunk}, {sumChunk + 1}}), func(f *field, size []int) {
		x, part := f.normals(size[0]), f.output(SumSquaresParts(size[0]))
		f.run(SumSquaresTask(part, x))
		want := make([]float64, len(part))
		for i := range want {
			want[i] = SumSquares(wide(x[i*sumChunk : min(len(x), (i+1)*sumChunk)]))
		}
		f.near("part", part, want, func(i int) float64 { return 1e-5 * want[i] })
	}},
	{"opAdamW", "AdamW", lengths, func(f *field, size []int) {
		n := size[0]
		v := normal(f.r, n)
		for i := range v {
			v[i] *= v[i] * 1e-3
		}
		p, g, m := f.sum(n), f.normals(n), f.sum(n)
		v = f.update(v)
		s := AdamWSettings{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.01, Step: 3}
		was, wantP, wantM, wantV := wide(p), wide(p), wide(m), wide(v)
		AdamW(wantP, wide(g), wantM, wantV, 0.5, s)
		f.run(AdamWTask(p, g, m, v, 0.5, s))
		f.near("p", p, wantP, func(i int) float64 { return adamWBound*math.Abs(wantP[i]-was[i]) + 1.5*eps*math.Abs(was[i]) })
		f.near("m", m, wantM, func(i int) float64 { return 2 * eps * (math.Abs(wantM[i]) + math.Abs(float64(g[i]))) })
		f.near("v", v, wantV, func(i int) float64 { return 4 * eps * wantV[i] })
	}},
}
