package report

import (
	"math"

	"thaw/core/tensor"
)

// Change says how far the weights of a tensor have moved.
type Change struct {
	Relative float64 `json:"relative"` // ‖after - before‖ / ‖before‖
	Cosine   float64 `json:"cosine"`   // of the angle between before and after, -1 to 1
	MaxAbs   float64 `json:"maxAbs"`   // greatest |after - before| of one weight
}

// Drift compares the weights of a tensor, or of a layer laid end to end, before and after training. Norms are Euclidean and
// summed in float64.
//
// What began as zeros has no length to compare with: Relative is 1 if it has changed and 0 if it has not. The cosine is 1
// between zeros and 0 between zeros and anything else. Weights must be finite, as those of a finished run are; from one
// that is not the figures are not either. Drift panics with a tensor.ShapeError if the numbers of weights differ.
func Drift(before, after []float32) Change {
	tensor.Must("report.Drift", tensor.Shape{len(after)}, tensor.Shape{len(before)})
	var c Change
	var aa, bb, ab, dd float64
	for i, v := range before {
		a, b := float64(v), float64(after[i])
		d := b - a
		aa, bb, ab, dd = aa+a*a, bb+b*b, ab+a*b, dd+d*d
		c.MaxAbs = max(c.MaxAbs, math.Abs(d))
	}
	switch {
	case dd == 0:
		c.Cosine = 1
	case aa == 0:
		c.Relative = 1
	case bb == 0:
		c.Relative = 1 // the weights have gone to zero: all of their length
	default:
		c.Relative = math.Sqrt(dd / aa)
		c.Cosine = max(-1, min(1, ab/math.Sqrt(aa*bb)))
	}
	return c
}
