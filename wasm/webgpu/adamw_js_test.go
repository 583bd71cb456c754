package webgpu_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// TestAdamWVectors: four elements at a time give the bits of one at a time, in regions that a workgroup cuts anywhere.
func TestAdamWVectors(t *testing.T) {
	g := open(t)
	const n = 3 * 4096
	even := []backend.Region{{P: 8, G: 0, N: 4, Rate: 1}, {P: 16, G: 4, N: 5000, Rate: 0.5, Decay: true}, {P: 6000, G: 5012, N: 3000, Rate: 1}, {P: 9000, G: 8012, N: 800, Rate: 1, Decay: true}}
	update := func(regions []backend.Region) (all []float32) {
		r := rand.New(rand.NewPCG(7, 7))
		p, _ := fillWith(g, r, n)
		grad, _ := fillWith(g, r, n)
		m, _ := fillWith(g, r, n)
		v, host := fillWith(g, r, n)
		for i, e := range host {
			host[i] = e * e
		}
		g.Write(v, host)
		norm, _ := fillWith(g, r, 1)
		g.Fill(norm, 9)
		g.AdamW(backend.AdamW{P: p, G: grad, M: m, V: v, Regions: regions, Norm: norm, Clip: 1,
			Settings: kernel.AdamWSettings{Rate: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.01, Step: 3}})
		for _, b := range []backend.Buffer{p, m, v} {
			s := make([]float32, n)
			if err := g.Read(s, b); err != nil {
				t.Fatal(err)
			}
			all = append(all, s...)
			g.Free(b)
		}
		g.Free(grad)
		g.Free(norm)
		return all
	}
	got, want := update(even), update(append(even, backend.Region{P: n - 1, G: n - 1, N: 1, Rate: 0}))
	for i := range want {
		if i%n != n-1 && math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("element %d of array %d is %g by fours, %g alone", i%n, i/n, got[i], want[i])
		}
	}
}
