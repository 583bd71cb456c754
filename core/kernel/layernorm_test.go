package kernel

import "math"

// normBound is the error of a normalised row against its scale: mean and deviation are sums of H terms, each rounded, and
// the terms of the gradient cancel.
const normBound = 4e-7

const normEps = 1e-12

var normTests = []kernelTest{
	{"opLayerNorm", "LayerNorm", grids, func(f *field, size []int) {
		layerNormCase(f, size[0], size[1], false, Drop{})
	}},
	{"opLayerNorm", "LayerNorm of a residual", grids, func(f *field, size []int) {
		layerNormCase(f, size[0], size[1], true, Drop{})
	}},
	{"opLayerNorm", "LayerNorm of a residual with dropout", grids, func(f *field, size []int) {
		layerNormCase(f, size[0], size[1], true, NewDrop(0.4, Key(1, 2, 3)))
	}},
	{"opLayerNormGrad", "LayerNormGrad", grids, func(f *field, size []int) {
		rows, h := size[0], size[1]
		s, w := f.normals(rows*h), f.normals(h)
		dy, ds, stat := f.normals(rows*h), f.sum(rows*h), f.input(statOf(s, rows, h))
		want := wide(ds)
		LayerNormGrad(want, wide(dy), wide(s), wide(stat), wide(w), rows, h)
		f.run(LayerNormGradTask(ds, dy, s, stat, w, rows, h))
		for t := range rows {
			dr, rstd := ds[t*h:][:h], float64(stat[2*t+1])
			bound := normBound * math.Sqrt(float64(h)) * rstd * (1 + largest(dy[t*h:][:h])*largest(w)*(1+largest(s[t*h:][:h])*rstd))
			f.near("ds", dr, want[t*h:], func(i int) float64 { return bound + eps*math.Abs(want[t*h+i]) })
		}
	}},
	{"opLayerNormParamGrad", "LayerNormParamGrad", grids, func(f *field, size []int) {
		rows, h := size[0], size[1]
		s := f.normals(rows * h)
		dy, stat, dw, db := f.normals(rows*h), f.input(statOf(s, rows, h)), f.sum(h), f.sum(h)
		alone, bias := f.update(dw), f.update(db)
		want, wantB := wide(dw), wide(db)
		LayerNormParamGrad(want, wantB, wide(dy), wide(s), wide(stat), rows, h, 0, h)
		f.run(LayerNormParamGradTask(dw, db, dy, s, stat, rows, h))
		mag := magnitudes(wide(alone))
		magB := magnitudes(wide(bias))
		for t := range rows {
			for i := range h {
				e := math.Abs(float64(dy[t*h+i]))
				mag[i] += e * (math.Abs(float64(s[t*h+i])) + math.Abs(float64(stat[2*t]))) * float64(stat[2*t+1])
				magB[i] += e
			}
		}
		f.sums("dw", dw, want, mag, rows)
		f.sums("db", db, wantB, magB, rows)
		f.run(LayerNormParamGradTask(alone, nil, dy, s, stat, rows, h))
		f.run(LayerNormParamGradTask(nil, bias, dy, s, stat, rows, h))
		f.exact("dw alone", alone, wide(dw))
		f.exact("db alone", bias, wide(db))
	}},
}

func layerNormCase(f *field, rows, h int, residual bool, d Drop) {
	y, stat := f.output(rows*h), f.output(2*rows)
	w, b := f.normals(h), f.normals(h)
	s := normal(f.r, rows*h)
	var x []float32
	sum := wide(s)
	if residual {
		s, x = f.update(s), f.normals(rows*h)
		for i, e := range x {
			sum[i] += float64(d.Keep(uint32(i))) * float64(e)
		}
	} else {
		s = f.input(s)
	}
	want, wantStat := make([]float64, rows*h), make([]float64, 2*rows)
	LayerNorm(want, wantStat, sum, wide(w), wide(b), rows, h, normEps)
	f.run(LayerNormTask(y, stat, s, x, w, b, rows, h, normEps, d))
	f.near("s", s, sum, func(i int) float64 { return 4 * eps * (1 + math.Abs(sum[i])) })
	if h == 1 {
		return // one element less its mean is rounding, which 1/√eps makes large
	}
	for t := range rows {
		top, rstd := largest(s[t*h:][:h]), wantStat[2*t+1]
		scale := normBound * (1 + top*rstd)
		f.near("stat", stat[2*t:][:2], wantStat[2*t:], func(i int) float64 { return []float64{normBound * (1 + top), scale * rstd}[i] })
		f.near("y", y[t*h:][:h], want[t*h:], func(i int) float64 {
			return scale * (1 + math.Abs(want[t*h+i]) + math.Abs(float64(b[i])))
		})
	}
}

// statOf is what LayerNorm keeps for its gradient.
func statOf(s []float32, rows, h int) []float32 {
	y, stat, one := make([]float64, rows*h), make([]float64, 2*rows), make([]float64, h)
	LayerNorm(y, stat, wide(s), one, one, rows, h, 1e-3)
	narrow := make([]float32, 2*rows)
	for i, e := range stat {
		narrow[i] = float32(e)
	}
	return narrow
}

func largest(x []float32) (top float64) {
	for _, e := range x {
		top = max(top, math.Abs(float64(e)))
	}
	return top
}
