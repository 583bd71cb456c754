//go:build !goexperiment.simd

package kernel

// vecDropAdd is y += keep · x for elements whose first has the given index.
func vecDropAdd(y, x []float32, first uint32, d Drop) {
	for i, e := range x[:len(y)] {
		y[i] += float32(d.Keep(first+uint32(i)) * e)
	}
}

// vecDropScale is p *= keep for elements whose first has the given index.
func vecDropScale(p []float32, first uint32, d Drop) {
	for i := range p {
		p[i] *= d.Keep(first + uint32(i))
	}
}
