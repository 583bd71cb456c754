package backendtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/backend"
)

// Guards stand round each view. A view begins at a multiple of 64 elements, for graphics cards bind ranges at
// multiples of 256 bytes.
const (
	guard      = float32(-12345.678)
	guardWidth = 64
)

var nan = float32(math.NaN())

// rig hands out buffers to one case and checks them at its end.
type rig struct {
	t      *testing.T
	b      backend.Backend
	r      *rand.Rand
	poison bool // everything handed out is NaN, and nothing is compared
	held   []*held
	ints   []backend.Buffer
}

// held is a view of a longer buffer and what it held when it was handed out.
type held struct {
	whole, view backend.Buffer
	was         []float32
	input       bool
}

func (g *rig) hold(s []float32, input bool) backend.Buffer {
	n := len(s)
	all := slices.Repeat([]float32{guard}, n+2*guardWidth)
	copy(all[guardWidth:], s)
	if g.poison {
		copy(all[guardWidth:], slices.Repeat([]float32{nan}, n))
	}
	h := &held{whole: g.b.Alloc(len(all)), was: slices.Clone(s), input: input}
	g.b.Write(h.whole, all)
	h.view = h.whole.View(guardWidth, n)
	g.held = append(g.held, h)
	return h.view
}

// in is an input, which no operation may change.
func (g *rig) in(s []float32) backend.Buffer { return g.hold(s, true) }

// sum holds s, and an operation adds to it or updates it.
func (g *rig) sum(s []float32) backend.Buffer { return g.hold(s, false) }

// out is n times NaN, all of which an operation must overwrite.
func (g *rig) out(n int) backend.Buffer { return g.hold(slices.Repeat([]float32{nan}, n), false) }

// ids are integers on the device.
func (g *rig) ids(s []int32) backend.Buffer {
	b := g.b.AllocInts(len(s))
	g.b.WriteInts(b, s)
	g.ints = append(g.ints, b)
	return b
}

// normals are n normal values.
func (g *rig) normals(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(g.r.NormFloat64())
	}
	return s
}

// spread are n values from the range where Gelu and tanh change, with the ends among them.
func (g *rig) spread(n int) []float32 {
	s := g.normals(n)
	for i := range s {
		s[i] *= 3
	}
	if n > 20 {
		copy(s[3:], []float32{0, -30, 30, 1e-20, -1e-20, 5.6, -5.6})
	}
	return s
}

// read is what a buffer holds now.
func (g *rig) read(b backend.Buffer) []float32 {
	g.t.Helper()
	s := make([]float32, b.Len())
	if err := g.b.Read(s, b); err != nil {
		g.t.Fatalf("Read: %v", err)
	}
	return s
}

// near compares a buffer with the reference, the bound given for each element.
func (g *rig) near(what string, b backend.Buffer, want []float64, bound func(i int) float64) {
	g.t.Helper()
	if g.poison {
		return
	}
	for i, e := range g.read(b) {
		if d := math.Abs(float64(e) - want[i]); !(d <= bound(i)) {
			g.t.Fatalf("%s[%d] = %g, want %g: off by %.3g, bound %.3g", what, i, e, want[i], d, bound(i))
		}
	}
}

// exact compares a buffer with values that have one right rounding.
func (g *rig) exact(what string, b backend.Buffer, want []float64) {
	g.t.Helper()
	rounded := make([]float64, len(want))
	for i, e := range want {
		rounded[i] = float64(float32(e))
	}
	g.near(what, b, rounded, func(int) float64 { return 0 })
}

// end checks guards and inputs, gives the memory back, and returns what the other buffers hold.
func (g *rig) end() (outputs []float32) {
	g.t.Helper()
	for i, h := range g.held {
		all := g.read(h.whole)
		s := all[guardWidth : len(all)-guardWidth]
		for j, e := range all {
			if (j < guardWidth || j >= guardWidth+len(s)) && e != guard {
				g.t.Fatalf("buffer %d of %d elements: guard at %d overwritten with %g", i, len(s), j-guardWidth, e)
			}
		}
		if h.input && !g.poison {
			g.unchanged(i, s, h.was)
		} else if !h.input {
			outputs = append(outputs, s...)
		}
		g.b.Free(h.whole)
	}
	for _, b := range g.ints {
		g.b.Free(b)
	}
	if err := g.b.Sync(); err != nil {
		g.t.Fatalf("Sync: %v", err)
	}
	return outputs
}

func (g *rig) unchanged(buffer int, now, was []float32) {
	g.t.Helper()
	if j := differ(now, was); j >= 0 {
		g.t.Fatalf("input %d changed at %d: %g, was %g", buffer, j, now[j], was[j])
	}
}

// differ is the first index at which the bits of a and b differ, or -1.
func differ(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(e)
	}
	return y
}

func magnitudes(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = math.Abs(float64(e))
	}
	return y
}

func largest(x []float32) (top float64) {
	for _, e := range x {
		top = max(top, math.Abs(float64(e)))
	}
	return top
}

// offsetsOf are the offsets of sentences of the given lengths.
func offsetsOf(lengths ...int) []int32 {
	off := []int32{0}
	for i, n := range lengths {
		off = append(off, off[i]+int32(n))
	}
	return off
}
