package optim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/nn"
)

// updateTol is for one step of a rate below 0.1: float32 rounds parameters of size 3 by 2e-7.
const updateTol = 1e-6

// rig is a set of two arenas in which one tensor is frozen.
type rig struct {
	ops backend.Backend
	set *nn.Set
	r   *rand.Rand
}

func newRig() *rig {
	x := &rig{ops: cpu.New(kernel.Serial()), r: rand.New(rand.NewPCG(6, 6))}
	x.set = nn.NewSet(x.ops)
	nn.NewLinear(x.set, "layer.0", 7, 5, "frozen", "dense")
	nn.NewLayerNorm(x.set, "layer.0", "LayerNorm", 9, 1e-5)
	nn.NewLinear(x.set, "heads.topic", 3, 2, "heads.topic")
	x.set.Alloc()
	for _, p := range x.set.Params() {
		x.ops.Write(p.Value, x.normals(p.Size(), 1))
	}
	x.set.Thaw(func(name string) bool { return !strings.HasPrefix(name, "frozen") })
	return x
}

func (x *rig) normals(n int, std float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(x.r.NormFloat64() * std)
	}
	return v
}

// gradients draws one for each thawed tensor and returns them by name, with their global norm.
func (x *rig) gradients(std float64) (grads map[string][]float32, norm float64) {
	grads = map[string][]float32{}
	for _, p := range x.set.Params() {
		if p.Thawed() {
			g := x.normals(p.Size(), std)
			x.ops.Write(p.Grad, g)
			grads[p.Name] = g
			for _, e := range g {
				norm += float64(e) * float64(e)
			}
		}
	}
	return grads, math.Sqrt(norm)
}

func (x *rig) read(t testing.TB, b backend.Buffer) []float32 {
	t.Helper()
	v := make([]float32, b.Len())
	if err := x.ops.Read(v, b); err != nil {
		t.Fatal(err)
	}
	return v
}

// values is every parameter by name.
func (x *rig) values(t testing.TB) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range x.set.Params() {
		all[p.Name] = x.read(t, p.Value)
	}
	return all
}

// rate gives heads another factor.
func rate(p *nn.Param) float64 {
	if strings.HasPrefix(p.Group, "heads.") {
		return 10
	}
	return 1
}

// reference is torch.optim.AdamW in float64 over one tensor, written from its documentation.
type reference struct{ p, m, v []float64 }

func newReference(p []float32) *reference {
	return &reference{p: wide(p), m: make([]float64, len(p)), v: make([]float64, len(p))}
}

func (r *reference) step(g []float32, clip, rate, decay float64, step int) {
	for i, e := range wide(g) {
		e *= clip
		r.p[i] -= rate * decay * r.p[i]
		r.m[i] = 0.9*r.m[i] + 0.1*e
		r.v[i] = 0.999*r.v[i] + 0.001*e*e
		mean, square := r.m[i]/(1-math.Pow(0.9, float64(step))), r.v[i]/(1-math.Pow(0.999, float64(step)))
		r.p[i] -= rate * mean / (math.Sqrt(square) + 1e-8)
	}
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, e := range x {
		out[i] = float64(e)
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, e := range x {
		out[i] = float32(e)
	}
	return out
}

// TestAdamW takes five steps with clipping, decay, two rates and a frozen tensor.
func TestAdamW(t *testing.T) {
	const decay, clip, base = 0.1, 1.5, 0.01
	x := newRig()
	o := NewAdamW(x.set, decay, clip, rate)
	frozen := x.values(t)
	want := map[string]*reference{}
	for _, p := range x.set.Params() {
		want[p.Name] = newReference(frozen[p.Name])
	}
	for step := 1; step <= 5; step++ {
		grads, norm := x.gradients([]float64{1, 0.01, 3, 0.02, 1}[step-1]) // below and above the norm that is clipped
		o.Step(base)
		squared := x.read(t, o.Norm())[0]
		if math.Abs(math.Sqrt(float64(squared))-norm) > 1e-5*norm {
			t.Errorf("step %d: the norm is %g, want %g", step, math.Sqrt(float64(squared)), norm)
		}
		for _, p := range x.set.Params() {
			if p.Thawed() {
				d := decay
				if strings.HasSuffix(p.Name, ".bias") || strings.HasPrefix(p.Name, "LayerNorm") {
					d = 0
				}
				want[p.Name].step(grads[p.Name], min(1, clip/(norm+1e-6)), base*rate(p), d, step)
			}
			check.Close(t, p.Name, x.read(t, p.Value), narrow(want[p.Name].p), 5*updateTol)
		}
	}
	if o.Steps() != 5 {
		t.Errorf("%d steps were counted, want 5", o.Steps())
	}
	for _, name := range []string{"frozen.weight", "frozen.bias"} {
		check.Close(t, name, x.values(t)[name], frozen[name], 0)
	}
	for _, a := range x.set.Arenas {
		for _, p := range a.Params {
			if p.Thawed() {
				m, v := o.Moments(a, p)
				check.Close(t, "first moment of "+p.Name, x.read(t, m), narrow(want[p.Name].m), updateTol)
				check.Close(t, "second moment of "+p.Name, x.read(t, v), narrow(want[p.Name].v), updateTol)
			}
		}
	}
	if n := 5*7 + 5 + 9 + 9 + 3*2 + 2; o.Bytes() != int64(8*n) {
		t.Errorf("the moments take %d bytes, want two floats for each of %d thawed elements", o.Bytes(), n)
	}
}

// TestNoClipping: a bound of 0 is none.
func TestNoClipping(t *testing.T) {
	x := newRig()
	o := NewAdamW(x.set, 0, 0, rate)
	p, _ := x.set.Lookup("dense.weight")
	want := newReference(x.read(t, p.Value))
	for step := 1; step <= 2; step++ {
		grads, _ := x.gradients(100)
		o.Step(0.01)
		want.step(grads[p.Name], 1, 0.01, 0, step)
	}
	check.Close(t, p.Name, x.read(t, p.Value), narrow(want.p), 2*updateTol)
}

// TestSkipped: a gradient that is not finite changes neither parameters nor moments, and its step does not count. What
// follows is as if it had not been.
func TestSkipped(t *testing.T) {
	a, b := newRig(), newRig()
	oa, ob := NewAdamW(a.set, 0.01, 1, rate), NewAdamW(b.set, 0.01, 1, rate)
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30} { // the square of the last is infinite
		ga, _ := a.gradients(1)
		gb, _ := b.gradients(1)
		if !slices.Equal(ga["dense.weight"], gb["dense.weight"]) {
			t.Fatal("the two runs must have the same gradients")
		}
		oa.Step(0.01)
		ob.Step(0.01)

		p, _ := a.set.Lookup("dense.bias")
		before, g := a.values(t), a.read(t, p.Grad)
		g[2] = bad
		a.ops.Write(p.Grad, g)
		oa.Step(0.01)
		if n := float64(a.read(t, oa.Norm())[0]); !math.IsNaN(n) && !math.IsInf(n, 0) {
			t.Errorf("with a gradient of %g the norm is %g", bad, n)
		}
		oa.Skipped()
		for name, v := range a.values(t) {
			check.Close(t, name+" after a skipped step", v, before[name], 0)
		}
	}
	a.gradients(1)
	b.gradients(1)
	oa.Step(0.01)
	ob.Step(0.01)
	want := b.values(t)
	for name, v := range a.values(t) {
		check.Close(t, name, v, want[name], 0)
	}
	if oa.Steps() != 4 || ob.Steps() != 4 {
		t.Errorf("%d and %d steps were counted, want 4 each", oa.Steps(), ob.Steps())
	}
}

// TestGoesOn carries moments and the number of steps over to another optimizer, as a resumed run does.
func TestGoesOn(t *testing.T) {
	a, b := newRig(), newRig()
	oa := NewAdamW(a.set, 0.01, 1, rate)
	for range 3 {
		a.gradients(1)
		oa.Step(0.01)
	}
	ob := NewAdamW(b.set, 0.01, 1, rate)
	ob.SetCounts(oa.Counts())
	for i, arena := range a.set.Arenas {
		for j, p := range arena.Params {
			q := b.set.Arenas[i].Params[j]
			b.ops.Write(q.Value, a.read(t, p.Value))
			if p.Thawed() {
				m, v := oa.Moments(arena, p)
				toM, toV := ob.Moments(b.set.Arenas[i], q)
				b.ops.Write(toM, a.read(t, m))
				b.ops.Write(toV, a.read(t, v))
			}
		}
	}
	b.r = rand.New(rand.NewPCG(8, 8))
	a.r = rand.New(rand.NewPCG(8, 8))
	a.gradients(1)
	b.gradients(1)
	oa.Step(0.01)
	ob.Step(0.01)
	want := a.values(t)
	for name, v := range b.values(t) {
		check.Close(t, name, v, want[name], 0)
	}
	ob.Free()
}

// TestNothingTrains: with everything frozen there are no moments, and a step does nothing.
func TestNothingTrains(t *testing.T) {
	x := newRig()
	x.set.Thaw(func(string) bool { return false })
	before := x.values(t)
	o := NewAdamW(x.set, 0.01, 1, rate)
	o.Step(1)
	for name, v := range x.values(t) {
		check.Close(t, name, v, before[name], 0)
	}
	if n := x.read(t, o.Norm())[0]; n != 0 || o.Bytes() != 0 {
		t.Errorf("norm %g, moments of %d bytes", n, o.Bytes())
	}
}
