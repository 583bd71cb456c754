package report

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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
// The sign of a component is such that its greatest loading by size, the first of equals, is positive, so the same input
// gives the same picture. Components beyond the rank of x, where nothing varies, are zeros.
//
// A k below 1 or above n or H, fewer than two rows, rows that are all equal, and features that are not finite are errors.
func PCA(x *tensor.Tensor, k int) (*Projection, error) {
	tensor.Must("report.PCA", x.Shape, tensor.Shape{-1, -1})
	n, h := x.Shape[0], x.Shape[1]
	if k < 1 || k > min(n, h) {
		return nil, fmt.Errorf("report: PCA cannot give %d components of %d rows and %d features; ask for 1 to %d", k, n, h, min(n, h))
	}
	c, mean, err := centred(x)
	if err != nil {
		return nil, fmt.Errorf("report: PCA: %w", err)
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
func (p *Projection) fill(c *mat.Dense) error {
	n, h := c.Dims()
	few := n < h
	var products mat.SymDense // [n, n] if the rows are few, else [H, H]
	if few {
		products.SymOuterK(1, c)
	} else {
		products.SymOuterK(1, c.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&products, true) {
		return errors.New("report: PCA: the eigenvalues do not converge; scale the features")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values, total := eigen.Values(nil), mat.Trace(&products)
	last := len(values) - 1 // values rise
	for i := range p.Explained {
		if values[last-i] <= noise*values[last] {
			break
		}
		p.Explained[i] = values[last-i] / total
		v := mat.NewVecDense(h, nil)
		if few {
			v.MulVec(c.T(), vectors.ColView(last-i))
		} else {
			v.CopyVec(vectors.ColView(last - i))
		}
		p.set(i, v)
	}
	return nil
}

// set writes component i: of length 1, its greatest loading positive.
func (p *Projection) set(i int, v *mat.VecDense) {
	top := 0.0
	for j := range v.Len() {
		if e := v.AtVec(j); math.Abs(e) > math.Abs(top) {
			top = e
		}
	}
	scale := math.Copysign(1/mat.Norm(v, 2), top)
	for j := range v.Len() {
		p.Components.Row(i)[j] = float32(v.AtVec(j) * scale)
	}
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
