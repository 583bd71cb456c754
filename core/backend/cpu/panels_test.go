package cpu

import (
	"testing"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// arena is two weights [4, 8] of ones, one after the other, and a product with the first.
func arena(c *CPU) (whole backend.Buffer, product func() float32) {
	whole = c.Alloc(64)
	c.Fill(whole, 1)
	x, y := c.Alloc(8), c.Alloc(4)
	c.Fill(x, 1)
	return whole, func() float32 {
		c.MatMul(backend.MatMul{Y: y, X: x, W: whole.View(0, 32), M: 1, N: 4, K: 8})
		return floats(y)[0]
	}
}

// fresh is whether the first weight's packed copy is in order.
func fresh(t *testing.T, b backend.Buffer) bool {
	t.Helper()
	p := b.(*buffer).own.packed
	if len(p) != 1 {
		t.Fatalf("%d packed copies, want 1: views of one range share theirs", len(p))
	}
	return p[0].fresh
}

// TestPackedWeight writes to a weight in every way an arena is written to, and to its neighbour.
func TestPackedWeight(t *testing.T) {
	c := New(kernel.Serial())
	whole, product := arena(c)
	grad, moments, norm := c.Alloc(64), c.Alloc(128), c.Alloc(1)
	c.Fill(grad, 1)
	adamW := func(from int) {
		c.Fill(moments, 0)
		c.AdamW(backend.AdamW{P: whole, G: grad, M: moments.View(0, 64), V: moments.View(64, 64), Norm: norm,
			Regions:  []backend.Region{{P: from, G: 0, N: 32, Rate: 1}},
			Settings: kernel.AdamWSettings{Rate: 1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1}})
	}
	if got := product(); got != 8 {
		t.Fatalf("product = %g, want 8", got)
	}
	keeps := map[string]func(){
		"Write to the neighbour": func() { c.Write(whole.View(32, 32), make([]float32, 32)) },
		"AdamW of the neighbour": func() { adamW(32) },
		"another product":        func() { product() },
	}
	for what, do := range keeps {
		if do(); !fresh(t, whole) {
			t.Errorf("%s: the weight is packed again", what)
		}
	}
	changes := []struct {
		what string
		do   func()
		want float32
	}{
		{"Write", func() { c.Write(whole.View(0, 1), []float32{3}) }, 10},
		{"Scale of the arena", func() { c.Scale(whole, 2) }, 20},
		{"Fill of an overlapping view", func() { c.Fill(whole.View(4, 40), 0) }, 12},
		{"AdamW", func() { c.Fill(whole, 2); product(); adamW(0) }, 8},
		{"Elements", func() { c.Elements(whole, true)[0] = 9 }, 16},
	}
	for _, k := range changes {
		product()
		if k.do(); fresh(t, whole) {
			t.Errorf("%s: the packed copy is taken for fresh", k.what)
		}
		if got := product(); got != k.want {
			t.Errorf("%s: product = %g, want %g", k.what, got, k.want)
		}
	}
}
