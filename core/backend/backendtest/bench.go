package backendtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// Bench times the products of MiniLM and BERT at 1,024 tokens, and the other operations that a step spends its time in,
// on 16 sentences of 64 tokens.
func Bench(b *testing.B, open func(b *testing.B) backend.Backend) {
	d := open(b)
	for _, s := range [][2]int{{384, 384}, {1152, 384}, {1536, 384}, {384, 1536}, {768, 768}, {3072, 768}, {768, 3072}} {
		benchProducts(b, d, 1024, s[0], s[1])
	}
	benchRows(b, d)
}

// benchProducts times a layer's forward product and its two gradients.
func benchProducts(b *testing.B, d backend.Backend, tokens, out, in int) {
	x, w, y := benchBuffer(d, tokens*in), benchBuffer(d, out*in), benchBuffer(d, tokens*out)
	for _, a := range []struct {
		name string
		backend.MatMul
	}{
		{"forward", backend.MatMul{Y: y, X: x, W: w, M: tokens, N: out, K: in, Layout: kernel.NT}},
		{"input gradient", backend.MatMul{Y: x, X: y, W: w, M: tokens, N: in, K: out, Layout: kernel.NN}},
		{"weight gradient", backend.MatMul{Y: w, X: y, W: x, M: out, N: in, K: tokens, Layout: kernel.TN}},
	} {
		b.Run(fmt.Sprintf("MatMul/%s/%d×%d×%d", a.name, a.M, a.N, a.K), func(b *testing.B) {
			timed(b, d, "MatMul", func() { d.MatMul(a.MatMul) })
			b.ReportMetric(2*float64(a.M)*float64(a.N)*float64(a.K)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
	for _, buffer := range []backend.Buffer{x, w, y} {
		d.Free(buffer)
	}
}

func benchRows(b *testing.B, d backend.Backend) {
	const tokens, heads, h, f = 1024, 12, 384, 1536
	x, y, w := benchBuffer(d, tokens*f), benchBuffer(d, tokens*f), benchBuffer(d, h)
	s, out, ds := x.View(0, tokens*h), y.View(0, tokens*h), benchBuffer(d, tokens*h)
	qkv, dqkv := benchBuffer(d, 3*tokens*h), benchBuffer(d, 3*tokens*h)
	stat, lse, norm := benchBuffer(d, 2*tokens), benchBuffer(d, heads*tokens), benchBuffer(d, 1)
	off := offsetsOf(slices.Repeat([]int{64}, 16)...)
	drop := kernel.NewDrop(0.1, kernel.Key(1, 2, 3))
	ops := []struct {
		op  string
		run func()
	}{
		{"Gelu", func() { d.Gelu(y, x) }},
		{"GeluGrad", func() { d.GeluGrad(y, x, x) }},
		{"LayerNorm", func() { d.LayerNorm(backend.LayerNorm{Y: out, Stat: stat, S: s, W: w, B: w, H: h, Eps: normEps}) }},
		{"LayerNormGrad", func() {
			d.LayerNormGrad(backend.LayerNormGrad{DS: ds, DY: out, S: s, Stat: stat, W: w, H: h})
		}},
		{"Attention", func() {
			d.Attention(backend.Attention{Out: out, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: h})
		}},
		{"AttentionGrad", func() {
			d.AttentionGrad(backend.AttentionGrad{DQKV: dqkv, DOut: out, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: h})
		}},
		{"Dropout", func() { d.Dropout(out, s, drop) }},
		{"SumSquares", func() { d.SumSquares(norm, x) }},
		{"AdamW", func() {
			d.AdamW(backend.AdamW{P: qkv, G: dqkv, M: x.View(0, tokens*h), V: y.View(0, tokens*h), Norm: stat.View(0, 1),
				Regions:  []backend.Region{{N: tokens * h, Rate: 1, Decay: true}},
				Settings: kernel.AdamWSettings{Rate: 1e-6, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1}})
		}},
	}
	for _, o := range ops {
		b.Run(o.op, func(b *testing.B) { timed(b, d, o.op, o.run) })
	}
}

// timed does an operation b.N times and waits for the last.
func timed(b *testing.B, d backend.Backend, op string, do func()) {
	if !d.Supports(op) {
		b.Skipf("%s does not support %s", d.Name(), op)
	}
	for b.Loop() {
		do()
	}
	if err := d.Sync(); err != nil {
		b.Fatal(err)
	}
}

func benchBuffer(d backend.Backend, n int) backend.Buffer {
	r := rand.New(rand.NewPCG(1, 2))
	s := make([]float32, n)
	for i := range s {
		s[i] = r.Float32() + 0.1
	}
	b := d.Alloc(n)
	d.Write(b, s)
	return b
}
