package webgpu

import (
	"cmp"
	"math"
	"slices"
	"time"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
)

// Sizes of the products that are measured: those of a layer of BERT at 1,024 tokens, and small ones for a device on which the
// small take longer than slow.
var (
	realShape  = [3]int{1024, 768, 768}
	smallShape = [3]int{128, 384, 384}
)

const (
	slow     = 5 * time.Millisecond
	batch    = 20 * time.Millisecond // shorter work is measured several times at once
	repeats  = 3
	hopeless = 2.0 // a candidate that takes so many times as long for one layout is not tried for the ones behind it
	tuneTol  = 1e-4
)

// Prepare takes the kernels that were found to be quickest on this card in this browser, or finds them and has the page keep them.
func (g *GPU) Prepare(budget time.Duration) error {
	if kept := g.driver.recall(); kept != "" && g.Recall(kept) == nil {
		return nil
	}
	if err := g.Tune(budget); err != nil {
		return err
	}
	g.driver.keep(g.Choice())
	return nil
}

// Tune measures the candidates of each kind on this device and keeps the quickest. A candidate whose results differ from those
// of the host by more than rounding is left out: a driver may miscompile one and not another. It ends when the budget is used up; what was found until then stays.
func (g *GPU) Tune(budget time.Duration) error {
	end := time.Now().Add(budget)
	if err := g.Sync(); err != nil {
		return err
	}
	if err := g.tuneNorm(); err != nil {
		return err
	}
	r, before := newRace(g, smallShape), g.choice.tiles
	tiles := forProcessors() // the others would take long on one
	g.choice.tiles = [3]shader.Tile{tiles[0], tiles[0], tiles[0]}
	least, err := g.race(r.product(kernel.NT))
	if err != nil {
		return err
	}
	if least < slow {
		r.free()
		r, tiles, g.choice.tiles = newRace(g, realShape), shader.Tiles, before
	}
	defer r.free()
	return r.run(tiles, end)
}

// forProcessors are the tiles in the order of their hopes where a processor stands in for a card: it has no use for workgroup memory,
// whose barriers cost it much, and loads cost it more than sums that do not stay in registers.
func forProcessors() []shader.Tile {
	return slices.SortedStableFunc(slices.Values(shader.Tiles), func(a, b shader.Tile) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(b.Rows*b.Cols, a.Rows*a.Cols))
	})
}

// tuneNorm compares a workgroup a row with an invocation a row.
func (g *GPU) tuneNorm() error {
	const rows, h = 128, 384
	all := g.Alloc(rows * h)
	out := g.Alloc(rows * h)
	stat := g.Alloc(2 * rows)
	defer func() { g.Free(all); g.Free(out); g.Free(stat) }()
	least := time.Duration(math.MaxInt64)
	best := shader.NormLanes(0)
	for _, n := range []shader.NormLanes{64, 1} {
		g.choice.norm = n
		took, err := g.race(func() {
			g.LayerNorm(backend.LayerNorm{Y: out, Stat: stat, S: all.View(0, rows*h), W: all.View(0, h), B: all.View(0, h), H: h, Eps: 1})
		})
		if err != nil {
			return err
		}
		if took < least {
			least, best = took, n
		}
	}
	g.choice.norm = best
	return nil
}

// race is the least time of some work.
func (g *GPU) race(do func()) (time.Duration, error) {
	least := time.Duration(math.MaxInt64)
	n := 1
	for i := range repeats + 1 {
		begin := time.Now()
		for range n {
			do()
		}
		if err := g.Sync(); err != nil {
			return 0, err
		}
		took := time.Since(begin) / time.Duration(n)
		if i == 0 { // compiles and warms up
			continue
		}
		least = min(least, took)
		if took > 2*batch {
			break
		}
		if n == 1 && took < batch {
			n = min(32, int(batch/max(took, time.Microsecond))+1)
		}
	}
	return least, nil
}

// race has the operands that candidates run on.
type race struct {
	g       *GPU
	m, n, k int
	x, w, y backend.Buffer
	hx, hw  []float32 // x and w on the host
}

func newRace(g *GPU, s [3]int) *race {
	r := &race{g: g, m: s[0], n: s[1], k: s[2]}
	// Each operand of the three layouts fits into these.
	r.x, r.hx = r.noise(max(r.m*r.k, r.m*r.n))
	r.w, r.hw = r.noise(max(r.n*r.k, r.m*r.n))
	r.y = g.Alloc(max(r.m*r.n, r.m*r.k, r.n*r.k))
	return r
}

func (r *race) noise(n int) (backend.Buffer, []float32) {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(kernel.Bits([2]uint32{1, uint32(n)}, uint32(i))>>8)/(1<<23) - 1
	}
	b := r.g.Alloc(n)
	r.g.Write(b, v)
	return b, v
}

func (r *race) free() {
	for _, b := range []backend.Buffer{r.x, r.w, r.y} {
		r.g.Free(b)
	}
}

// shape is the forward product of a layer, the gradient of its input, or that of its weight, and its operands on the host.
func (r *race) shape(l kernel.Layout) (a backend.MatMul, hx, hw []float32) {
	a = backend.MatMul{Layout: l, M: r.m, N: r.n, K: r.k}
	x, w := r.x, r.w
	hx, hw = r.hx, r.hw
	switch l {
	case kernel.NN:
		a.N, a.K = r.k, r.n
	case kernel.TN:
		a.M, a.N, a.K = r.n, r.k, r.m
		x, w, hx, hw = w, x, hw, hx
	}
	a.X, a.W, a.Y = x.View(0, a.M*a.K), w.View(0, a.N*a.K), r.y.View(0, a.M*a.N)
	return a, hx, hw
}

func (r *race) product(l kernel.Layout) func() {
	a, _, _ := r.shape(l)
	return func() { r.g.MatMul(a) }
}

// run measures every tile, each for all layouts before the next, so that a budget that ends early leaves out the last of the tiles,
// which seldom win.
func (r *race) run(tiles []shader.Tile, end time.Time) error {
	best := r.g.choice.tiles
	defer func() { r.g.choice.tiles = best }()
	least := [3]time.Duration{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	for _, t := range tiles {
		for _, l := range []kernel.Layout{kernel.NT, kernel.NN, kernel.TN} {
			if time.Now().After(end) {
				return nil
			}
			r.g.choice.tiles[l] = t
			took, err := r.g.race(r.product(l))
			if err != nil {
				return err
			}
			right, err := r.right(l)
			if err != nil {
				return err
			}
			if right && took < least[l] {
				least[l], best[l] = took, t
			}
			if !right || float64(took) > hopeless*float64(least[l]) {
				break
			}
		}
	}
	return nil
}

// Of the elements that a candidate has computed some are looked at, near the first and the last.
const (
	looked  = 4096 // elements that are read at either end
	between = 61   // one in so many of those
)

// right compares what was computed with the same sums on the host.
func (r *race) right(l kernel.Layout) (bool, error) {
	a, hx, hw := r.shape(l)
	n := min(looked, a.M*a.N)
	got := make([]float32, n)
	for _, from := range []int{0, a.M*a.N - n} {
		if err := r.g.Read(got, r.y.View(from, n)); err != nil {
			return false, err
		}
		for at := 0; at < n; at += between {
			want := element(a, hx, hw, (from+at)/a.N, (from+at)%a.N)
			if !(math.Abs(float64(got[at])-want) <= tuneTol*(1+math.Abs(want))) {
				return false, nil
			}
		}
	}
	return true, nil
}

// element is row i, column j of a product.
func element(a backend.MatMul, x, w []float32, i, j int) (sum float64) {
	for p := range a.K {
		e, f := i*a.K+p, j*a.K+p // NT
		if a.Layout == kernel.TN {
			e = p*a.M + i
		}
		if a.Layout != kernel.NT {
			f = p*a.N + j
		}
		sum += float64(x[e]) * float64(w[f])
	}
	return sum
}
