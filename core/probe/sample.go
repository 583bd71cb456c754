package probe

import (
	"errors"
	"fmt"
	"math"

	"thaw/core/tensor"
)

// Faults of the labels, for who wants to tell them from those of the features.
var (
	ErrNoLabel  = errors.New("no row has a label")
	ErrOneClass = errors.New("all labels are of one class")
)

// sample is the labelled rows and the view the fit has of them: centred, and scaled if asked for. Centring changes nothing
// in the objective, for the biases are free, and spares L-BFGS most of its iterations.
type sample struct {
	x       *tensor.Tensor // [n, H], all rows
	rows    []int          // the labelled ones
	class   []int32        // their labels
	classes int
	mean    []float64 // [H]
	scale   []float64 // [H], 1 over the standard deviation, or 1
}

// newSample picks the labelled rows and checks them.
func newSample(x *tensor.Tensor, labels []int32, classes int, standardize bool) (*sample, error) {
	s := &sample{x: x, classes: classes}
	met := make([]bool, max(classes, 0))
	different := 0
	for i, label := range labels {
		if label == -1 {
			continue
		}
		if label < -1 || int(label) >= classes {
			return nil, fmt.Errorf("probe: row %d has label %d; labels are 0 to %d, or -1 for none", i, label, classes-1)
		}
		if err := finite(x.Row(i), i); err != nil {
			return nil, err
		}
		if !met[label] {
			met[label] = true
			different++
		}
		s.rows, s.class = append(s.rows, i), append(s.class, label)
	}
	switch {
	case different == 0:
		return nil, fmt.Errorf("probe: %w; label some rows of two or more classes", ErrNoLabel)
	case different == 1:
		return nil, fmt.Errorf("probe: %w (%d); label some rows of another", ErrOneClass, s.class[0])
	}
	s.centre(standardize)
	return s, nil
}

// finite refuses a row with a NaN or an infinity.
func finite(row []float32, i int) error {
	for j, v := range row {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			return fmt.Errorf("probe: feature %d of row %d is %v; features must be finite", j, i, v)
		}
	}
	return nil
}

// centre computes mean and scale of each feature. Both are taken relative to the first row, so that a feature which never
// changes is exactly 0 once centred, and keeps the scale 1.
func (s *sample) centre(standardize bool) {
	h, first := s.x.Shape[1], s.x.Row(s.rows[0])
	s.mean, s.scale = make([]float64, h), make([]float64, h)
	s.eachColumn(func(j int, v float32) { s.mean[j] += float64(v) - float64(first[j]) })
	for j := range s.mean {
		s.mean[j] = float64(first[j]) + s.mean[j]/float64(len(s.rows))
		s.scale[j] = 1
	}
	if !standardize {
		return
	}
	squares := make([]float64, h)
	s.eachColumn(func(j int, v float32) { d := float64(v) - s.mean[j]; squares[j] += d * d })
	for j, q := range squares {
		if q > 0 {
			s.scale[j] = math.Sqrt(float64(len(s.rows)) / q)
		}
	}
}

// eachColumn visits every element of the labelled rows, row after row.
func (s *sample) eachColumn(visit func(j int, v float32)) {
	for _, i := range s.rows {
		for j, v := range s.x.Row(i) {
			visit(j, v)
		}
	}
}

// fill writes centred and scaled rows from the labelled row at on to tile [tileRows, H]; those beyond the last are zeros.
func (s *sample) fill(tile []float64, at int) {
	h := len(s.mean)
	for r := range tileRows {
		t := tile[r*h:][:h]
		if at+r >= len(s.rows) {
			clear(t)
			continue
		}
		row, mean, scale := s.x.Row(s.rows[at+r])[:h], s.mean[:h], s.scale[:h]
		for j := range t {
			t[j] = (float64(row[j]) - mean[j]) * scale[j]
		}
	}
}

// unfold turns the parameters of the fit into weights [C, H] and biases [C] for features as they came:
//
//	W = V scale        b' = b - W mean
func (s *sample) unfold(params []float64) (w, b *tensor.Tensor) {
	h := len(s.mean)
	w, b = tensor.New(s.classes, h), tensor.New(s.classes)
	for c := range s.classes {
		bias := params[s.classes*h+c]
		for j, v := range params[c*h:][:h] {
			v *= s.scale[j]
			w.Row(c)[j] = float32(v)
			bias -= v * s.mean[j]
		}
		b.Data[c] = float32(bias)
	}
	return w, b
}
