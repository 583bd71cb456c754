// Package backendtest is one suite for every device: it compares each operation of the seam with the reference kernels
// in float64, through the seam alone, so that it says the same of the processor and of a graphics card.
//
// Buffers are over-allocated with guards round each view, inputs must stay as they were, outputs that an operation
// overwrites begin as NaN, and each case runs once on NaN alone before it counts, so that whatever scratch a device
// keeps is poisoned.
package backendtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/backend"
)

// testCase is one operation, or a few that belong together, at some sizes.
type testCase struct {
	name string
	ops  []string // of backend.Ops, asked of Supports
	run  func(g *rig)
}

func cases() []testCase {
	return slices.Concat(memoryCases, rowCases, elementCases, normCases, attentionCases, lossCases, adamWCases,
		matMulCases(), invariantCases)
}

// Run tests a device. It prints the operations that the device does not support, whose cases are skipped.
func Run(t *testing.T, open func(t *testing.T) backend.Backend) {
	b := open(t)
	var missing []string
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			if m := unsupported(b, c.ops); m != nil {
				missing = append(missing, m...)
				t.Skipf("%s does not support %v", b.Name(), m)
			}
			play(t, b, c, true)
			play(t, b, c, false)
		})
	}
	slices.Sort(missing)
	if missing = slices.Compact(missing); missing != nil {
		t.Logf("%s: skipped, for want of support: %v", b.Name(), missing)
	}
}

// Same runs every case on both devices and asks for equal bits: they differ in the number of threads alone.
func Same(t *testing.T, a, b backend.Backend) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			one, other := play(t, a, c, false), play(t, b, c, false)
			for i, e := range one {
				if math.Float32bits(e) != math.Float32bits(other[i]) {
					t.Fatalf("output %d is %g on %s, %g on %s", i, e, a.Name(), other[i], b.Name())
				}
			}
		})
	}
}

// play runs one case and returns what it wrote.
func play(t *testing.T, b backend.Backend, c testCase, poison bool) []float32 {
	t.Helper()
	g := &rig{t: t, b: b, r: rand.New(rand.NewPCG(5, 9)), poison: poison}
	c.run(g)
	return g.end()
}

func unsupported(b backend.Backend, ops []string) (missing []string) {
	for _, op := range ops {
		if !b.Supports(op) {
			missing = append(missing, op)
		}
	}
	return missing
}
