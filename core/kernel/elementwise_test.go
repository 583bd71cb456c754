package kernel

import (
	"math"
	"testing"
)

// geluBound is the greatest error of Gelu and its slope, times max(1, |x|): 4e-7 of verf, halved, and rounding.
const geluBound = 5e-7

// expBound is the greatest relative error of exp: the polynomial's 1e-7 and the rounding of six steps.
const expBound = 5e-7

var elementTests = []kernelTest{
	{"opAdd", "Add", lengths, func(f *field, size []int) {
		y, x := f.sum(size[0]), f.normals(size[0])
		want := wide(y)
		add(want, wide(x))
		f.run(AddTask(y, x))
		f.exact("y", y, want)
	}},
	{"opScale", "Scale", lengths, func(f *field, size []int) {
		y, want := f.sum(size[0]), make([]float64, size[0])
		axpy(want, float64(float32(0.3)), wide(y))
		f.run(ScaleTask(y, 0.3))
		f.exact("y", y, want)
	}},
	{"opFill", "Fill", lengths, func(f *field, size []int) {
		y, want := f.output(size[0]), make([]float64, size[0])
		for i := range want {
			want[i] = -2.5
		}
		f.run(FillTask(y, -2.5))
		f.exact("y", y, want)
	}},
	{"opGelu", "Gelu", lengths, func(f *field, size []int) {
		x, y := f.spread(size[0]), f.output(size[0])
		want := make([]float64, size[0])
		Gelu(want, wide(x))
		f.run(GeluTask(y, x))
		f.near("y", y, want, func(i int) float64 { return geluBound * max(1, math.Abs(float64(x[i]))) })
	}},
	{"opGeluGrad", "GeluGrad", lengths, func(f *field, size []int) {
		x, dy, dx := f.spread(size[0]), f.normals(size[0]), f.sum(size[0])
		want := wide(dx)
		GeluGrad(want, wide(dy), wide(x))
		f.run(GeluGradTask(dx, dy, x))
		f.near("dx", dx, want, func(i int) float64 {
			return geluBound*max(1, math.Abs(float64(x[i])))*math.Abs(float64(dy[i])) + eps*math.Abs(want[i])
		})
	}},
	{"opRelu", "Relu", lengths, func(f *field, size []int) {
		x, y, want := f.normals(size[0]), f.output(size[0]), make([]float64, size[0])
		Relu(want, wide(x))
		f.run(ReluTask(y, x))
		f.exact("y", y, want)
	}},
	{"opReluGrad", "ReluGrad", lengths, func(f *field, size []int) {
		y := normal(f.r, size[0])
		Relu(y, y)
		y = f.input(y)
		dy, dx := f.normals(size[0]), f.sum(size[0])
		want := wide(dx)
		ReluGrad(want, wide(dy), wide(y))
		f.run(ReluGradTask(dx, dy, y))
		f.exact("dx", dx, want)
	}},
	{"opTanh", "Tanh", lengths, func(f *field, size []int) {
		x, y, want := f.spread(size[0]), f.output(size[0]), make([]float64, size[0])
		Tanh(want, wide(x))
		f.run(TanhTask(y, x))
		f.near("y", y, want, func(i int) float64 { return 2 * eps })
	}},
	{"opTanhGrad", "TanhGrad", lengths, func(f *field, size []int) {
		y := normal(f.r, size[0])
		Tanh(y, y)
		y = f.input(y)
		dy, dx := f.normals(size[0]), f.sum(size[0])
		want := wide(dx)
		TanhGrad(want, wide(dy), wide(y))
		f.run(TanhGradTask(dx, dy, y))
		f.near("dx", dx, want, func(i int) float64 { return 2*eps*math.Abs(float64(dy[i])) + eps*math.Abs(want[i]) })
	}},
	{"opDropout", "Dropout", lengths, func(f *field, size []int) {
		const first = 1 << 20
		d := NewDrop(0.3, Key(5, 6, 7))
		x, y := f.normals(size[0]), f.sum(size[0])
		want := wide(y)
		for i, e := range x {
			want[i] += float64(d.Keep(first+uint32(i))) * float64(e)
		}
		f.run(DropoutTask(y, x, first, d))
		f.near("y", y, want, func(i int) float64 { return 2 * eps * (math.Abs(want[i]) + 2*math.Abs(float64(x[i]))) })
	}},
}

// spread is an input of values from the whole range where Gelu and tanh change, and the ends.
func (f *field) spread(n int) []float32 {
	x := normal(f.r, n)
	for i := range x {
		x[i] *= 3
	}
	if n > 20 {
		copy(x[3:], []float32{0, -40, 40, 1e-30, -1e-30, 3.92 * math.Sqrt2, -3.92 * math.Sqrt2})
	}
	return f.input(x)
}

// sweep is the numbers from lo to hi in small steps.
func sweep(lo, hi float64) []float32 {
	const n = 40_001
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(lo + (hi-lo)*float64(i)/(n-1))
	}
	return x
}

func TestGeluAccuracy(t *testing.T) {
	f := newField(t, Serial(), 0)
	x := sweep(-12, 12)
	bound := func(i int) float64 { return geluBound * max(1, math.Abs(float64(x[i]))) }
	y, want := make([]float32, len(x)), make([]float64, len(x))
	Gelu(want, wide(x))
	vecGelu(y, x)
	f.near("Gelu", y, want, bound)
	one := make([]float32, len(x))
	for i := range one {
		one[i], want[i] = 1, geluSlope(float64(x[i]))
	}
	clear(y)
	vecGeluGrad(y, one, x)
	f.near("GeluGrad", y, want, bound)
	vecGeluSlope(one, x)
	f.near("GeluSlope", one, want, bound)
}

func TestExpAccuracy(t *testing.T) {
	f := newField(t, Serial(), 0)
	x := sweep(-86, 0)
	p := append([]float32{}, x...)
	want, total := make([]float64, len(x)), 0.0
	for i, e := range x {
		want[i] = math.Exp(float64(e + 0.5))
		total += want[i]
	}
	sum := vecExp(p, 0.5)
	f.near("exp", p, want, func(i int) float64 { return expBound * want[i] })
	f.near("sum", []float32{sum}, []float64{total}, func(int) float64 { return 1e-5 * total })
}

// TestWhereItStands says that the bits of an element do not depend on its place in a vector.
func TestWhereItStands(t *testing.T) {
	f := newField(t, Serial(), 0)
	x := f.spread(70)
	all := make([]float32, len(x))
	vecGelu(all, x)
	slope, slopes := make([]float32, 1), make([]float32, len(x))
	copy(slopes, all)
	vecGeluSlope(slopes, x)
	for i := range x {
		one := []float32{0}
		vecGelu(one, x[i:i+1])
		slope[0] = one[0]
		vecGeluSlope(slope, x[i:i+1])
		if differ(one, all[i:]) >= 0 || differ(slope, slopes[i:]) >= 0 {
			t.Fatalf("element %d: Gelu %g and %g, times slope %g and %g", i, one[0], all[i], slope[0], slopes[i])
		}
	}
}

// TestNaN says that what is not a number stays so: a training step looks for it in the norm of the gradient.
func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	for _, n := range []int{1, 5, 16, 33} {
		for i := range n {
			x, one := make([]float32, n), make([]float32, n)
			x[i], one[i] = nan, 1
			y, dx, p := make([]float32, n), make([]float32, n), append([]float32{}, x...)
			vecGelu(y, x)
			vecGeluGrad(dx, one, x)
			vecGeluSlope(one, x)
			sum := vecExp(p, 0)
			for k, e := range []float32{y[i], dx[i], one[i], p[i], sum} {
				if e == e {
					t.Errorf("%s of NaN at %d of %d is %g", []string{"Gelu", "GeluGrad", "GeluSlope", "exp", "sum of exp"}[k], i, n, e)
				}
			}
		}
	}
}
