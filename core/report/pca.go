package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/gonum"

	"thaw/core/tensor"
)

// Projection is the directions in which features vary most, and how to look along them.
type Projection struct {
	Components *tensor.Tensor `json:"components"` // [k, H], rows of length 1 and at right angles
	Mean       []float32      `json:"mean"`       // [H]
	Explained  []float64      `json:"explained"`  // [k] share of all variance along each, falling
}

// noise is the share of the greatest variance below which a direction is rounding error.
const noise = 1e-12

// PCA finds the k principal components of the rows of x [n, H], from the eigenvectors of the covariance [H, H] or, if there
// are fewer rows than features, of the products of rows [n, n]:
//
//	Xᵀ X v = λ v        or        X Xᵀ u = λ u,  v = Xᵀ u / √λ        for centred X
//
// The time goes with n H m and with m³, m the lesser of n and H: show a picture a few hundred rows.
//
// The sign of a component is such that its greatest loading by size, the first of equals, is positive, so the same input
// gives the same picture. Components beyond the rank of x, where nothing varies, are zeros.
//
// A k below 1 or above n or H, fewer than two rows, rows that are all equal, and features that are not finite are errors.
func PCA(x *tensor.Tensor, k int) (*Projection, error) {
	tensor.Must("report.PCA", x.Shape, tensor.Shape{-1, -1})
	n, h := x.Shape[0], x.Shape[1]
	c, mean, err := centred(x)
	if err != nil {
		return nil, fmt.Errorf("report: PCA: %w", err)
	}
	if k < 1 || k > min(n, h) {
		return nil, fmt.Errorf("report: PCA cannot give %d components of %d rows and %d features; ask for 1 to %d", k, n, h, min(n, h))
	}
	p := &Projection{Components: tensor.New(k, h), Mean: make([]float32, h), Explained: make([]float64, k)}
	for j, v := range mean {
		p.Mean[j] = float32(v)
	}
	if err := p.fill(c); err != nil {
		return nil, err
	}
	return p, nil
}

// fill computes components and their shares from centred features c [n, H].
func (p *Projection) fill(c matrix64) error {
	few := c.rows < c.cols
	factor := c
	if few {
		factor = c.transposed()
	}
	square := products(factor, factor) // [n, n] if the rows are few, else [H, H]
	total := square.trace()
	values, vectors, err := eigen(square)
	if err != nil {
		return err
	}
	for i := range p.Explained {
		if values[i] <= noise*values[0] {
			break
		}
		p.Explained[i] = values[i] / total
		v := vectors.row(i)
		if few {
			v = products(c, matrix64{c.rows, 1, v}).data
		}
		p.set(i, v)
	}
	return nil
}

// set writes component i: of length 1, its greatest loading positive.
func (p *Projection) set(i int, v []float64) {
	top := 0.0
	for _, e := range v {
		if math.Abs(e) > math.Abs(top) {
			top = e
		}
	}
	scale := math.Copysign(1/matrix64{data: v}.norm(), top)
	for j, e := range v {
		p.Components.Row(i)[j] = float32(e * scale)
	}
}

// eigen is the eigenvalues of a symmetric matrix, falling, and its eigenvectors as rows in that order. It takes LAPACK's
// routine from gonum directly, for package mat would bring 100 KB more to the browser. The matrix is overwritten.
func eigen(m matrix64) (values []float64, vectors matrix64, err error) {
	n := m.rows
	values = make([]float64, n)
	var size [1]float64
	gonum.Implementation{}.Dsyev(lapack.EVCompute, blas.Upper, n, m.data, n, values, size[:], -1)
	work := make([]float64, int(size[0]))
	if !(gonum.Implementation{}.Dsyev(lapack.EVCompute, blas.Upper, n, m.data, n, values, work, len(work))) {
		return nil, vectors, errors.New("report: PCA: the eigenvalues do not converge; scale the features")
	}
	slices.Reverse(values) // they rose, vectors are columns
	vectors = matrix64{n, n, make([]float64, n*n)}
	for i := range n {
		for j, v := range m.row(i) {
			vectors.row(n - 1 - j)[i] = v
		}
	}
	return values, vectors, nil
}

// Project gives the rows of x [n, H] as places along the components, [n, k]: (x - mean) vᵀ. Rows that the components were
// not found from are welcome, so that one picture can show what training moves.
func (p *Projection) Project(x *tensor.Tensor) *tensor.Tensor {
	k, h := p.Components.Shape[0], p.Components.Shape[1]
	tensor.Must("report.Project", x.Shape, tensor.Shape{-1, h})
	places := tensor.New(x.Shape[0], k)
	for i := range x.Shape[0] {
		row := x.Row(i)
		for c := range k {
			sum := 0.0
			for j, v := range p.Components.Row(c) {
				sum += float64(v) * (float64(row[j]) - float64(p.Mean[j]))
			}
			places.Row(i)[c] = float32(sum)
		}
	}
	return places
}
