package backendtest

import "math"

// eps is the distance between 1 and the next float32.
const eps = 1.0 / (1 << 23)

// The bounds hold for every device: for float32 with fused or separate products, any order of summation within an
// operation, and the exp and tanh of graphics cards. core/kernel tests its own kernels against narrower ones.
const (
	// Rounding errors of a sum of K products walk at random, so they grow as √K; 4 for the worst of many elements.
	productBound = 4 * eps
	// Gelu in the epilogue of a product or alone, and its slope: times max(1, |x|). The best rational and polynomial forms of
	// erf in float32 reach 2e-7 to 4e-7.
	geluBound = 5e-7
	// tanh on graphics cards is 1e-5 absolute by the specification of WGSL.
	tanhBound = 1.2e-5
	// Attention, times max(1, size of the values): exp of WGSL is 3 + 2|x| units in the last place.
	attentionBound = 2e-5
	// A normalised row, times √H and its scale, and the gradient relative to the size of its row.
	normBound     = 2e-6
	normGradBound = 5e-5
	// A loss, relative to its terms, and the gradient of a logit before its scale.
	lossBound   = 1e-5
	logitsBound = 2e-6
	// The change of a parameter, besides half a unit in the last place of the parameter.
	adamWBound = 1e-6
)

// sumBound is the error of sums of n terms whose absolute values add up to mag.
func sumBound(mag []float64, n int) func(i int) float64 {
	return func(i int) float64 { return productBound * math.Sqrt(float64(n+1)) * mag[i] }
}

// relative is a bound relative to the wanted value, with a floor.
func relative(want []float64, bound, floor float64) func(i int) float64 {
	return func(i int) float64 { return bound*math.Abs(want[i]) + floor }
}
