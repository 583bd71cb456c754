package report

import (
	"errors"
	"fmt"

	"thaw/core/tensor"
)

// Faults of a set of features, for who wants to tell them apart.
var (
	ErrFewRows    = errors.New("fewer than two rows")
	ErrNoVariance = errors.New("all rows are equal")
)

// CKA is the linear centred kernel alignment of two views x [n, H] and y [n, K] of the same n sentences, by arXiv 1905.00414
// (Kornblith and others, 2019), from 0 for unrelated views to 1 for views that differ by a rotation and a scale only:
//
//	‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖),    Frobenius norms, columns centred
//
// It takes time n (H² + HK + K²). Fewer than two rows, a view whose rows are all equal, and features that are not finite
// are errors; views of different sentences panic with a tensor.ShapeError.
func CKA(x, y *tensor.Tensor) (float64, error) {
	tensor.Must("report.CKA", x.Shape, tensor.Shape{-1, -1})
	tensor.Must("report.CKA", y.Shape, tensor.Shape{x.Shape[0], -1})
	a, _, err := centred(x)
	if err != nil {
		return 0, fmt.Errorf("report: CKA of the first view: %w", err)
	}
	b, _, err := centred(y)
	if err != nil {
		return 0, fmt.Errorf("report: CKA of the second view: %w", err)
	}
	cross := products(b, a).norm()
	return min(1, cross/products(a, a).norm()*(cross/products(b, b).norm())), nil
}
