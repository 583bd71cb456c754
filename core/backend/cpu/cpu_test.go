package cpu_test

import (
	"errors"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/backendtest"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

func TestSerial(t *testing.T) {
	backendtest.Run(t, func(*testing.T) backend.Backend { return cpu.New(kernel.Serial()) })
}

func TestTwoThreads(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) backend.Backend {
		c := cpu.New(kernel.Goroutines(2))
		t.Cleanup(c.Close)
		return c
	})
}

func TestSameBits(t *testing.T) {
	one, two := cpu.New(kernel.Serial()), cpu.New(kernel.Goroutines(2))
	defer two.Close()
	backendtest.Same(t, one, two)
}

// TestTickError says that an error of Tick is kept: operations after it do nothing, Sync reports it once, and the work
// goes on from what was true before.
func TestTickError(t *testing.T) {
	stop, calls := errors.New("stop"), 0
	var fault error
	c := cpu.New(kernel.Serial(), cpu.Tick(func() error { calls++; return fault }))
	x, w, y := c.Alloc(8), c.Alloc(32), c.Alloc(4)
	c.Fill(w, 1)
	fault = stop
	c.Fill(x, 1) // done, then the fault
	fault = nil
	product := backend.MatMul{Y: y, X: x, W: w, M: 1, N: 4, K: 8}
	norm, grad, moment, second := c.Alloc(1), c.Alloc(8), c.Alloc(8), c.Alloc(8)
	before := calls
	c.Fill(x, 5)
	c.MatMul(product)
	c.SumSquares(norm, x)
	c.AdamW(backend.AdamW{P: x, G: grad, M: moment, V: second, Norm: norm, Regions: []backend.Region{{N: 8, Rate: 1, Decay: true}},
		Settings: kernel.AdamWSettings{Rate: 1, Decay: 0.5, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1}})
	if calls != before {
		t.Errorf("Tick was called %d times after its error", calls-before)
	}
	got := make([]float32, 8)
	if err := c.Read(got, x); !errors.Is(err, stop) {
		t.Errorf("Read = %v, want %v", err, stop)
	}
	if err := c.Sync(); err != nil {
		t.Errorf("Sync after the fault was reported = %v, want nil", err)
	}
	if got[0] != 1 {
		t.Errorf("x = %g after the fault, want 1", got[0])
	}
	c.MatMul(product)
	if err := c.Read(got[:4], y); err != nil || got[0] != 8 {
		t.Errorf("product after the fault = %g, %v, want 8: was the weight taken for packed?", got[0], err)
	}
}

// TestTickAfterEach counts: one call for each operation, so that a browser's page is never kept waiting longer than one. The
// last is AdamW, which is not interrupted: arenas are updated together or not at all.
func TestTickAfterEach(t *testing.T) {
	calls := 0
	c := cpu.New(kernel.Serial(), cpu.Tick(func() error { calls++; return nil }))
	all := step(c)
	for i, do := range all {
		calls = 0
		want := 1
		if i == len(all)-1 {
			want = 0
		}
		if do(); calls != want {
			t.Errorf("operation %d: Tick was called %d times, want %d", i, calls, want)
		}
	}
}

// TestNoAllocation says that a step leaves nothing to collect once its scratch has grown.
func TestNoAllocation(t *testing.T) {
	for _, pool := range []kernel.Pool{kernel.Serial(), kernel.Goroutines(2)} {
		c := cpu.New(pool)
		for i, do := range step(c) {
			do()
			if n := testing.AllocsPerRun(20, do); n != 0 {
				t.Errorf("operation %d allocates %g times on %d threads", i, n, pool.Threads())
			}
		}
		c.Close()
	}
}

// step is every operation once, on small buffers, AdamW last.
func step(c *cpu.CPU) []func() {
	const tokens, heads, h = 33, 2, 32
	x, y, z, w, b := c.Alloc(tokens*h), c.Alloc(tokens*h), c.Alloc(tokens*h), c.Alloc(h*h), c.Alloc(h)
	qkv, dqkv, stat, lse := c.Alloc(3*tokens*h), c.Alloc(3*tokens*h), c.Alloc(2*tokens), c.Alloc(heads*tokens)
	ids, labels, offsets, pooled, one := c.AllocInts(tokens), c.AllocInts(tokens), c.AllocInts(3), c.Alloc(2*h), c.Alloc(1)
	off := []int32{0, 20, tokens}
	c.WriteInts(offsets, off)
	drop := kernel.NewDrop(0.1, kernel.Key(1, 2, 3))
	sorted := backend.Sorted{ID: []int32{0}, Order: []int32{0, 1, 2}, Start: []int32{0, 3}}
	rows := backend.Rows{To: []int32{3}, From: []int32{1}, Count: []int32{9}}
	regions := []backend.Region{{N: h * h, Rate: 1}}
	product := backend.MatMul{Y: y, X: x, W: w, M: tokens, N: h, K: h, B: b, U: z, R: z}
	all := []func(){
		func() { c.AddBias(y, b) }, func() { c.SumRows(b, y) },
		func() { c.Add(y, x) }, func() { c.Scale(y, 0.5) }, func() { c.Fill(y, 0) },
		func() { c.Copy(y, x, h, rows) },
		func() { c.Embed(y, w, ids, h, true) }, func() { c.EmbedGrad(w, y, sorted, h) },
		func() {
			c.LayerNorm(backend.LayerNorm{Y: y, Stat: stat, S: z, X: x, W: b, B: b, H: h, Eps: 1, Drop: drop})
		},
		func() {
			c.LayerNormGrad(backend.LayerNormGrad{DS: x, DW: b, DB: b, DY: y, S: z, Stat: stat, W: b, H: h})
		},
		func() { c.Gelu(y, x) }, func() { c.GeluGrad(z, y, x) }, func() { c.Relu(y, x) }, func() { c.ReluGrad(z, y, x) },
		func() { c.Tanh(y, x) }, func() { c.TanhGrad(z, y, x) },
		func() {
			c.Attention(backend.Attention{Out: y, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: h, Drop: drop})
		},
		func() {
			c.AttentionGrad(backend.AttentionGrad{DQKV: dqkv, DOut: y, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: h})
		},
		func() { c.Pool(pooled, x, offsets, h, true) }, func() { c.PoolGrad(x, pooled, offsets, h, true) },
		func() { c.Dropout(y, x, drop) },
		func() { c.CrossEntropy(one, y, x, labels, h, 1) }, func() { c.SquaredError(one, y, x, z, 1) },
		func() { c.SumSquares(one, x) },
	}
	for _, l := range []kernel.Layout{kernel.NT, kernel.NN, kernel.TN} {
		for _, then := range []kernel.Epilogue{kernel.Store, kernel.Accumulate, kernel.Bias, kernel.BiasGelu, kernel.GeluSlope, kernel.BiasResidual} {
			a := product
			a.Layout, a.Then = l, then
			if l == kernel.TN {
				a.M, a.K, a.W, a.Y = h, tokens, z, w
				a.N, a.U, a.R = h, qkv.View(0, h*h), qkv.View(0, h*h)
			}
			all = append(all, func() { c.MatMul(a) })
		}
	}
	settings := kernel.AdamWSettings{Beta1: 0.9, Beta2: 0.999, Eps: 1, Step: 1}
	return append(all, func() {
		c.AdamW(backend.AdamW{P: w, G: x, M: y, V: z, Regions: regions, Norm: one, Settings: settings})
	})
}

func BenchmarkCPU(b *testing.B) {
	backendtest.Bench(b, func(*testing.B) backend.Backend { return cpu.New(kernel.Serial()) })
}
