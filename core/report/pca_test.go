package report

import (
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thaw/core/tensor"
)

// project fails the test if PCA does.
func project(t *testing.T, x *tensor.Tensor, k int) *Projection {
	t.Helper()
	p, err := PCA(x, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPCAByHand has four points a (1, 2) + b (2, -1) + (0, 1) with a = -2, -1, 1, 2 and b = 0.1, -0.1, -0.1, 0.1. Sums of
// squares are 10 and 0.04 and the sum of products is 0, so the components are (1, 2)/√5 and (2, -1)/√5, and a point lies at
// √5 a and √5 b.
func TestPCAByHand(t *testing.T) {
	x := tensor.New(4, 2)
	for i, p := range [][2]float64{{-2, 0.1}, {-1, -0.1}, {1, -0.1}, {2, 0.1}} {
		x.Row(i)[0], x.Row(i)[1] = float32(p[0]+2*p[1]), float32(2*p[0]-p[1]+1)
	}
	p := project(t, x, 2)
	r := 1 / math.Sqrt(5)
	for i, want := range []float64{r, 2 * r, 2 * r, -r} {
		if math.Abs(float64(p.Components.Data[i])-want) > 1e-6 {
			t.Errorf("loading %d is %v, want %v", i, p.Components.Data[i], want)
		}
	}
	if math.Abs(p.Explained[0]-10/10.04) > 1e-7 || math.Abs(p.Explained[1]-0.04/10.04) > 1e-7 {
		t.Errorf("explained %v, want 10 and 0.04 of 10.04", p.Explained)
	}
	if math.Abs(float64(p.Mean[0])) > 1e-6 || math.Abs(float64(p.Mean[1])-1) > 1e-6 {
		t.Errorf("mean %v, want 0 and 1", p.Mean)
	}
	for i, want := range []float64{-2, 0.1, -1, -0.1, 1, -0.1, 2, 0.1} {
		if got := float64(p.Project(x).Data[i]); math.Abs(got-want/r) > 1e-5 {
			t.Errorf("place %d is %v, want %v", i, got, want/r)
		}
	}
}

// TestPCAProperties holds for many rows and for few: components have length 1 and are at right angles, shares fall and
// add up to 1, places have the mean 0 and the variance that is claimed, and all components together give x back.
func TestPCAProperties(t *testing.T) {
	for _, c := range []struct{ n, h int }{{40, 6}, {6, 40}, {7, 7}, {2, 3}, {5, 1}} {
		x := random(c.n, c.h, 11)
		for i := range x.Data {
			x.Data[i] = x.Data[i]*float32(1+i%c.h) + 3
		}
		rank := min(c.n-1, c.h)
		p := project(t, x, rank)
		places, total := p.Project(x), 0.0
		for i := range rank {
			for j := range rank {
				if d := inner(p.Components.Row(i), p.Components.Row(j)); math.Abs(d-unit(i == j)) > 1e-6 {
					t.Errorf("%+v: components %d and %d have the product %v", c, i, j, d)
				}
			}
			if total += p.Explained[i]; i > 0 && p.Explained[i] > p.Explained[i-1] {
				t.Errorf("%+v: shares rise: %v", c, p.Explained)
			}
		}
		if math.Abs(total-1) > 1e-9 {
			t.Errorf("%+v: shares add up to %v", c, total)
		}
		for i := range c.n {
			for j, v := range x.Row(i) {
				back := float64(p.Mean[j])
				for k, place := range places.Row(i) {
					back += float64(place) * float64(p.Components.Row(k)[j])
				}
				if math.Abs(back-float64(v)) > 1e-4 {
					t.Errorf("%+v: element %d of row %d comes back as %v, was %v", c, j, i, back, v)
				}
			}
		}
	}
}

func inner(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func unit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// TestPCASigns turns all features round: the components stay, so the picture is turned and not shuffled.
func TestPCASigns(t *testing.T) {
	for _, c := range []struct{ n, h int }{{30, 5}, {6, 20}} {
		x := random(c.n, c.h, 12)
		p := project(t, x, 3)
		for i := range x.Data {
			x.Data[i] = -x.Data[i]
		}
		q := project(t, x, 3)
		for i := range 3 {
			row := p.Components.Row(i)
			if top := slices.MaxFunc(row, bySize); top <= 0 {
				t.Errorf("%+v: the greatest loading of component %d is %v", c, i, top)
			}
		}
		for i, v := range p.Components.Data {
			if math.Abs(float64(v-q.Components.Data[i])) > 1e-6 {
				t.Fatalf("%+v: loading %d is %v, turned round %v", c, i, v, q.Components.Data[i])
			}
		}
	}
}

// bySize compares numbers by their absolute values.
func bySize(a, b float32) int {
	return int(math.Copysign(1, math.Abs(float64(a))-math.Abs(float64(b))))
}

// TestPCASameBits repeats a projection on one and on several threads.
func TestPCASameBits(t *testing.T) {
	for _, x := range []*tensor.Tensor{random(150, 80, 1), random(70, 140, 2)} {
		want := project(t, x, 5)
		for _, threads := range []int{1, 1, 4} {
			before := runtime.GOMAXPROCS(threads)
			got := project(t, x, 5)
			runtime.GOMAXPROCS(before)
			if !slices.Equal(got.Components.Data, want.Components.Data) || !slices.Equal(got.Explained, want.Explained) {
				t.Fatalf("other components on %d threads", threads)
			}
		}
	}
}

// TestPCARank has features that lie on one line: components beyond the first are zeros, in both forms.
func TestPCARank(t *testing.T) {
	for _, c := range []struct{ n, h int }{{9, 4}, {4, 9}} {
		x := tensor.New(c.n, c.h)
		for i := range c.n {
			for j := range c.h {
				x.Row(i)[j] = float32(i*(j+1)) + 0.1 // exact multiples, shifted
			}
			x.Row(i)[2] = 0.3 // and one that never changes
		}
		p := project(t, x, min(c.n, c.h))
		if math.Abs(p.Explained[0]-1) > 1e-9 || math.Abs(float64(p.Components.Row(0)[2])) > 1e-12 {
			t.Errorf("%+v: explained %v, loadings %v", c, p.Explained, p.Components.Row(0))
		}
		for i := 1; i < min(c.n, c.h); i++ {
			if p.Explained[i] > 1e-9 {
				t.Errorf("%+v: component %d explains %v", c, i, p.Explained[i])
			}
		}
		if last := p.Components.Row(min(c.n, c.h) - 1); slices.Max(last) != 0 || slices.Min(last) != 0 {
			t.Errorf("%+v: the component of nothing is %v", c, last)
		}
	}
}

func TestPCAFaults(t *testing.T) {
	constant, broken := tensor.New(5, 3), random(5, 3, 1)
	for i := range constant.Data {
		constant.Data[i] = 0.7
	}
	broken.Data[4] = float32(math.NaN())
	for _, c := range []struct {
		x    *tensor.Tensor
		k    int
		is   error
		says string
	}{
		{random(5, 3, 1), 4, nil, "4 components of 5 rows and 3 features; ask for 1 to 3"},
		{random(3, 5, 1), 4, nil, "ask for 1 to 3"},
		{random(5, 3, 1), 0, nil, "ask for 1 to 3"},
		{random(1, 3, 1), 1, ErrFewRows, "(1)"},
		{tensor.New(0, 3), 1, ErrFewRows, "(0)"},
		{tensor.New(4, 0), 1, ErrNoVariance, "(4)"},
		{constant, 2, ErrNoVariance, "(5)"},
		{broken, 2, nil, "feature 1 of row 1 is NaN"},
	} {
		if p, err := PCA(c.x, c.k); err == nil || p != nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("got %v and the error %v, want one that says %q", p, err, c.says)
		}
	}
	defer func() {
		if _, ok := recover().(tensor.ShapeError); !ok {
			t.Error("rows of another width give no ShapeError")
		}
	}()
	project(t, random(5, 3, 1), 2).Project(tensor.New(2, 4))
}

func TestPCAJSON(t *testing.T) {
	x := tensor.New(2, 2)
	copy(x.Data, []float32{0, 1, 2, 1})
	text, err := json.Marshal(project(t, x, 1))
	if err != nil || string(text) != `{"components":{"shape":[1,2],"values":[1,0]},"mean":[1,1],"explained":[1]}` {
		t.Errorf("%s, %v", text, err)
	}
}
