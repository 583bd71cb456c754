package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// productBound is the error of a sum of K products in float32, over √K times the lengths of its two rows: rounding errors
// walk at random, and 4 leaves room for the worst of many thousand elements.
const productBound = 4 * eps

// Rows, columns and terms: smaller than a tile, at its edges, and beyond the blocks of rows, columns and terms.
var products = [][]int{{1, 1, 1}, {1, 7, 8}, {7, 9, 15}, {4, 8, 4}, {8, 17, 33}, {33, 31, 9}, {33, 65, 129}, {64, 128, 384}, {70, 200, 401}, {1, 384, 800}}

var epilogues = []Epilogue{Store, Accumulate, Bias, BiasGelu, GeluSlope, BiasResidual}

var matMulTests = []kernelTest{
	{"opPack", "Pack", [][]int{{1, 1}, {3, 5}, {7, 9}, {8, 8}, {17, 33}, {130, 401}, {35, 2*blockK + 1}}, packCase},
	{"opMatMul", "MatMul", products, func(f *field, size []int) {
		for _, l := range []Layout{NT, NN, TN} {
			for _, e := range epilogues {
				matMulCase(f, l, e, size[0], size[1], size[2])
			}
		}
	}},
}

// packCase packs n columns of k and checks each element, the zeros of the padding included.
func packCase(f *field, size []int) {
	n, k := size[0], size[1]
	width := tileCols(chooseTile())
	for _, transposed := range []bool{false, true} {
		src, got := f.normals(n*k), f.output(PackedCols(n, k))
		f.run(PackColsTask(got, src, n, k, transposed))
		want := make([]float64, len(got))
		for i := range n {
			for p := range k {
				at := i*k + p
				if transposed {
					at = p*n + i
				}
				block := p / blockK * blockK
				panel := block*padded(n, width) + i/width*width*min(blockK, k-block)
				want[panel+p%blockK*width+i%width] = float64(src[at])
			}
		}
		f.exact(fmt.Sprintf("panels of %d, transposed %v", width, transposed), got, want)
	}
}

// matMulCase is one product with one epilogue.
func matMulCase(f *field, l Layout, then Epilogue, m, n, k int) {
	f.t.Helper()
	x, w, b, r := f.normals(m*k), f.normals(n*k), f.normals(n), f.normals(m*n)
	y, u := f.output(m*n), f.output(m*n)
	if then == Accumulate {
		y = f.sum(m * n)
	}
	if then == GeluSlope {
		u = f.normals(m * n)
	}
	was := wide(y)
	want := make([]float64, m*n)
	MatMul(l, want, wide(x), wide(w), m, n, k)
	bound := productBounds(l, wide(x), wide(w), m, n, k)
	f.product(l, then, y, x, w, b, u, r, m, n, k)
	pre := referenceEpilogue(then, want, was, bound, wide(b), wide(u), wide(r), n)
	what := fmt.Sprintf("layout %d, epilogue %d, %d×%d×%d: ", l, then, m, n, k)
	if then == BiasGelu {
		f.near(what+"u", u, pre, func(i int) float64 { return bound[i] + eps*math.Abs(pre[i]) })
	}
	f.near(what+"y", y, want, func(i int) float64 {
		return 1.2*bound[i] + eps*math.Abs(want[i]) + epilogueBound(then, pre[i])
	})
}

// epilogueBound is what Gelu adds to the error of a product.
func epilogueBound(then Epilogue, u float64) float64 {
	switch then {
	case BiasGelu, GeluSlope:
		return geluBound * max(1, math.Abs(u))
	}
	return 0
}

// referenceEpilogue changes the product to what the epilogue makes of it, and returns what Gelu was applied to.
func referenceEpilogue(then Epilogue, y, was, bound, b, u, r []float64, n int) (pre []float64) {
	pre = append(pre, y...)
	for i := range y {
		switch then {
		case Accumulate:
			y[i] += was[i]
			bound[i] += eps * math.Abs(was[i])
		case Bias:
			y[i] += b[i%n]
		case BiasResidual:
			y[i] += b[i%n] + r[i]
			bound[i] += eps * (math.Abs(b[i%n]) + math.Abs(r[i]))
		case BiasGelu:
			pre[i] += b[i%n]
			y[i] = pre[i] * 0.5 * math.Erfc(-pre[i]/math.Sqrt2)
		case GeluSlope:
			y[i] *= geluSlope(u[i])
			pre[i] *= max(1, math.Abs(u[i]))
		}
	}
	return pre
}

// productBounds is the bound of each element before the epilogue.
func productBounds(l Layout, x, w []float64, m, n, k int) []float64 {
	rows, cols := make([]float64, m), make([]float64, n)
	for p := range k {
		for i := range m {
			e := x[i*k+p]
			if l == TN {
				e = x[p*m+i]
			}
			rows[i] += e * e
		}
		for j := range n {
			e := w[j*k+p]
			if l != NT {
				e = w[p*n+j]
			}
			cols[j] += e * e
		}
	}
	bound := make([]float64, m*n)
	for i := range bound {
		bound[i] = productBound * math.Sqrt(float64(k)) * math.Sqrt(rows[i/n]*cols[i%n])
	}
	return bound
}

// product packs w and multiplies, everything guarded.
func (f *field) product(l Layout, then Epilogue, y, x, w, b, u, r []float32, m, n, k int) {
	pw := f.scratch(PackedCols(n, k))
	f.run(PackColsTask(pw, w, n, k, l != NT))
	f.run(MatMulTask(Product{Y: y, X: x, W: pw, B: b, U: u, R: r, M: m, N: n, K: k, Across: l == TN, Then: then, Scratch: f.scratch(MatMulScratch(m, n, k))}))
}

// BenchmarkMatMul is the three products of each linear layer of MiniLM and BERT, packing included.
func BenchmarkMatMul(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1024, 384, 384}, {1024, 1536, 384}, {1024, 384, 1536}, {512, 768, 768}, {512, 3072, 768}, {512, 768, 3072}} {
		tokens, out, in := s[0], s[1], s[2]
		for l, a := range [][3]int{{tokens, out, in}, {tokens, in, out}, {out, in, tokens}} {
			m, n, k := a[0], a[1], a[2]
			x, w, y := normal(r, m*k), normal(r, k*n), normal(r, m*n)
			pw, scratch := make([]float32, PackedCols(n, k)), make([]float32, MatMulScratch(m, n, k))
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s %v threads=%d", [...]string{"NT", "NN", "TN"}[l], a, threads), func(b *testing.B) {
					pool := Goroutines(threads)
					defer pool.Close()
					for b.Loop() {
						pack := PackColsTask(pw, w, n, k, Layout(l) != NT)
						t := MatMulTask(Product{Y: y, X: x, W: pw, M: m, N: n, K: k, Across: Layout(l) == TN, Scratch: scratch})
						pool.Run(&pack)
						pool.Run(&t)
					}
					b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

func BenchmarkPack(b *testing.B) {
	const m, k = 1024, 384
	x := normal(rand.New(rand.NewPCG(1, 2)), m*k)
	cols := make([]float32, PackedCols(m, k))
	for _, transposed := range []bool{false, true} {
		t := PackColsTask(cols, x, m, k, transposed)
		b.Run(fmt.Sprintf("columns transposed %v", transposed), func(b *testing.B) {
			b.SetBytes(4 * m * k)
			for b.Loop() {
				Serial().Run(&t)
			}
		})
	}
}
