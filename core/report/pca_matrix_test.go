package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

// numbers is a matrix of normal numbers.
func numbers(rows, cols int, seed uint64) matrix64 {
	r := rand.New(rand.NewPCG(seed, 3))
	m := matrix64{rows, cols, make([]float64, rows*cols)}
	for i := range m.data {
		m.data[i] = r.NormFloat64()
	}
	return m
}

// TestProducts compares with the plain triple loop at sizes round the four rows and the strip of eight.
func TestProducts(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for _, h := range []int{1, 7, 8, 9, 17} {
			for _, k := range []int{1, 5, 8} {
				a, b := numbers(n, h, 1), numbers(n, k, 2)
				g := products(a, b)
				if g.rows != h || g.cols != k || len(g.data) != h*k {
					t.Fatalf("the product of %d columns and %d is [%d, %d]", h, k, g.rows, g.cols)
				}
				for i := range h {
					for j := range k {
						want := 0.0
						for r := range n {
							want += a.row(r)[i] * b.row(r)[j]
						}
						if !same(g.row(i)[j], want) {
							t.Fatalf("%d rows: element %d, %d is %v, want %v", n, i, j, g.row(i)[j], want)
						}
					}
				}
			}
		}
	}
}

// TestEigen checks A v = λ v, the order of the values and the length of the vectors.
func TestEigen(t *testing.T) {
	for _, n := range []int{1, 2, 9, 70} {
		f := numbers(n, n, 4)
		a := products(f, f)
		values, vectors, err := eigen(products(f, f))
		if err != nil {
			t.Fatal(err)
		}
		for k := range n {
			v := vectors.row(k)
			if k > 0 && values[k] > values[k-1] {
				t.Errorf("value %d rises: %v", k, values[k-1:k+1])
			}
			length := 0.0
			for i := range n {
				sum := 0.0
				for j, e := range v {
					sum += a.row(i)[j] * e
				}
				if math.Abs(sum-values[k]*v[i]) > 1e-11*values[0] {
					t.Fatalf("size %d: A v is %v at %d, λ v is %v", n, sum, i, values[k]*v[i])
				}
				length += v[i] * v[i]
			}
			if !same(length, 1) {
				t.Errorf("size %d: vector %d has the squared length %v", n, k, length)
			}
		}
	}
}

func TestMatrix(t *testing.T) {
	m := matrix64{2, 3, []float64{1, 2, 3, 4, 5, 6}}
	if p := m.transposed(); p.rows != 3 || p.cols != 2 || p.row(2)[0] != 3 || p.row(0)[1] != 4 {
		t.Errorf("transposed: %v", p)
	}
	if v := (matrix64{2, 2, []float64{1, 8, 8, 4}}).trace(); v != 5 {
		t.Errorf("trace %v, want 5", v)
	}
	if v := (matrix64{1, 2, []float64{3, 4}}).norm(); v != 5 {
		t.Errorf("norm %v, want 5", v)
	}
}
