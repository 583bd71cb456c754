package report

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"thaw/core/tensor"
)

// centred is x [n, H] in float64 with the mean of each column taken off, and the means [H]. Means are summed relative to the
// first row, so that a feature which never changes becomes exactly 0.
func centred(x *tensor.Tensor) (*mat.Dense, []float64, error) {
	n, h := x.Shape[0], x.Shape[1]
	if n < 2 {
		return nil, nil, fmt.Errorf("%w (%d); give more sentences", ErrFewRows, n)
	}
	mean := make([]float64, h)
	for i := range n {
		for j, v := range x.Row(i) {
			if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
				return nil, nil, fmt.Errorf("feature %d of row %d is %v; features must be finite", j, i, v)
			}
			mean[j] += float64(v) - float64(x.Data[j])
		}
	}
	for j := range mean {
		mean[j] = float64(x.Data[j]) + mean[j]/float64(n)
	}
	flat := true
	c := make([]float64, n*h)
	for i, v := range x.Data[:n*h] {
		c[i] = float64(v) - mean[i%h]
		flat = flat && c[i] == 0
	}
	if flat {
		return nil, nil, fmt.Errorf("%w (%d); give sentences that differ", ErrNoVariance, n)
	}
	return mat.NewDense(n, h, c), mean, nil
}
