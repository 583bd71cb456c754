package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// Finite differences in float32. The loss is summed in float64, so that only the op itself rounds: outputs of size y are
// off by about 1e-7 y, a sum of n of them over a step of 2d by 1e-7 y √n / 2d, which is 3e-4 for y = 3 and n = 200; the third
// derivative adds d²/6 of itself, 1e-5 f”'. Measured: 4e-4.
const (
	difference    = 1.0 / 128
	gradientBound = 1e-3 // of max(1, |gradient|)
)

// leaf is an input or a parameter to differentiate by.
type leaf struct {
	name       string
	rows, cols int
	input      bool // a value of the pass, else a parameter
	far        bool // no element near 0, where the op has a kink

	x     []float32
	began []float32 // what the gradient holds before
	val   backend.Buffer
	grad  backend.Buffer
}

// result is where a graph ends: in outputs, of which the loss is a weighted sum, or in a loss of its own.
type result struct {
	out   *autograd.Var
	loss  backend.Buffer // [1], nil if out counts
	scale float64        // of loss
}

// graph is one row of the table: leaves of a given width and what is made of them.
type graph struct {
	op, name string
	leaves   func(n int) []leaf
	build    func(t *autograd.Tape, v []*autograd.Var) result
}

// TestGradients compares every gradient of every graph of the table with finite differences, at odd widths.
func TestGradients(t *testing.T) {
	for _, g := range graphs {
		t.Run(g.op+" "+g.name, func(t *testing.T) {
			for _, n := range []int{1, 7, 8, 9, 33} {
				r := newRig(g, n)
				r.backward(t)
				r.compare(t, fmt.Sprintf("width %d", n))
			}
		})
	}
}

// TestGradientsAccumulate runs a pass twice without clearing: the gradients must be twice those of one.
func TestGradientsAccumulate(t *testing.T) {
	for _, g := range graphs {
		t.Run(g.op+" "+g.name, func(t *testing.T) {
			r := newRig(g, 9)
			r.backward(t)
			r.backward(t)
			r.compareTo(t, "after two passes", 2)
		})
	}
}

// rig is a graph on a device.
type rig struct {
	graph   graph
	ops     backend.Backend
	tape    *autograd.Tape
	leaves  []leaf
	weights []float32 // of the outputs in the loss
}

func newRig(g graph, n int) *rig {
	ops := cpu.New(kernel.Serial())
	r := &rig{graph: g, ops: ops, tape: autograd.NewTape(ops), leaves: g.leaves(n)}
	random := rand.New(rand.NewPCG(uint64(n), 5))
	for i := range r.leaves {
		l := &r.leaves[i]
		l.x, l.began = normals(random, l.rows*l.cols), normals(random, l.rows*l.cols)
		for j, e := range l.x {
			if l.far && math.Abs(float64(e)) < 0.1 {
				l.x[j] = 0.5
			}
		}
		l.val, l.grad = upload(ops, l.x), upload(ops, l.began)
	}
	return r
}

// forward builds the graph on an empty tape.
func (r *rig) forward() result {
	r.tape.Reset()
	vars := make([]*autograd.Var, len(r.leaves))
	for i, l := range r.leaves {
		if l.input {
			vars[i] = r.tape.Input(l.val, l.grad, l.rows, l.cols)
		} else {
			vars[i] = r.tape.Param(l.val, l.rows, l.cols, autograd.Part{Rows: l.rows, Grad: l.grad})
		}
	}
	return r.graph.build(r.tape, vars)
}

// backward runs one pass there and back.
func (r *rig) backward(t *testing.T) {
	y := r.forward()
	if y.loss == nil {
		n := y.out.Rows() * y.out.Cols()
		if r.weights == nil {
			r.weights = normals(rand.New(rand.NewPCG(77, 1)), n)
		}
		r.ops.Write(y.out.Grad(), r.weights)
	}
	r.tape.Backward()
	if err := r.ops.Sync(); err != nil {
		t.Fatal(err)
	}
}

// value is the loss at the leaves' present values.
func (r *rig) value(t *testing.T) (sum float64) {
	y := r.forward()
	if y.loss != nil {
		return y.scale * float64(read(t, r.ops, y.loss)[0])
	}
	for i, e := range read(t, r.ops, y.out.Value()) {
		sum += float64(r.weights[i]) * float64(e)
	}
	return sum
}

func (r *rig) compare(t *testing.T, what string) {
	t.Helper()
	r.compareTo(t, what, 1)
}

// compareTo compares what was added to the gradients with that many times the finite differences.
func (r *rig) compareTo(t *testing.T, what string, times float64) {
	t.Helper()
	for _, l := range r.leaves {
		got := read(t, r.ops, l.grad)
		for i := range got {
			want := times * r.slope(t, l, i)
			if d := float64(got[i]) - float64(l.began[i]); !(math.Abs(d-want) <= times*gradientBound*max(1, math.Abs(want))) {
				t.Fatalf("%s: gradient of %s, element %d is %g, finite differences say %g", what, l.name, i, d, want)
			}
		}
	}
}

// slope is the central difference by element i of a leaf.
func (r *rig) slope(t *testing.T, l leaf, i int) float64 {
	x := slices.Clone(l.x)
	at := func(e float32) float64 {
		x[i] = e
		r.ops.Write(l.val, x)
		return r.value(t)
	}
	hi, lo := l.x[i]+difference, l.x[i]-difference
	s := (at(hi) - at(lo)) / (float64(hi) - float64(lo))
	r.ops.Write(l.val, l.x)
	return s
}

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func upload(ops backend.Backend, x []float32) backend.Buffer {
	b := ops.Alloc(len(x))
	ops.Write(b, x)
	return b
}

func uploadInts(ops backend.Backend, x []int32) backend.Buffer {
	b := ops.AllocInts(len(x))
	ops.WriteInts(b, x)
	return b
}

func read(t testing.TB, ops backend.Backend, b backend.Buffer) []float32 {
	t.Helper()
	x := make([]float32, b.Len())
	if err := ops.Read(x, b); err != nil {
		t.Fatal(err)
	}
	return x
}
