package probe

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGradient compares each component with a central difference of the value, for numbers of rows that fill their tiles
// and that do not. The step 1e-6 leaves errors near 1e-10.
func TestGradient(t *testing.T) {
	for _, c := range []struct {
		n, h, classes int
		standardize   bool
	}{{2, 1, 2, false}, {8, 5, 3, false}, {13, 7, 4, true}, {31, 9, 2, true}} {
		x, labels := clouds(c.n, c.h, c.classes, 1, 5)
		labels[0], labels[c.n-1] = 0, 1
		s, err := newSample(x, labels, c.classes, c.standardize)
		if err != nil {
			t.Fatal(err)
		}
		f := newObjective(s, 0.7)
		r := rand.New(rand.NewPCG(9, 9))
		params, grad := make([]float64, len(f.grad)), make([]float64, len(f.grad))
		for i := range params {
			params[i] = r.NormFloat64()
		}
		f.gradient(grad, params)
		for i, v := range params {
			const step = 1e-6
			params[i] = v + step
			up := f.value(params)
			params[i] = v - step
			down := f.value(params)
			params[i] = v
			if want := (up - down) / (2 * step); math.Abs(grad[i]-want) > 1e-8 {
				t.Errorf("%+v: component %d of the gradient is %v, the difference says %v", c, i, grad[i], want)
			}
		}
	}
}

// TestValue compares the penalised loss with the formula of Fit's comment, written out.
func TestValue(t *testing.T) {
	x, labels := clouds(11, 3, 3, 1, 2)
	labels[4] = -1
	s, err := newSample(x, labels, 3, false)
	if err != nil {
		t.Fatal(err)
	}
	f := newObjective(s, 0.3)
	params := []float64{0.1, -0.2, 0.3, 0.5, 0.4, -0.6, -0.7, 0.2, 0.9, 0.05, -0.15, 0.1} // W [3, 3], b [3]
	want, n := 0.0, 0.0
	for i, label := range labels {
		if label < 0 {
			continue
		}
		n++
		var z [3]float64
		sum := 0.0
		for c := range z {
			z[c] = params[9+c]
			for j, v := range x.Row(i) {
				z[c] += params[3*c+j] * (float64(v) - s.mean[j])
			}
			sum += math.Exp(z[c])
		}
		want += math.Log(sum) - z[label]
	}
	for _, w := range params[:9] {
		want += 0.3 / 2 * w * w
	}
	if got := f.value(params); math.Abs(got-want/n) > 1e-13 {
		t.Errorf("the value is %v, want %v", got, want/n)
	}
}

// TestStart has biases of every class whose sum is 0, an absent class the lowest.
func TestStart(t *testing.T) {
	f := newObjective(&sample{rows: make([]int, 6), class: []int32{0, 0, 1, 1, 1, 3}, classes: 4, mean: make([]float64, 2)}, 1)
	b := f.start()[8:]
	if sum := b[0] + b[1] + b[2] + b[3]; math.Abs(sum) > 1e-15 || !(b[2] < b[3] && b[3] < b[0] && b[0] < b[1]) {
		t.Errorf("biases %v with the sum %v", b, sum)
	}
}
