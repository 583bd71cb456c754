package report

import (
	"encoding/json"
	"math"
	"testing"

	"thaw/core/tensor"
)

func TestDriftByHand(t *testing.T) {
	root := math.Sqrt(2)
	for _, c := range []struct {
		before, after []float32
		want          Change
	}{
		{[]float32{3, 4}, []float32{3, 4}, Change{0, 1, 0}},
		{[]float32{3, 4}, []float32{6, 8}, Change{1, 1, 4}},
		{[]float32{3, 4}, []float32{-3, -4}, Change{2, -1, 8}},
		{[]float32{1, 0}, []float32{0, 1}, Change{root, 0, 1}},
		{[]float32{1, 1}, []float32{1, 0}, Change{1 / root, 1 / root, 1}},
		{[]float32{0, 0}, []float32{0, -2}, Change{1, 0, 2}},
		{[]float32{0, 2}, []float32{0, 0}, Change{1, 0, 2}},
		{[]float32{0, 0}, []float32{0, 0}, Change{0, 1, 0}},
		{nil, nil, Change{0, 1, 0}},
		{[]float32{3e38, 3e38}, []float32{-3e38, -3e38}, Change{2, -1, 2 * float64(float32(3e38))}},
		{[]float32{1e-45, 0}, []float32{0, 1e-45}, Change{root, 0, float64(float32(1e-45))}},
	} {
		got := Drift(c.before, c.after)
		if !same(got.Relative, c.want.Relative) || !same(got.Cosine, c.want.Cosine) || got.MaxAbs != c.want.MaxAbs {
			t.Errorf("from %v to %v: %+v, want %+v", c.before, c.after, got, c.want)
		}
	}
}

// TestDriftOfScale changes nothing but the figures' own unit: relative change and cosine are free of scale.
func TestDriftOfScale(t *testing.T) {
	before, after := []float32{0.5, -1.25, 2, 0.75}, []float32{0.25, -1.5, 2.5, 1}
	want := Drift(before, after)
	for i := range before {
		before[i] *= 1024
		after[i] *= 1024
	}
	if got := Drift(before, after); got.Relative != want.Relative || got.Cosine != want.Cosine || got.MaxAbs != 1024*want.MaxAbs {
		t.Errorf("%+v, scaled %+v", want, got)
	}
}

func TestDriftJSON(t *testing.T) {
	text, err := json.Marshal(Drift([]float32{1, 0}, []float32{2, 0}))
	if err != nil || string(text) != `{"relative":1,"cosine":1,"maxAbs":1}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestDriftPanics(t *testing.T) {
	defer func() {
		if _, ok := recover().(tensor.ShapeError); !ok {
			t.Error("weights of two sizes give no ShapeError")
		}
	}()
	Drift([]float32{1}, nil)
}
