package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Finite differences of the reference in float64: (f(x+d) - f(x-d)) / 2d is off by about d² f”' and by rounding, 1e-16 f/d.
const (
	difference    = 1e-5
	gradientBound = 1e-7 // of max(1, |gradient|), for functions whose third derivatives are of size 100 at most
)

// gradients has, for each kernel with one, a function that builds it at a size: the parameters, the scalar they make, and
// the gradient as the kernel says.
var gradients = []struct {
	name  string
	build func(r *rand.Rand, n int) (x []float64, f func() float64, g []float64)
}{
	{"AddBias, SumRows", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		b, c, g := normals(r, n), normals(r, 3*n), make([]float64, n)
		SumRows(g, c, 3, n)
		return b, func() float64 {
			y := make([]float64, 3*n)
			AddBias(y, b, 3, n)
			return dot(c, y)
		}, g
	}},
	{"Embed", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		ids := []int32{3, 1, 3, 10, 3, 1}
		w, c, g := normals(r, 11*n), normals(r, 6*n), make([]float64, 11*n)
		order, start, id := sortedIDs(ids)
		EmbedGrad(g, c, order, start, id, n)
		return w, func() float64 {
			y := normals(rand.New(rand.NewPCG(1, 1)), 6*n)
			Embed(y, w, ids, n, true)
			return dot(c, y)
		}, g
	}},
	{"LayerNorm", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		h := n + 1
		x, c := normals(r, 3*h+2*h), normals(r, 3*h) // s [3, H], w [H], b [H]
		s, w, b := x[:3*h], x[3*h:4*h], x[4*h:]
		y, stat, g := make([]float64, 3*h), make([]float64, 6), make([]float64, len(x))
		f := func() float64 {
			LayerNorm(y, stat, s, w, b, 3, h, 0.1)
			return dot(c, y)
		}
		f()
		LayerNormGrad(g[:3*h], c, s, stat, w, 3, h)
		LayerNormParamGrad(g[3*h:4*h], g[4*h:], c, s, stat, 3, h, 0, h)
		return x, f, g
	}},
	{"Gelu", ofElements(Gelu[float64], func(g, c, x, _ []float64) { GeluGrad(g, c, x) })},
	{"Relu", ofElements(Relu[float64], func(g, c, _, y []float64) { ReluGrad(g, c, y) })},
	{"Tanh", ofElements(Tanh[float64], func(g, c, _, y []float64) { TanhGrad(g, c, y) })},
	{"Attention", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) { return ofAttention(r, n, Drop{}) }},
	{"Attention with dropout", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		return ofAttention(r, n, NewDrop(0.3, Key(1, 2, 3)))
	}},
	{"MeanPool", ofPool(MeanPool[float64], MeanPoolGrad[float64])},
	{"FirstPool", ofPool(FirstPool[float64], FirstPoolGrad[float64])},
	{"CrossEntropy", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		x, labels, d := normals(r, 4*(n+1)), []int32{0, int32(n), -1, 0}, make([]float64, 4*(n+1))
		g := make([]float64, len(x))
		CrossEntropy(g, x, labels, n+1, 0.3)
		return x, func() float64 { return 0.3 * CrossEntropy(d, x, labels, n+1, 1) }, g
	}},
	{"SquaredError", func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		x, target, d, g := normals(r, n), normals(r, n), make([]float64, n), make([]float64, n)
		target[n/2] = math.NaN()
		SquaredError(g, x, target, 0.3)
		return x, func() float64 { return 0.3 * SquaredError(d, x, target, 1) }, g
	}},
	{"MatMul NT", ofProduct(NT)}, {"MatMul NN", ofProduct(NN)}, {"MatMul TN", ofProduct(TN)},
}

func TestGradients(t *testing.T) {
	for _, k := range gradients {
		for _, n := range []int{1, 7, 8, 9, 33} {
			t.Run(fmt.Sprintf("%s %d", k.name, n), func(t *testing.T) {
				r := rand.New(rand.NewPCG(3, uint64(n)))
				x, f, g := k.build(r, n)
				for i := range x {
					was := x[i]
					x[i] = was + difference
					up := f()
					x[i] = was - difference
					down := f()
					x[i] = was
					want := (up - down) / (2 * difference)
					if d := math.Abs(g[i] - want); !(d <= gradientBound*max(1, math.Abs(want))) {
						t.Fatalf("gradient %d = %g, finite difference %g", i, g[i], want)
					}
				}
			})
		}
	}
}

func ofElements(forward func(y, x []float64), backward func(g, c, x, y []float64)) func(*rand.Rand, int) ([]float64, func() float64, []float64) {
	return func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		x, c, y, g := normals(r, n), normals(r, n), make([]float64, n), make([]float64, n)
		f := func() float64 {
			forward(y, x)
			return dot(c, y)
		}
		f()
		backward(g, c, x, y)
		return x, f, g
	}
}

func ofAttention(r *rand.Rand, n int, d Drop) ([]float64, func() float64, []float64) {
	const heads, h = 2, 6
	off := offsetsOf(n, 2)
	qkv, c := normals(r, 3*(n+2)*h), normals(r, (n+2)*h)
	g := make([]float64, len(qkv))
	_, lse := referenceAttention(qkv, off, heads, h, d)
	referenceAttentionGrad(g, c, qkv, lse, off, heads, h, d)
	return qkv, func() float64 {
		out, _ := referenceAttention(qkv, off, heads, h, d)
		return dot(c, out)
	}, g
}

func ofPool(forward func(y, x []float64, off []int32, h int), backward func(dx, dy []float64, off []int32, h int)) func(*rand.Rand, int) ([]float64, func() float64, []float64) {
	return func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		off := offsetsOf(n, 1, 3)
		x, c, y, g := normals(r, (n+4)*5), normals(r, 15), make([]float64, 15), make([]float64, (n+4)*5)
		backward(g, c, off, 5)
		return x, func() float64 {
			forward(y, x, off, 5)
			return dot(c, y)
		}, g
	}
}

// ofProduct says that the gradients of a product are products in the other two layouts: of x and w, side by side.
func ofProduct(l Layout) func(*rand.Rand, int) ([]float64, func() float64, []float64) {
	return func(r *rand.Rand, n int) ([]float64, func() float64, []float64) {
		const m, k = 3, 5
		x, c := normals(r, m*k+n*k), normals(r, m*n)
		g := make([]float64, len(x))
		dx, dw := g[:m*k], g[m*k:]
		switch l {
		case NT:
			MatMul(NN, dx, c, x[m*k:], m, k, n)
			MatMul(TN, dw, c, x[:m*k], n, k, m)
		case NN:
			MatMul(NT, dx, c, x[m*k:], m, k, n)
			MatMul(TN, dw, x[:m*k], c, k, n, m)
		case TN:
			MatMul(NT, dx, x[m*k:], c, k, m, n)
			MatMul(NN, dw, x[:m*k], c, k, n, m)
		}
		return x, func() float64 {
			y := make([]float64, m*n)
			MatMul(l, y, x[:m*k], x[m*k:], m, n, k)
			return dot(c, y)
		}, g
	}
}

// normals are n normal values, kept off zero so that no difference crosses the corner of Relu.
func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
		if math.Abs(x[i]) < 0.01 {
			x[i] = 0.5
		}
	}
	return slices.Clip(x)
}
