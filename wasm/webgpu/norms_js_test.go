package webgpu_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// TestNorms: a row that a workgroup shares is what one invocation makes of it, but for rounding.
func TestNorms(t *testing.T) {
	g := open(t)
	defer g.Recall(forTests)
	const rows, h = 5, 100
	r := rand.New(rand.NewPCG(8, 8))
	s, _ := fillWith(g, r, rows*h)
	x, _ := fillWith(g, r, rows*h)
	dy, _ := fillWith(g, r, rows*h)
	w, _ := fillWith(g, r, h)
	b, _ := fillWith(g, r, h)
	run := func() (all []float32) {
		y, stat, sum, ds := g.Alloc(rows*h), g.Alloc(2*rows), g.Alloc(rows*h), g.Alloc(rows*h)
		whole := backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{rows}}
		norm := backend.LayerNorm{Y: y, Stat: stat, S: sum, X: x, W: w, B: b, H: h, Eps: 1e-5, Drop: kernel.NewDrop(0.2, kernel.Key(1, 2, 3))}
		read := func(b backend.Buffer) {
			v := make([]float32, b.Len())
			if err := g.Read(v, b); err != nil {
				t.Fatal(err)
			}
			all = append(all, v...)
		}
		for range 2 { // the residual taken in, then added to what is there, then none
			g.Copy(sum, s, h, whole)
			g.LayerNorm(norm)
			read(y)
			g.LayerNorm(norm)
			read(y)
			norm.X = nil
		}
		g.LayerNormGrad(backend.LayerNormGrad{DS: ds, DY: dy, S: sum, Stat: stat, W: w, H: h})
		read(sum)
		read(stat)
		read(ds)
		return all
	}
	want := run()
	g.ForceNorm(64)
	for i, e := range run() {
		if d := math.Abs(float64(e - want[i])); !(d < 2e-5) {
			t.Fatalf("element %d is %g shared, %g alone", i, e, want[i])
		}
	}
}

// TestTuneHere measures this device and goes on with what it found.
func TestTuneHere(t *testing.T) {
	g := open(t)
	defer g.Recall(forTests)
	if err := g.Tune(3 * time.Second); err != nil {
		t.Fatal(err)
	}
	t.Log(g.Choice())
}
