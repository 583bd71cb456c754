package webgpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall/js"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
	"thaw/wasm/webgpu"
)

// fillWith is a buffer of normal values.
func fillWith(g *webgpu.GPU, r *rand.Rand, n int) (backend.Buffer, []float32) {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	b := g.Alloc(n)
	g.Write(b, s)
	return b, s
}

// TestTiles: every way of cutting a product gives the bits of the plain kernel, at edges of tiles and of the depth.
func TestTiles(t *testing.T) {
	g := open(t)
	defer g.Recall(forTests)
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range [][3]int{{100, 132, 52}} {
		m, n, k := s[0], s[1], s[2]
		x, hostX := fillWith(g, r, m*k)
		w, _ := fillWith(g, r, n*k)
		shifted, odd := g.Alloc(n*k+1), g.Alloc(m*n+1)
		for _, l := range []kernel.Layout{kernel.NT, kernel.NN, kernel.TN} {
			read := func(b backend.Buffer) []float32 {
				v := make([]float32, m*n)
				if err := g.Read(v, b); err != nil {
					t.Fatal(err)
				}
				return v
			}
			y := g.Alloc(m * n)
			// An odd offset takes the kernel of single elements.
			g.Copy(shifted.View(1, n*k), w, n*k, backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{1}})
			g.MatMul(backend.MatMul{Y: odd.View(1, m*n), X: x, W: shifted.View(1, n*k), M: m, N: n, K: k, Layout: l})
			want := read(odd.View(1, m*n))
			for _, tile := range shader.Tiles {
				g.Force(tile)
				g.MatMul(backend.MatMul{Y: y, X: x, W: w, M: m, N: n, K: k, Layout: l})
				got := read(y)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("layout %d, %v, tile %s: element %d is %g, want %g", l, s, tile.Name(), i, got[i], want[i])
					}
				}
			}
			if l == kernel.TN {
				sums(t, g, x, w, hostX, want, m, n, k)
			}
			g.Free(y)
		}
		for _, b := range []backend.Buffer{x, w, shifted, odd} {
			g.Free(b)
		}
	}
}

// sums has every tile make the gradients of a weight and of a bias at once, which lie in one memory, over zeros and added to that.
func sums(t *testing.T, g *webgpu.GPU, x, w backend.Buffer, hostX, want []float32, m, n, k int) {
	arena, all := g.Alloc(m*n+m), make([]float32, m*n+m)
	defer g.Free(arena)
	for _, tile := range shader.Tiles {
		g.Force(tile)
		g.Fill(arena, 0)
		for times := 1; times <= 2; times++ {
			g.MatMul(backend.MatMul{Y: arena.View(0, m*n), X: x, W: w, M: m, N: n, K: k, Layout: kernel.TN, Then: kernel.Accumulate})
			g.SumRows(arena.View(m*n, m), x)
			if err := g.Read(all, arena); err != nil {
				t.Fatal(err)
			}
			for i, e := range want {
				if all[i] != float32(times)*e {
					t.Fatalf("tile %s: element %d of the weight is %g, want %d times %g", tile.Name(), i, all[i], times, e)
				}
			}
			for j, e := range all[m*n:] {
				sum := 0.0
				for p := range k {
					sum += float64(hostX[p*m+j])
				}
				if d := math.Abs(float64(e) - float64(times)*sum); !(d < 1e-4) {
					t.Fatalf("tile %s: element %d of the bias is %g, want %g", tile.Name(), j, e, float64(times)*sum)
				}
			}
		}
	}
}

// cpuSeconds is what this process has used of the processor, all threads together: on SwiftShader it says more than a clock does
// where other programs run.
func cpuSeconds() float64 {
	u := js.Global().Get("process").Call("cpuUsage")
	return (u.Get("user").Float() + u.Get("system").Float()) / 1e6
}

func BenchmarkTiles(b *testing.B) {
	g := open(b)
	r := rand.New(rand.NewPCG(3, 4))
	const m, n, k = 128, 768, 768
	x, _ := fillWith(g, r, m*k)
	w, _ := fillWith(g, r, n*k)
	y := g.Alloc(m * n)
	for _, l := range []kernel.Layout{kernel.NT, kernel.NN, kernel.TN} {
		for _, tile := range shader.Tiles {
			b.Run(fmt.Sprintf("%d/%s", l, tile.Name()), func(b *testing.B) {
				g.Force(tile)
				do := func() {
					g.MatMul(backend.MatMul{Y: y, X: x, W: w, M: m, N: n, K: k, Layout: l})
					if err := g.Sync(); err != nil {
						b.Fatal(err)
					}
				}
				do()
				best, busy := time.Hour, math.Inf(1)
				for b.Loop() {
					begin, cpu := time.Now(), cpuSeconds()
					do()
					best, busy = min(best, time.Since(begin)), min(busy, cpuSeconds()-cpu)
				}
				b.ReportMetric(2*m*n*k/best.Seconds()/1e9, "GFLOP/s")
				b.ReportMetric(2*m*n*k/busy/1e9, "GFLOP/cpu-s")
			})
		}
	}
}
