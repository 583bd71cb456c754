package backendtest

import (
	"fmt"
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// products are M, N and K: odd ones, tokens at the edges of tiles, and the widths of MiniLM and BERT.
var products = [][3]int{
	{1, 1, 1}, {7, 9, 5}, {33, 17, 129}, {1, 384, 384}, {32, 64, 96}, {64, 65, 33}, {65, 128, 64}, {33, 96, 384}, {3, 384, 1536}, {2, 768, 768},
}

var layouts = []kernel.Layout{kernel.NT, kernel.NN, kernel.TN}
var layoutNames = []string{"NT", "NN", "TN"}

var epilogues = []kernel.Epilogue{kernel.Store, kernel.Accumulate, kernel.Bias, kernel.BiasGelu, kernel.GeluSlope, kernel.BiasResidual}
var epilogueNames = []string{"Store", "Accumulate", "Bias", "BiasGelu", "GeluSlope", "BiasResidual"}

func matMulCases() (all []testCase) {
	for i, l := range layouts {
		for _, s := range products {
			name := fmt.Sprintf("MatMul/%s %d×%d×%d", layoutNames[i], s[0], s[1], s[2])
			all = append(all, testCase{name, []string{"MatMul"}, func(g *rig) { g.matMul(l, s[0], s[1], s[2]) }})
		}
	}
	return all
}

// matMul makes one product with every epilogue.
func (g *rig) matMul(l kernel.Layout, m, n, k int) {
	x, w, b, r, u, y := g.normals(m*k), g.normals(n*k), g.normals(n), g.normals(m*n), g.normals(m*n), g.normals(m*n)
	product := make([]float64, m*n)
	if !g.poison {
		kernel.MatMul(l, product, wide(x), wide(w), m, n, k)
	}
	bound := productBounds(l, x, w, m, n, k)
	dx, dw, db, dr := g.in(x), g.in(w), g.in(b), g.in(r)
	for i, then := range epilogues {
		a := backend.MatMul{Y: g.out(m * n), X: dx, W: dw, M: m, N: n, K: k, Layout: l, Then: then}
		switch then {
		case kernel.Accumulate:
			a.Y = g.sum(y)
		case kernel.Bias:
			a.B = db
		case kernel.BiasGelu:
			a.B, a.U = db, g.out(m*n)
		case kernel.GeluSlope:
			a.U = g.in(u)
		case kernel.BiasResidual:
			a.B, a.R = db, dr
		}
		g.b.MatMul(a)
		want, extra := make([]float64, m*n), make([]float64, m*n)
		pre := make([]float64, m*n)
		for i, e := range product {
			want[i], pre[i], extra[i] = epilogue(then, e, b[i%n], r[i], u[i], y[i])
		}
		if then == kernel.BiasGelu {
			g.near("u", a.U, pre, func(i int) float64 { return bound[i] + eps*math.Abs(pre[i]) })
		}
		g.near(epilogueNames[i], a.Y, want, func(i int) float64 { return 1.2*bound[i] + 2*eps*math.Abs(want[i]) + extra[i] })
	}
}

// epilogue is what becomes of one element e of a product, what Gelu was applied to, and the error it adds.
func epilogue(then kernel.Epilogue, e float64, b, r, u, y float32) (want, pre, extra float64) {
	switch then {
	case kernel.Accumulate:
		return e + float64(y), 0, eps * math.Abs(float64(y))
	case kernel.Bias:
		return e + float64(b), 0, eps * math.Abs(float64(b))
	case kernel.BiasGelu:
		pre = e + float64(b)
		return gelu(pre), pre, geluBound * max(1, math.Abs(pre))
	case kernel.GeluSlope:
		return e * slope(float64(u)), 0, geluBound * math.Abs(e) * max(1, math.Abs(float64(u)))
	case kernel.BiasResidual:
		return e + float64(b) + float64(r), 0, 2 * eps * (math.Abs(float64(b)) + math.Abs(float64(r)))
	}
	return e, 0, 0
}

func gelu(x float64) float64 {
	y := []float64{0}
	kernel.Gelu(y, []float64{x})
	return y[0]
}

func slope(x float64) float64 {
	dx := []float64{0}
	kernel.GeluGrad(dx, []float64{1}, []float64{x})
	return dx[0]
}

// productBounds is productBound · √K · |row of x| · |column of w| for each element.
func productBounds(l kernel.Layout, x, w []float32, m, n, k int) []float64 {
	rows, cols := make([]float64, m), make([]float64, n)
	for p := range k {
		for i := range m {
			e := float64(x[at(l == kernel.TN, i, p, m, k)])
			rows[i] += e * e
		}
		for j := range n {
			e := float64(w[at(l != kernel.NT, j, p, n, k)])
			cols[j] += e * e
		}
	}
	bound := make([]float64, m*n)
	for i := range bound {
		bound[i] = productBound * math.Sqrt(float64(k)*rows[i/n]*cols[i%n])
	}
	return bound
}

// at is where term p of row i lies in an operand of n rows of k terms, or in its transpose.
func at(transposed bool, i, p, n, k int) int {
	if transposed {
		return p*n + i
	}
	return i*k + p
}
