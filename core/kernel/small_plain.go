//go:build !goexperiment.simd && !wasm

package kernel

import "unsafe"

// smallCols is the number of columns of a tile of a small product.
func smallCols() int { return 8 }

// smallTile is one tile of [small]; row, term and next are strides in bytes, next that of b and of c.
func smallTile(k int, a unsafe.Pointer, row, term int, b unsafe.Pointer, next int, c unsafe.Pointer, more int) {
	for i := range smallRows {
		to := (*[8]float32)(unsafe.Add(c, i*next))
		var sum [8]float32
		if more != 0 {
			sum = *to
		}
		for p := range k {
			e := *(*float32)(unsafe.Add(a, i*row+p*term))
			for j, w := range (*[8]float32)(unsafe.Add(b, p*next)) {
				sum[j] += e * w
			}
		}
		*to = sum
	}
}
