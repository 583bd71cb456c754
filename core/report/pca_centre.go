package report

import (
	"fmt"
	"math"

	"thaw/core/tensor"
)

// centred is x [n, H] in float64 with the mean of each column taken off, and the means [H]. Means are summed relative to the
// first row, so that a feature which never changes becomes exactly 0.
func centred(x *tensor.Tensor) (m matrix64, mean []float64, err error) {
	n, h := x.Shape[0], x.Shape[1]
	if n < 2 {
		return m, nil, fmt.Errorf("%w (%d); give more sentences", ErrFewRows, n)
	}
	mean = make([]float64, h)
	for i := range n {
		for j, v := range x.Row(i) {
			if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
				return m, nil, fmt.Errorf("feature %d of row %d is %v; features must be finite", j, i, v)
			}
			mean[j] += float64(v) - float64(x.Data[j])
		}
	}
	for j := range mean {
		mean[j] = float64(x.Data[j]) + mean[j]/float64(n)
	}
	m, varies := matrix64{n, h, make([]float64, n*h)}, false
	for i := range n {
		row := m.row(i)
		for j, v := range x.Row(i) {
			row[j] = float64(v) - mean[j]
			varies = varies || row[j] != 0
		}
	}
	if !varies {
		return m, nil, fmt.Errorf("%w (%d); give sentences that differ", ErrNoVariance, n)
	}
	return m, mean, nil
}
