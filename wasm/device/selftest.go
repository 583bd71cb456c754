package device

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// ErrWrong says that a device computes something else than the reference kernels do.
var ErrWrong = errors.New("the self-test failed")

// bound is how far an element may be from the reference in float64, times the greatest element: a hundred roundings.
const bound = 1e-5

// Sizes of the self-test: some milliseconds, odd, and large enough that what is heavy in a step is cut into parts here too.
const (
	tall                       = 83 // rows of a product
	rows, hidden, heads, inner = 360, 96, 3, 140
	words                      = 40
)

// check runs each family of kernels that a training step uses on a device, and compares with the reference.
func check(ops backend.Backend) error {
	b := &bench{ops: ops}
	for _, family := range []func(){
		b.products, b.layerNorm, b.gelu, b.attention, b.embedding, b.pooling, b.dropout, b.losses, b.adamW,
	} {
		family()
		b.free() // the memory of a page never shrinks
		if err := cmp.Or(b.fault, ops.Sync()); err != nil {
			return err
		}
		if b.wrong != "" {
			return fmt.Errorf("%w: %s", ErrWrong, b.wrong)
		}
	}
	return nil
}

// bench hands out operands and compares results. The first that is wrong is kept, and so is the first fault of the device.
type bench struct {
	ops   backend.Backend
	seed  uint32
	used  []backend.Buffer
	wrong string
	fault error
}

func (b *bench) free() {
	for _, used := range b.used {
		b.ops.Free(used)
	}
	b.used = nil
}

// zeros are n of them on the device.
func (b *bench) zeros(n int) backend.Buffer {
	to := b.ops.Alloc(n)
	b.used = append(b.used, to)
	return to
}

// numbers are n values from -1 to 1, other ones at each call, on the device and in float64.
func (b *bench) numbers(n int) (backend.Buffer, []float64) {
	b.seed++
	x, wide := make([]float32, n), make([]float64, n)
	for i := range x {
		x[i] = float32(kernel.Bits([2]uint32{b.seed, 7}, uint32(i))>>8)/(1<<23) - 1
		wide[i] = float64(x[i])
	}
	return b.put(x), wide
}

func (b *bench) put(x []float32) backend.Buffer {
	to := b.zeros(len(x))
	b.ops.Write(to, x)
	return to
}

func (b *bench) ints(x []int32) backend.Buffer {
	to := b.ops.AllocInts(len(x))
	b.used = append(b.used, to)
	b.ops.WriteInts(to, x)
	return to
}

// same compares what an operation wrote with the reference.
func (b *bench) same(what string, got backend.Buffer, want []float64) {
	x := make([]float32, len(want))
	if err := b.ops.Read(x, got); err != nil || b.wrong != "" {
		b.fault = cmp.Or(b.fault, err)
		return
	}
	top := 1.0
	for _, e := range want {
		top = max(top, math.Abs(e))
	}
	for i, e := range want {
		if d := math.Abs(float64(x[i]) - e); !(d <= bound*top) {
			b.wrong = fmt.Sprintf("element %d of %s is %g and should be %g", i, what, x[i], e)
			return
		}
	}
}

// products are the three layouts and the epilogues of a step.
func (b *bench) products() {
	for _, l := range []kernel.Layout{kernel.NT, kernel.NN, kernel.TN} {
		x, wideX := b.numbers(tall * hidden)
		w, wideW := b.numbers(inner * hidden)
		y, want := b.numbers(tall * inner)
		kernel.MatMul(l, want, wideX, wideW, tall, inner, hidden)
		b.ops.MatMul(backend.MatMul{Y: y, X: x, W: w, M: tall, N: inner, K: hidden, Layout: l, Then: kernel.Accumulate})
		b.same("a product", y, want)
	}
	x, wideX := b.numbers(tall * hidden)
	w, wideW := b.numbers(inner * hidden)
	bias, wideBias := b.numbers(inner)
	r, wideR := b.numbers(tall * inner)
	y, u := b.zeros(tall*inner), b.zeros(tall*inner)
	a := backend.MatMul{Y: y, X: x, W: w, M: tall, N: inner, K: hidden, Layout: kernel.NT, B: bias}
	sum, gelu := make([]float64, tall*inner), make([]float64, tall*inner)
	kernel.MatMul(kernel.NT, sum, wideX, wideW, tall, inner, hidden)
	kernel.AddBias(sum, wideBias, tall, inner)
	kernel.Gelu(gelu, sum)
	a.Then, a.U = kernel.BiasGelu, u
	b.ops.MatMul(a)
	b.same("a product with GELU", y, gelu)
	for i := range sum {
		sum[i] += wideR[i]
	}
	a.Then, a.U, a.R = kernel.BiasResidual, nil, r
	b.ops.MatMul(a)
	b.same("a product with a residual", y, sum)
}

func (b *bench) layerNorm() {
	s, wideS := b.numbers(rows * hidden)
	w, wideW := b.numbers(hidden)
	bias, wideBias := b.numbers(hidden)
	y, stat := b.zeros(rows*hidden), b.zeros(2*rows)
	want, wideStat := make([]float64, rows*hidden), make([]float64, 2*rows)
	kernel.LayerNorm(want, wideStat, wideS, wideW, wideBias, rows, hidden, 1e-12)
	b.ops.LayerNorm(backend.LayerNorm{Y: y, Stat: stat, S: s, W: w, B: bias, H: hidden, Eps: 1e-12})
	b.same("LayerNorm", y, want)
	dy, wideDY := b.numbers(rows * hidden)
	ds, wideDS := b.numbers(rows * hidden)
	dw, wideDW := b.numbers(hidden)
	db, wideDB := b.numbers(hidden)
	kernel.LayerNormGrad(wideDS, wideDY, wideS, wideStat, wideW, rows, hidden)
	kernel.LayerNormParamGrad(wideDW, wideDB, wideDY, wideS, wideStat, rows, hidden, 0, hidden)
	b.ops.LayerNormGrad(backend.LayerNormGrad{DS: ds, DW: dw, DB: db, DY: dy, S: s, Stat: stat, W: w, H: hidden})
	b.same("the gradient of LayerNorm", ds, wideDS)
	b.same("the gradient of LayerNorm's weight", dw, wideDW)
	b.same("the gradient of LayerNorm's bias", db, wideDB)
}

func (b *bench) gelu() {
	x, wideX := b.numbers(rows * inner)
	dy, wideDY := b.numbers(rows * inner)
	dx, wideDX := b.numbers(rows * inner)
	kernel.GeluGrad(wideDX, wideDY, wideX)
	b.ops.GeluGrad(dx, dy, x)
	b.same("the gradient of GELU", dx, wideDX)
}

func (b *bench) attention() {
	off, d := []int32{0, 7, 8, 75, 120, 155, 210, 260, 315, rows}, hidden/heads
	keep := func(i, j int) float64 { return 1 }
	qkv, wideQKV := b.numbers(3 * rows * hidden)
	dout, wideDOut := b.numbers(rows * hidden)
	dqkv, wideDQKV := b.numbers(3 * rows * hidden)
	out, lse := b.zeros(rows*hidden), b.zeros(heads*rows)
	want, wideLSE := make([]float64, rows*hidden), make([]float64, heads*rows)
	p, dp := make([]float64, rows), make([]float64, rows)
	for head := range heads {
		for s := range len(off) - 1 {
			lo, hi, l := int(off[s]), int(off[s+1]), wideLSE[head*rows:][:rows]
			kernel.Attention(want, l, wideQKV, p, lo, hi, head*d, d, hidden, keep)
			kernel.AttentionGrad(wideDQKV, wideDOut, wideQKV, l, p, dp, lo, hi, head*d, d, hidden, keep)
		}
	}
	b.ops.Attention(backend.Attention{Out: out, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: hidden})
	b.same("attention", out, want)
	b.ops.AttentionGrad(backend.AttentionGrad{DQKV: dqkv, DOut: dout, LSE: lse, QKV: qkv, Offsets: off, Heads: heads, H: hidden})
	b.same("the gradient of attention", dqkv, wideDQKV)
}

func (b *bench) embedding() {
	ids, starts := make([]int32, rows), []int32{}
	order, distinct := []int32{}, []int32{}
	for word := range int32(words) { // every word, its tokens far apart
		distinct, starts = append(distinct, word), append(starts, int32(len(order)))
		for t := word; t < rows; t += words {
			ids[t], order = word, append(order, t)
		}
	}
	starts = append(starts, rows)
	w, wideW := b.numbers(words * hidden)
	y, want := b.numbers(rows * hidden)
	kernel.Embed(want, wideW, ids, hidden, true)
	b.ops.Embed(y, w, b.ints(ids), hidden, true)
	b.same("an embedding", y, want)
	dy, wideDY := b.numbers(rows * hidden)
	kernel.EmbedGrad(wideW, wideDY, order, starts, distinct, hidden)
	b.ops.EmbedGrad(w, dy, backend.Sorted{ID: distinct, Order: order, Start: starts}, hidden)
	b.same("the gradient of an embedding", w, wideW)
}

func (b *bench) pooling() {
	off := []int32{0, 1, 60, rows}
	x, wideX := b.numbers(rows * hidden)
	y, want := b.zeros(3*hidden), make([]float64, 3*hidden)
	kernel.MeanPool(want, wideX, off, hidden)
	b.ops.Pool(y, x, b.ints(off), hidden, true)
	b.same("a mean over tokens", y, want)
	dy, wideDY := b.numbers(3 * hidden)
	kernel.MeanPoolGrad(wideX, wideDY, off, hidden)
	b.ops.PoolGrad(x, dy, b.ints(off), hidden, true)
	b.same("the gradient of a mean over tokens", x, wideX)
}

func (b *bench) dropout() {
	d := kernel.NewDrop(0.1, kernel.Key(1, 2, 3))
	x, wideX := b.numbers(rows * inner)
	y, want := b.numbers(rows * inner)
	for i, e := range wideX {
		want[i] += float64(d.Keep(uint32(i))) * e
	}
	b.ops.Dropout(y, x, d)
	b.same("dropout", y, want)
}

func (b *bench) losses() {
	labels := make([]int32, rows)
	for i := range labels {
		labels[i] = int32(i%6) - 1
	}
	x, wideX := b.numbers(rows * 5)
	loss, dx := b.zeros(1), b.zeros(rows*5)
	want := make([]float64, rows*5)
	sum := kernel.CrossEntropy(want, wideX, labels, 5, 0.5)
	b.ops.CrossEntropy(loss, dx, x, b.ints(labels), 5, 0.5)
	b.same("cross-entropy", loss, []float64{sum})
	b.same("the gradient of cross-entropy", dx, want)
	g, wideG := b.numbers(rows * inner)
	b.ops.Fill(loss, 0)
	b.ops.SumSquares(loss, g)
	b.same("a sum of squares", loss, []float64{kernel.SumSquares(wideG)})
	db, wideDB := b.numbers(inner)
	kernel.SumRows(wideDB, wideG, rows, inner)
	b.ops.SumRows(db, g)
	b.same("a sum of rows", db, wideDB)
}

func (b *bench) adamW() {
	const n = rows * inner
	p, wideP := b.numbers(n)
	g, wideG := b.numbers(n)
	m, wideM := b.numbers(n)
	v, wideV := b.numbers(n)
	for i, e := range wideV {
		wideV[i] = float64(float32(e * e))
	}
	square := make([]float32, n)
	for i, e := range wideV {
		square[i] = float32(e)
	}
	b.ops.Write(v, square)
	s := kernel.AdamWSettings{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.01, Step: 3}
	kernel.AdamW(wideP, wideG, wideM, wideV, 1/(2+1e-6), s)
	b.ops.AdamW(backend.AdamW{
		P: p, G: g, M: m, V: v, Norm: b.put([]float32{4}), Clip: 1, Settings: s,
		Regions: []backend.Region{{N: n, Rate: 1, Decay: true}},
	})
	b.same("AdamW", p, wideP)
	b.same("AdamW's first moment", m, wideM)
	b.same("AdamW's second moment", v, wideV)
}
