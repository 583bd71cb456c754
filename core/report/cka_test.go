package report

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"thaw/core/tensor"
)

// random is a tensor [n, h] of normal numbers.
func random(n, h int, seed uint64) *tensor.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	x := tensor.New(n, h)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	return x
}

// times is x [n, h] by w [h, k].
func times(x, w *tensor.Tensor) *tensor.Tensor {
	y := tensor.New(x.Shape[0], w.Shape[1])
	for i := range y.Shape[0] {
		for k := range y.Shape[1] {
			sum := 0.0
			for j, v := range x.Row(i) {
				sum += float64(v) * float64(w.Row(j)[k])
			}
			y.Row(i)[k] = float32(sum)
		}
	}
	return y
}

// rotation is a product of plane rotations [h, h].
func rotation(h int) *tensor.Tensor {
	q := tensor.New(h, h)
	for i := range h {
		q.Row(i)[i] = 1
	}
	for i := range h - 1 {
		turn := tensor.New(h, h)
		for j := range h {
			turn.Row(j)[j] = 1
		}
		s, c := math.Sincos(0.7 + float64(i))
		turn.Row(i)[i], turn.Row(i + 1)[i+1] = float32(c), float32(c)
		turn.Row(i)[i+1], turn.Row(i + 1)[i] = float32(s), float32(-s)
		q = times(q, turn)
	}
	return q
}

// alignment fails the test if CKA does.
func alignment(t *testing.T, x, y *tensor.Tensor) float64 {
	t.Helper()
	v, err := CKA(x, y)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestCKAByHand has centred views of one and two features of four rows: x = (1, 1, -1, -1), y = (x, z) with z = (1, -1, 1, -1)
// at right angles to x. ‖Yᵀx‖ = 4, ‖xᵀx‖ = 4, ‖YᵀY‖ = 4√2, so CKA is 16 / (4 · 4√2) = 1/√2.
func TestCKAByHand(t *testing.T) {
	x, z, y := tensor.New(4, 1), tensor.New(4, 1), tensor.New(4, 2)
	copy(x.Data, []float32{6, 6, 4, 4}) // shifted by 5
	copy(z.Data, []float32{1, -1, 1, -1})
	copy(y.Data, []float32{1, 1, 1, -1, -1, 1, -1, -1})
	for _, c := range []struct {
		x, y *tensor.Tensor
		want float64
	}{{x, x, 1}, {x, z, 0}, {x, y, 1 / math.Sqrt2}, {y, z, 1 / math.Sqrt2}} {
		if got := alignment(t, c.x, c.y); !same(got, c.want) {
			t.Errorf("CKA of %v and %v is %v, want %v", c.x.Data, c.y.Data, got, c.want)
		}
	}
}

// TestCKAInvariance turns, scales and shifts a view, which leaves it as it was up to float32's rounding.
func TestCKAInvariance(t *testing.T) {
	x, y := random(30, 7, 1), random(30, 11, 2)
	turned := times(x, rotation(7))
	for i := range turned.Data {
		turned.Data[i] = turned.Data[i]*-3.5 + float32(i%7)
	}
	if v := alignment(t, x, x); v != 1 {
		t.Errorf("CKA with itself is %v", v)
	}
	if v := alignment(t, x, turned); math.Abs(v-1) > 1e-9 {
		t.Errorf("CKA with itself, turned and scaled, is %v", v)
	}
	a, b := alignment(t, x, y), alignment(t, turned, y)
	if math.Abs(a-b) > 1e-6 {
		t.Errorf("CKA %v, of the turned view %v", a, b)
	}
	if !same(a, alignment(t, y, x)) {
		t.Error("CKA is not symmetric")
	}
	if far := alignment(t, random(2000, 3, 5), random(2000, 4, 6)); far > 0.01 {
		t.Errorf("CKA of unrelated views is %v", far)
	}
}

// TestCKAGram compares with the form by rows, tr(K L) / (‖K‖ ‖L‖) for K = X Xᵀ and L = Y Yᵀ of centred views.
func TestCKAGram(t *testing.T) {
	for _, c := range []struct{ n, h, k int }{{2, 1, 1}, {9, 4, 6}, {5, 12, 3}, {33, 8, 8}, {130, 70, 65}} {
		x, y := random(c.n, c.h, 3), random(c.n, c.k, 4)
		copy(y.Data, x.Data[:min(len(x.Data), len(y.Data))/2])
		if got, want := alignment(t, x, y), gramCKA(x, y); !same(got, want) {
			t.Errorf("%+v: CKA %v, by rows %v", c, got, want)
		}
	}
}

func gramCKA(x, y *tensor.Tensor) float64 {
	k, l := gram(x), gram(y)
	var kl, kk, ll float64
	for i := range k {
		kl, kk, ll = kl+k[i]*l[i], kk+k[i]*k[i], ll+l[i]*l[i]
	}
	return kl / math.Sqrt(kk*ll)
}

// gram is the products of centred rows [n, n].
func gram(x *tensor.Tensor) []float64 {
	n, h := x.Shape[0], x.Shape[1]
	mean := make([]float64, h)
	for i, v := range x.Data {
		mean[i%h] += float64(v) / float64(n)
	}
	g := make([]float64, n*n)
	for i := range n {
		for j := range n {
			for f := range h {
				g[i*n+j] += (float64(x.Row(i)[f]) - mean[f]) * (float64(x.Row(j)[f]) - mean[f])
			}
		}
	}
	return g
}

// TestCKASameBits repeats a value on one and on several threads.
func TestCKASameBits(t *testing.T) {
	x, y := random(150, 140, 1), random(150, 70, 2)
	want := alignment(t, x, y)
	for _, threads := range []int{1, 1, 4} {
		before := runtime.GOMAXPROCS(threads)
		got := alignment(t, x, y)
		runtime.GOMAXPROCS(before)
		if got != want {
			t.Fatalf("%v on %d threads, %v before", got, threads, want)
		}
	}
}

func TestCKAOfScale(t *testing.T) {
	for _, scale := range []float32{1e-38, 1e37} {
		x, y := random(10, 3, 1), random(10, 4, 2)
		want := alignment(t, x, y)
		for i := range x.Data {
			x.Data[i] *= scale
		}
		for i := range y.Data {
			y.Data[i] *= scale
		}
		if got := alignment(t, x, y); math.Abs(got-want) > 1e-5 { // denormal numbers have few digits
			t.Errorf("features of %v: CKA %v, want %v", scale, got, want)
		}
	}
}

func TestCKAFaults(t *testing.T) {
	good, constant, broken := random(4, 3, 1), tensor.New(4, 3), random(4, 3, 1)
	for i := range constant.Data {
		constant.Data[i] = 0.1
	}
	broken.Data[7] = float32(math.Inf(1))
	for _, c := range []struct {
		x, y *tensor.Tensor
		is   error
		says string
	}{
		{tensor.New(1, 3), tensor.New(1, 2), ErrFewRows, "first view: fewer than two rows (1)"},
		{tensor.New(0, 3), tensor.New(0, 2), ErrFewRows, "(0)"},
		{good, constant, ErrNoVariance, "second view: all rows are equal (4)"},
		{constant, good, ErrNoVariance, "first view"},
		{good, tensor.New(4, 0), ErrNoVariance, "second view"},
		{good, broken, nil, "second view: feature 1 of row 2 is +Inf"},
	} {
		if v, err := CKA(c.x, c.y); err == nil || v != 0 || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("got %v and the error %v, want one that says %q", v, err, c.says)
		}
	}
	defer func() {
		if _, ok := recover().(tensor.ShapeError); !ok {
			t.Error("views of different sentences give no ShapeError")
		}
	}()
	CKA(good, random(5, 3, 1))
}
