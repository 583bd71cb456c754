package backendtest

import (
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

var lengths = []int{1, 7, 8, 9, 33, 384 * 65}

var elementCases = []testCase{
	{"Add", []string{"Add"}, func(g *rig) {
		g.elements(func(y, x []float64) { plus(y, x, 1) }, func(y, x backend.Buffer) { g.b.Add(y, x) }, exactly)
	}},
	{"Scale", []string{"Scale"}, func(g *rig) {
		for _, n := range lengths {
			y := g.normals(n)
			want, d := make([]float64, n), g.sum(y)
			plus(want, wide(y), float64(float32(0.3)))
			g.b.Scale(d, 0.3)
			g.exact("y", d, want)
		}
	}},
	{"Fill", []string{"Fill"}, func(g *rig) {
		for _, n := range lengths {
			d := g.out(n)
			g.b.Fill(d, -2.5)
			g.exact("y", d, wide(fillOf(n, -2.5)))
		}
	}},
	{"Gelu", []string{"Gelu"}, func(g *rig) {
		g.forward(kernel.Gelu[float64], func(y, x backend.Buffer) { g.b.Gelu(y, x) },
			func(x float64) float64 { return geluBound * max(1, math.Abs(x)) })
	}},
	{"Relu", []string{"Relu"}, func(g *rig) {
		g.forward(kernel.Relu[float64], func(y, x backend.Buffer) { g.b.Relu(y, x) }, func(float64) float64 { return 0 })
	}},
	{"Tanh", []string{"Tanh"}, func(g *rig) {
		g.forward(kernel.Tanh[float64], func(y, x backend.Buffer) { g.b.Tanh(y, x) }, func(float64) float64 { return tanhBound })
	}},
	{"GeluGrad", []string{"GeluGrad"}, func(g *rig) {
		g.backward(nil, kernel.GeluGrad[float64], func(dx, dy, x backend.Buffer) { g.b.GeluGrad(dx, dy, x) })
	}},
	{"ReluGrad", []string{"ReluGrad"}, func(g *rig) {
		g.backward(kernel.Relu[float32], kernel.ReluGrad[float64], func(dx, dy, y backend.Buffer) { g.b.ReluGrad(dx, dy, y) })
	}},
	{"TanhGrad", []string{"TanhGrad"}, func(g *rig) {
		g.backward(kernel.Tanh[float32], kernel.TanhGrad[float64], func(dx, dy, y backend.Buffer) { g.b.TanhGrad(dx, dy, y) })
	}},
	{"Dropout", []string{"Dropout"}, func(g *rig) {
		d := kernel.NewDrop(0.3, kernel.Key(5, 6, 7))
		g.elements(func(y, x []float64) {
			for i, e := range x {
				y[i] += float64(d.Keep(uint32(i))) * e
			}
		}, func(y, x backend.Buffer) { g.b.Dropout(y, x, d) }, nearly)
	}},
	{"Dropout/off", []string{"Dropout"}, func(g *rig) {
		g.elements(func(y, x []float64) { plus(y, x, 1) }, func(y, x backend.Buffer) { g.b.Dropout(y, x, kernel.Drop{}) }, exactly)
	}},
}

// plus is y += a x.
func plus(y, x []float64, a float64) {
	for i, e := range x {
		y[i] += a * e
	}
}

func exactly(_, _ float64) float64 { return 0 }

// nearly allows a product and a sum, each rounded.
func nearly(y, x float64) float64 { return 2 * eps * (math.Abs(y) + 2*math.Abs(x)) }

// elements checks an operation y += f(x).
func (g *rig) elements(reference func(y, x []float64), op func(y, x backend.Buffer), bound func(y, x float64) float64) {
	for _, n := range lengths {
		y, x := g.normals(n), g.normals(n)
		want, d := wide(y), g.sum(y)
		reference(want, wide(x))
		op(d, g.in(x))
		for i, e := range want {
			want[i] = float64(float32(e))
		}
		g.near("y", d, want, func(i int) float64 { return bound(want[i], float64(x[i])) })
	}
}

// forward checks y = f(x).
func (g *rig) forward(reference func(y, x []float64), op func(y, x backend.Buffer), bound func(x float64) float64) {
	for _, n := range lengths {
		x := g.spread(n)
		want, d := make([]float64, n), g.out(n)
		reference(want, wide(x))
		op(d, g.in(x))
		g.near("y", d, want, func(i int) float64 { return bound(float64(x[i])) })
	}
}

// backward checks a gradient dx += f(dy, x), x made by a forward function where the gradient takes the output.
func (g *rig) backward(make func(y, x []float32), reference func(dx, dy, x []float64), op func(dx, dy, x backend.Buffer)) {
	for _, n := range lengths {
		x, dy, dx := g.spread(n), g.normals(n), g.normals(n)
		if make != nil {
			make(x, x)
		}
		want, d := wide(dx), g.sum(dx)
		reference(want, wide(dy), wide(x))
		op(d, g.in(dy), g.in(x))
		g.near("dx", d, want, func(i int) float64 {
			return geluBound*max(1, math.Abs(float64(x[i])))*math.Abs(float64(dy[i])) + eps*math.Abs(want[i])
		})
	}
}
