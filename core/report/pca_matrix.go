package report

import "math"

// matrix64 is rows of features in float64, back to back.
type matrix64 struct {
	rows, cols int
	data       []float64 // [rows, cols]
}

func (m matrix64) row(i int) []float64 { return m.data[i*m.cols:][:m.cols] }

// transposed is mᵀ.
func (m matrix64) transposed() matrix64 {
	t := matrix64{m.cols, m.rows, make([]float64, len(m.data))}
	for i := range m.rows {
		for j, v := range m.row(i) {
			t.data[j*t.cols+i] = v
		}
	}
	return t
}

// norm is the Frobenius norm. Products of features in float32 are far from the ends of float64, so nothing is scaled.
func (m matrix64) norm() float64 {
	sum := 0.0
	for _, v := range m.data {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// trace is the sum of the diagonal.
func (m matrix64) trace() (sum float64) {
	for i := range m.rows {
		sum += m.row(i)[i]
	}
	return sum
}

// strip is the rows of a product that stay in the cache while all rows of the factors go by.
const strip = 8

// products is aᵀ b [H, K] for a [n, H] and b [n, K]. It is written out because gonum's general product brings 250 KB of
// code to the browser for it. Sums run over n in fours, so the bits depend on the factors alone.
func products(a, b matrix64) matrix64 {
	g := matrix64{a.cols, b.cols, make([]float64, a.cols*b.cols)}
	for from := 0; from < g.rows; from += strip {
		to := min(from+strip, g.rows)
		r := 0
		for ; r+4 <= a.rows; r += 4 {
			p, q, s, t := a.row(r), a.row(r+1), a.row(r+2), a.row(r+3)
			for i := from; i < to; i++ {
				addRows(g.row(i), b.data[r*b.cols:][:4*b.cols], p[i], q[i], s[i], t[i])
			}
		}
		for ; r < a.rows; r++ {
			for i := from; i < to; i++ {
				addRow(g.row(i), b.row(r), a.row(r)[i])
			}
		}
	}
	return g
}

// addRows adds four rows b [4, K], weighted, to g [K].
func addRows(g, b []float64, p, q, s, t float64) {
	k := len(g)
	b0, b1, b2, b3 := b[:k], b[k:][:k], b[2*k:][:k], b[3*k:][:k]
	for j := range g {
		g[j] += (p*b0[j] + q*b1[j]) + (s*b2[j] + t*b3[j])
	}
}

// addRow adds one row b [K], weighted, to g [K].
func addRow(g, b []float64, p float64) {
	for j := range g {
		g[j] += p * b[j]
	}
}
