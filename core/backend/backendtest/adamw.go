package backendtest

import (
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// An arena with frozen tensors between thawed ones, whose gradients and moments lie closer together.
const (
	arenaP = 4096
	arenaG = 2048
)

var regions = []backend.Region{
	{P: 0, G: 0, N: 64, Rate: 1, Decay: true},
	{P: 128, G: 64, N: 33, Rate: 0.5, Decay: false},
	{P: 1024, G: 128, N: 1500, Rate: 0.25, Decay: true},
	{P: 4032, G: 1984, N: 64, Rate: 1, Decay: false},
}

var adamWCases = []testCase{
	{"AdamW", []string{"AdamW"}, func(g *rig) {
		for step := 1; step <= 3; step++ {
			g.adamW(step, 0, 3)
		}
	}},
	{"AdamW/clipped", []string{"AdamW"}, func(g *rig) { g.adamW(2, 1, 40) }},
	{"AdamW/within the clip", []string{"AdamW"}, func(g *rig) { g.adamW(2, 1, 0.7) }},
	{"AdamW/not finite", []string{"AdamW"}, func(g *rig) {
		for _, norm := range []float64{math.NaN(), math.Inf(1)} {
			for _, clip := range []float64{0, 1} {
				p, m, v := g.arena()
				a := g.adamWOf(p, g.normals(arenaG), m, v, 1, clip, norm)
				a.G = g.in(fillOf(arenaG, nan))
				g.b.AdamW(a)
				g.exact("p", a.P, wide(p))
				g.exact("m", a.M, wide(m))
				g.exact("v", a.V, wide(v))
			}
		}
	}},
}

func (g *rig) arena() (p, m, v []float32) {
	p, m, v = g.normals(arenaP), g.normals(arenaG), g.normals(arenaG)
	for i, e := range v {
		v[i] = e*e*1e-2 + 1e-6
	}
	return p, m, v
}

func (g *rig) adamWOf(p, grad, m, v []float32, step int, clip, norm float64) backend.AdamW {
	return backend.AdamW{
		P: g.sum(p), G: g.in(grad), M: g.sum(m), V: g.sum(v), Regions: regions, Norm: g.in([]float32{float32(norm * norm)}), Clip: clip,
		Settings: kernel.AdamWSettings{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.01, Step: step},
	}
}

// adamW updates an arena whose gradient is said to have the given norm.
func (g *rig) adamW(step int, clip, norm float64) {
	p, m, v := g.arena()
	grad := g.normals(arenaG)
	a := g.adamWOf(p, grad, m, v, step, clip, norm)
	wantP, wantM, wantV := wide(p), wide(m), wide(v)
	factor := 1.0
	if clip > 0 {
		factor = min(1, clip/(norm+1e-6))
	}
	for _, r := range regions {
		s, to := a.Settings, r.G+r.N
		s.Rate *= float64(r.Rate)
		if !r.Decay {
			s.Decay = 0
		}
		kernel.AdamW(wantP[r.P:r.P+r.N], wide(grad[r.G:to]), wantM[r.G:to], wantV[r.G:to], factor, s)
	}
	g.b.AdamW(a)
	g.near("p", a.P, wantP, func(i int) float64 {
		was := float64(p[i])
		if wantP[i] == was {
			return 0 // frozen
		}
		return adamWBound*math.Abs(wantP[i]-was) + 1.5*eps*math.Abs(was)
	})
	g.near("m", a.M, wantM, func(i int) float64 {
		return moved(wantM[i], m[i], 4*eps*(math.Abs(wantM[i])+math.Abs(float64(grad[i]))))
	})
	g.near("v", a.V, wantV, func(i int) float64 { return moved(wantV[i], v[i], 8*eps*wantV[i]) })
}

// moved is the bound of what an update moves, 0 for what it must leave.
func moved(want float64, was float32, bound float64) float64 {
	if want == float64(was) {
		return 0
	}
	return bound
}
