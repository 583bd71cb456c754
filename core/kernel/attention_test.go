package kernel

import "math"

// attentionBound is the error of attention against the size of its values: a score of some units is rounded before exp
// makes a relative error of its absolute one.
const attentionBound = 2e-6

// Heads, head size, then the lengths of the sentences.
var attentions = [][]int{{1, 1, 1}, {1, 7, 7}, {2, 8, 8, 1}, {3, 5, 9, 2, 1}, {2, 9, 15, 17}, {12, 32, 33, 64, 7, 1}, {2, 64, 130}}

var attentionTests = []kernelTest{
	{"opAttention", "Attention", attentions, func(f *field, size []int) { attentionCase(f, size, Drop{}) }},
	{"opAttention", "Attention with dropout", attentions, func(f *field, size []int) {
		attentionCase(f, size, NewDrop(0.3, Key(4, 5, 6)))
	}},
	{"opAttentionGrad", "AttentionGrad", attentions, func(f *field, size []int) { attentionGradCase(f, size, Drop{}) }},
	{"opAttentionGrad", "AttentionGrad with dropout", attentions, func(f *field, size []int) {
		attentionGradCase(f, size, NewDrop(0.3, Key(4, 5, 6)))
	}},
}

func attentionCase(f *field, size []int, d Drop) {
	heads, h, off := size[0], size[0]*size[1], offsetsOf(size[2:]...)
	rows := int(off[len(off)-1])
	qkv, out, lse := f.normals(3*rows*h), f.output(rows*h), f.output(heads*rows)
	f.run(AttentionTask(out, lse, qkv, f.scratch(AttentionScratch(off, heads, h)), off, heads, h, d))
	want, wantLSE := referenceAttention(wide(qkv), off, heads, h, d)
	scale := attentionBound * (1 + largest(qkv))
	bound := func(int) float64 { return scale }
	f.near("out", out, want, bound)
	f.near("lse", lse, wantLSE, bound)
}

func attentionGradCase(f *field, size []int, d Drop) {
	heads, h, off := size[0], size[0]*size[1], offsetsOf(size[2:]...)
	rows := int(off[len(off)-1])
	qkv, dout, dqkv := f.normals(3*rows*h), f.normals(rows*h), f.sum(3*rows*h)
	_, lse := referenceAttention(wide(qkv), off, heads, h, d)
	narrow := make([]float32, len(lse))
	for i, e := range lse {
		narrow[i] = float32(e)
	}
	want := wide(dqkv)
	referenceAttentionGrad(want, wide(dout), wide(qkv), lse, off, heads, h, d)
	f.run(AttentionGradTask(dqkv, dout, f.input(narrow), qkv, f.scratch(AttentionScratch(off, heads, h)), off, heads, h, d))
	bound := attentionBound * (1 + largest(qkv)) * (1 + largest(dout)*math.Sqrt(float64(size[1])))
	f.near("dqkv", dqkv, want, func(int) float64 { return bound })
}

// referenceAttention goes over sentences and heads with the documented index of dropout.
func referenceAttention(qkv []float64, off []int32, heads, h int, d Drop) (out, lse []float64) {
	rows, most := int(off[len(off)-1]), longest(off)
	out, lse = make([]float64, rows*h), make([]float64, heads*rows)
	for b := range len(off) - 1 {
		for n := range heads {
			Attention(out, lse[n*rows:][:rows], qkv, make([]float64, most), int(off[b]), int(off[b+1]), n*h/heads, h/heads, h, keepOf(d, heads, n, most))
		}
	}
	return out, lse
}

func referenceAttentionGrad(dqkv, dout, qkv, lse []float64, off []int32, heads, h int, d Drop) {
	rows, most := int(off[len(off)-1]), longest(off)
	for b := range len(off) - 1 {
		for n := range heads {
			AttentionGrad(dqkv, dout, qkv, lse[n*rows:][:rows], make([]float64, most), make([]float64, most),
				int(off[b]), int(off[b+1]), n*h/heads, h/heads, h, keepOf(d, heads, n, most))
		}
	}
}

func keepOf(d Drop, heads, n, most int) func(i, j int) float64 {
	return func(i, j int) float64 { return float64(d.Keep(uint32((i*heads+n)*most + j))) }
}
