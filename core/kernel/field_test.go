package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// guard stands before and after every slice that a test hands to a kernel; no kernel may touch it.
const (
	guard      = float32(-12345.678)
	guardWidth = 19
)

// eps is the distance between 1 and the next float32.
const eps = 1.0 / (1 << 23)

// field hands guarded slices to one run of one kernel and checks them afterwards.
type field struct {
	t     *testing.T
	r     *rand.Rand
	pool  Pool
	shift int // elements by which slices are off the start of their memory
	in    []held
	out   []held
}

// held is a slice amid guards, and what it held when it was handed out.
type held struct {
	whole, s, was []float32
}

func newField(t *testing.T, pool Pool, shift int) *field {
	return &field{t: t, r: rand.New(rand.NewPCG(7, 11)), pool: pool, shift: shift}
}

func (f *field) hold(s []float32) held {
	whole := slices.Repeat([]float32{guard}, len(s)+2*guardWidth+f.shift)
	h := held{whole: whole, s: whole[guardWidth+f.shift:][:len(s)], was: s}
	copy(h.s, s)
	return h
}

// input is a slice that must not change.
func (f *field) input(s []float32) []float32 {
	h := f.hold(s)
	f.in = append(f.in, h)
	return h.s
}

// normals is an input of n normal values.
func (f *field) normals(n int) []float32 { return f.input(normal(f.r, n)) }

// sum is a slice that the kernel adds to or updates, with normal values in it.
func (f *field) sum(n int) []float32 { return f.update(normal(f.r, n)) }

func (f *field) update(s []float32) []float32 {
	h := f.hold(s)
	f.out = append(f.out, h)
	return h.s
}

// output is a slice of NaN, all of which the kernel must overwrite.
func (f *field) output(n int) []float32 {
	return f.update(slices.Repeat([]float32{float32(math.NaN())}, n))
}

// scratch is a slice of NaN that may hold anything afterwards, but has guards like the others.
func (f *field) scratch(n int) []float32 {
	h := f.hold(slices.Repeat([]float32{float32(math.NaN())}, n))
	f.out = append(f.out, held{whole: h.whole, s: h.s[:0], was: h.s})
	return h.s
}

func (f *field) run(t Task) { f.pool.Run(&t) }

// intact checks the guards of every slice and the inputs.
func (f *field) intact() {
	f.t.Helper()
	for i, h := range append(slices.Clone(f.in), f.out...) {
		tail := guardWidth + f.shift + len(h.was)
		for j, e := range h.whole {
			if (j < guardWidth+f.shift || j >= tail) && e != guard {
				f.t.Fatalf("slice %d of %d elements: guard at %d overwritten with %g", i, len(h.was), j-guardWidth-f.shift, e)
			}
		}
	}
	for i, h := range f.in {
		if j := differ(h.s, h.was); j >= 0 {
			f.t.Fatalf("input %d changed at %d: %g, was %g", i, j, h.s[j], h.was[j])
		}
	}
}

// bits are all outputs, to compare runs.
func (f *field) bits() (all []float32) {
	for _, h := range f.out {
		all = append(all, h.s...)
	}
	return all
}

// near checks got against want, the bound given for each element.
func (f *field) near(what string, got []float32, want []float64, bound func(i int) float64) {
	f.t.Helper()
	for i, e := range got {
		if d := math.Abs(float64(e) - want[i]); !(d <= bound(i)) {
			f.t.Fatalf("%s[%d] = %g, want %g: off by %.3g, bound %.3g", what, i, e, want[i], d, bound(i))
		}
	}
}

// exact checks that got is want rounded once.
func (f *field) exact(what string, got []float32, want []float64) {
	f.t.Helper()
	f.near(what, got, rounded(want), func(int) float64 { return 0 })
}

// sums checks elements that are sums of n terms, mag the sums of their absolute values. Rounding errors of the terms walk
// at random, so they grow as √n; 2 leaves room for the order of summation.
func (f *field) sums(what string, got []float32, want, mag []float64, n int) {
	f.t.Helper()
	f.near(what, got, want, func(i int) float64 { return 2 * eps * math.Sqrt(float64(n+1)) * mag[i] })
}

func rounded(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(float32(e))
	}
	return y
}

func magnitudes(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = math.Abs(e)
	}
	return y
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

func normal(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(e)
	}
	return y
}

// offsetsOf are the offsets of sentences of the given lengths.
func offsetsOf(lengths ...int) []int32 {
	off := []int32{0}
	for i, n := range lengths {
		off = append(off, off[i]+int32(n))
	}
	return off
}

func sizeName(size []int) string { return fmt.Sprint(size)[1:] }
