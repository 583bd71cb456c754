package kernel

import "unsafe"

// A small product is one of attention's: a sentence's queries, keys or scores of one head, all of which lie in the nearest
// caches. Packing would cost as much as it saves there, so the left operand is read where it lies, by rows or by columns.

// smallRows is the number of rows of a tile of a small product.
const smallRows = 4

// small is c [M, N] = a b, or c += a b where more is 1, for b [K, N] and a [M, K], whose elements are row apart from row to row
// and term apart along K. N is a multiple of smallCols(); rows of a and c up to the next multiple of smallRows are read
// and written too. Each sum runs over K in order.
func small(c, a []float32, row, term int, b []float32, m, n, k, more int) {
	m = padded(m, smallRows)
	_, _, _ = c[m*n-1], a[(m-1)*row+(k-1)*term], b[k*n-1]
	pa, pb, pc := unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&c[0])
	for j := 0; j < n; j += smallCols() {
		for i := 0; i < m; i += smallRows {
			smallTile(k, unsafe.Add(pa, 4*i*row), 4*row, 4*term, unsafe.Add(pb, 4*j), 4*n, unsafe.Add(pc, 4*(i*n+j)), more)
		}
	}
}
