package webgpu_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"syscall/js"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
	"thaw/wasm/webgpu"
)

// more are tiles that no device is asked about yet: on an NVIDIA H200 the first three come within some per cent of the best of
// shader.Tiles, and pass it where a product is narrow.
var more = []shader.Tile{
	tile(8, 4, 16, 16, 16), tile(4, 4, 16, 16, 32), tile(4, 4, 8, 8, 32), tile(4, 4, 16, 8, 16), tile(4, 4, 8, 16, 16), tile(4, 4, 8, 8, 16), tile(8, 4, 8, 16, 16),
}

func tile(rows, cols, x, y, depth int) shader.Tile {
	return shader.Tile{Rows: rows, Cols: cols, X: x, Y: y, Depth: depth}
}

// scale is how much TestMeasure does: everything on a graphics card, or what SwiftShader does in some minutes or in one.
type scale struct {
	widths             [][2]int // hidden and feed-forward sizes of the products
	rows               int
	tiles              []shader.Tile
	models             []string
	sentences, length  int
	warm, first, later int // steps: not counted, of the first epoch, of later ones
	policies           []string
	batch              time.Duration // shorter work is measured several times at once
	passes             int
	tune               time.Duration
}

var scales = map[string]scale{
	"card": {
		widths: [][2]int{{384, 1536}, {768, 3072}}, rows: 1024, tiles: slices.Concat(shader.Tiles, more), models: []string{"minilm", "distilbert"},
		sentences: 16, length: 64, warm: 3, first: 10, later: 20, policies: []string{"none", "layers:4", "backbone"},
		batch: 20 * time.Millisecond, passes: 12, tune: 20 * time.Second,
	},
	"software": { // true sizes, seldom
		widths: [][2]int{{384, 1536}}, rows: 256, tiles: shader.Tiles, models: []string{"minilm"},
		sentences: 16, length: 64, warm: 1, first: 1, later: 1, policies: []string{"none"},
		batch: time.Millisecond, passes: 1, tune: 5 * time.Second,
	},
	"small": {
		widths: [][2]int{{384, 1536}}, rows: 32, tiles: shader.Tiles[:1], models: []string{"minilm"},
		sentences: 2, length: 8, warm: 1, first: 1, later: 2, policies: []string{"none", "backbone"},
		batch: time.Millisecond, passes: 1, tune: time.Second,
	},
}

// TestMeasure prints what this device does, an object of JSON a line, if THAW_MEASURE asks for it: card, software or small. It asserts
// nothing. THAW_MEASURE_PART may name one part alone.
func TestMeasure(t *testing.T) {
	s, ok := scales[os.Getenv("THAW_MEASURE")]
	if !ok {
		t.Skip("THAW_MEASURE is not card, software or small")
	}
	g := open(t)
	defer g.Recall(forTests)
	say("device", map[string]any{"name": g.Name()})
	for _, part := range []struct {
		name string
		do   func(*testing.T, *webgpu.GPU, scale)
	}{{"waits", measureWaits}, {"tune", measureTune}, {"products", measureProducts}, {"models", measureModels}} {
		if only := os.Getenv("THAW_MEASURE_PART"); only == "" || only == part.name || part.name == "tune" {
			part.do(t, g, s)
		}
	}
}

// say prints a line of figures.
func say(what string, figures map[string]any) {
	figures["measure"] = what
	line, err := json.Marshal(figures)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// phase names what runs, for site/dev/gpu-profile.mjs; nothing is kept under no name.
func phase(name string) { js.Global().Set("gpuPhase", name) }

// round keeps four digits.
func round(f float64) float64 {
	if f == 0 {
		return 0
	}
	unit := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(f))))
	return math.Round(f*unit) / unit
}

// times are milliseconds of the same work.
type times []float64

func (t times) figures() map[string]any {
	s := slices.Sorted(slices.Values(t))
	return map[string]any{"ms": round(s[len(s)/2]), "best": round(s[0]), "worst": round(s[len(s)-1]), "n": len(s)}
}

func since(begin time.Time) float64 { return float64(time.Since(begin)) / float64(time.Millisecond) }

// measureWaits is what waiting for nothing takes, and reading one number.
func measureWaits(t *testing.T, g *webgpu.GPU, _ scale) {
	b := g.Alloc(1 << 10)
	defer g.Free(b)
	var sync, read times
	one := make([]float32, 1)
	for range 20 {
		begin := time.Now()
		if err := g.Sync(); err != nil {
			t.Fatal(err)
		}
		sync = append(sync, since(begin))
		g.Fill(b, 1) // or a mirror would answer
		begin = time.Now()
		if err := g.Read(one, b.View(0, 1)); err != nil {
			t.Fatal(err)
		}
		read = append(read, since(begin))
	}
	say("sync", sync.figures())
	say("read", read.figures())
}

// measureTune is what the page would choose here. Products are measured under it later.
func measureTune(t *testing.T, g *webgpu.GPU, s scale) {
	begin := time.Now()
	if err := g.Tune(s.tune); err != nil {
		t.Fatal(err)
	}
	say("tune", map[string]any{"choice": g.Choice(), "ms": round(since(begin))})
}

// measureProducts is every tile at each product of a training step.
func measureProducts(t *testing.T, g *webgpu.GPU, s scale) {
	choice := g.Choice()
	defer g.Recall(choice)
	for _, w := range s.widths {
		for _, p := range productsOf(s.rows, w[0], w[1]) {
			p.measure(t, g, s)
		}
	}
}

// sized is one of the products of a layer.
type sized struct {
	name    string
	layout  kernel.Layout
	m, n, k int
}

// productsOf is the four linear layers of an encoder's layer, each forward and its two gradients.
func productsOf(rows, h, f int) (all []sized) {
	for _, l := range []struct {
		name    string
		out, in int
	}{{"qkv", 3 * h, h}, {"out", h, h}, {"ffn1", f, h}, {"ffn2", h, f}} {
		all = append(all, sized{l.name, kernel.NT, rows, l.out, l.in}, sized{l.name, kernel.NN, rows, l.in, l.out}, sized{l.name, kernel.TN, l.out, l.in, rows})
	}
	return all
}

var layouts = []string{"nt", "nn", "tn"}

func (p sized) measure(t *testing.T, g *webgpu.GPU, s scale) {
	noise := func(n, seed int) backend.Buffer {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(kernel.Bits([2]uint32{uint32(seed), 1}, uint32(i))>>8)/(1<<23) - 1
		}
		b := g.Alloc(n)
		g.Write(b, v)
		return b
	}
	x, w, y := noise(p.m*p.k, 1), noise(p.n*p.k, 2), g.Alloc(p.m*p.n)
	defer func() { g.Free(x); g.Free(w); g.Free(y) }()
	gflop := 2 * float64(p.m) * float64(p.n) * float64(p.k) / 1e9
	speeds, best := map[string]any{}, ""
	for _, tile := range s.tiles {
		g.Force(tile)
		ms := repeated(t, g, s, func() {
			g.MatMul(backend.MatMul{Y: y, X: x, W: w, M: p.m, N: p.n, K: p.k, Layout: p.layout})
		})
		speeds[tile.Name()] = round(gflop / ms * 1e3)
		if best == "" || speeds[tile.Name()].(float64) > speeds[best].(float64) {
			best = tile.Name()
		}
	}
	say("product", map[string]any{"name": p.name, "layout": layouts[p.layout], "m": p.m, "n": p.n, "k": p.k, "best": best, "gflops": speeds})
}

// repeated is the least milliseconds of some work, of which as much is asked for at once as makes a batch.
func repeated(t *testing.T, g *webgpu.GPU, s scale, do func()) float64 {
	n, least := 1, math.Inf(1)
	for i := range 5 {
		begin := time.Now()
		for range n {
			do()
		}
		if err := g.Sync(); err != nil {
			t.Fatal(err)
		}
		took := since(begin) / float64(n)
		if i == 1 { // the first compiles, the second says how long one takes
			n = max(1, min(500, int(float64(s.batch)/float64(time.Millisecond)/took)))
		}
		if i > 0 {
			least = min(least, took)
		}
	}
	return least
}
