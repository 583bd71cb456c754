//go:build !goexperiment.simd

package kernel

import "unsafe"

// smallCols is the number of columns of a tile of a small product.
func smallCols() int { return 8 }

// smallTile is one tile of [small]; row, term and ld are strides in bytes, ld that of b and of c.
func smallTile(k int, a unsafe.Pointer, row, term int, b unsafe.Pointer, ld int, c unsafe.Pointer, more int) {
	for i := range smallRows {
		to := (*[8]float32)(unsafe.Add(c, i*ld))
		var sum [8]float32
		if more != 0 {
			sum = *to
		}
		for p := range k {
			e := *(*float32)(unsafe.Add(a, i*row+p*term))
			for j, w := range (*[8]float32)(unsafe.Add(b, p*ld)) {
				sum[j] += e * w
			}
		}
		*to = sum
	}
}
