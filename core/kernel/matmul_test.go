package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// product runs MatMulTask over packed copies of its operands.
func product(l Layout, y, x, w []float32, m, n, k int, then Epilogue, b, u, r []float32) {
	px, pw := make([]float32, PackedRows(m, k)), make([]float32, PackedCols(n, k))
	pr, pc := PackRowsTask(px, x, m, k, l == TN), PackColsTask(pw, w, n, k, l != NT)
	Serial().Run(&pr)
	Serial().Run(&pc)
	t := MatMulTask(Product{Y: y, X: px, W: pw, B: b, U: u, R: r, M: m, N: n, K: k, Then: then, Scratch: make([]float32, MatMulScratch(m, n))})
	Serial().Run(&t)
}

func normal(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

func TestMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1, 1, 1}, {3, 5, 7}, {4, 8, 4}, {33, 65, 129}, {64, 128, 384}, {70, 200, 401}, {1, 384, 800}} {
		m, n, k := s[0], s[1], s[2]
		for _, l := range []Layout{NT, NN, TN} {
			x, w, y := normal(r, m*k), normal(r, k*n), normal(r, m*n)
			want := make([]float64, m*n)
			for i, e := range y {
				want[i] = float64(e)
			}
			MatMul(l, want, wide(x), wide(w), m, n, k)
			product(l, y, x, w, m, n, k, Accumulate, nil, nil, nil)
			for i, e := range y {
				if d := math.Abs(float64(e) - want[i]); d > 1e-6*(4+float64(k)) {
					t.Fatalf("%v layout %d: y[%d, %d] = %g, want %g", s, l, i/n, i%n, e, want[i])
				}
			}
		}
	}
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(e)
	}
	return y
}

func BenchmarkMatMul(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1024, 384, 384}, {1024, 1536, 384}, {1024, 384, 1536}} {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			x, w, y := normal(r, m*k), normal(r, k*n), normal(r, m*n)
			px, pw, sc := make([]float32, PackedRows(m, k)), make([]float32, PackedCols(n, k)), make([]float32, MatMulScratch(m, n))
			for b.Loop() {
				pr, pc := PackRowsTask(px, x, m, k, false), PackColsTask(pw, w, n, k, false)
				t := MatMulTask(Product{Y: y, X: px, W: pw, M: m, N: n, K: k, Scratch: sc})
				Serial().Run(&pr)
				Serial().Run(&pc)
				Serial().Run(&t)
			}
			b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
