package backendtest

import (
	"math"
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// attentions are heads, head size and the lengths of sentences: those of MiniLM and BERT, odd ones, and every length from
// 1 to 130 in one batch.
var attentions = []struct {
	heads, d int
	lengths  []int
}{
	{1, 1, []int{1}}, {1, 7, []int{9, 1}}, {3, 5, []int{17, 2, 33}}, {2, 4, upTo(130)},
	{12, 32, []int{33, 1, 64, 32, 65}}, {12, 64, []int{7, 2}},
}

var attentionCases = []testCase{
	{"Attention", []string{"Attention"}, func(g *rig) { g.attention(kernel.Drop{}) }},
	{"Attention/dropout", []string{"Attention"}, func(g *rig) { g.attention(kernel.NewDrop(0.3, kernel.Key(4, 5, 6))) }},
	{"AttentionGrad", []string{"AttentionGrad"}, func(g *rig) { g.attentionGrad(kernel.Drop{}) }},
	{"AttentionGrad/dropout", []string{"AttentionGrad"}, func(g *rig) {
		g.attentionGrad(kernel.NewDrop(0.3, kernel.Key(4, 5, 6)))
	}},
}

func (g *rig) attention(drop kernel.Drop) {
	for _, s := range attentions {
		off, h := offsetsOf(s.lengths...), s.heads*s.d
		rows := int(off[len(off)-1])
		qkv := g.normals(3 * rows * h)
		out, lse := referenceAttention(wide(qkv), off, s.heads, h, drop)
		a := backend.Attention{Out: g.out(rows * h), LSE: g.out(s.heads * rows), QKV: g.in(qkv), Offsets: off, Heads: s.heads, H: h, Drop: drop}
		g.b.Attention(a)
		bound := attentionBound * max(1, largest(qkv))
		g.near("out", a.Out, out, func(int) float64 { return bound })
		g.near("lse", a.LSE, lse, func(int) float64 { return bound })
	}
}

func (g *rig) attentionGrad(drop kernel.Drop) {
	for _, s := range attentions {
		off, h := offsetsOf(s.lengths...), s.heads*s.d
		rows := int(off[len(off)-1])
		qkv, dout, dqkv := g.normals(3*rows*h), g.normals(rows*h), g.normals(3*rows*h)
		_, lse := referenceAttention(wide(qkv), off, s.heads, h, drop)
		narrow := make([]float32, len(lse))
		for i, e := range lse {
			narrow[i] = float32(e)
		}
		want := wide(dqkv)
		referenceAttentionGrad(want, wide(dout), wide(qkv), lse, off, s.heads, h, drop)
		a := backend.AttentionGrad{DQKV: g.sum(dqkv), DOut: g.in(dout), LSE: g.in(narrow), QKV: g.in(qkv), Offsets: off, Heads: s.heads, H: h, Drop: drop}
		g.b.AttentionGrad(a)
		bound := attentionBound * max(1, largest(qkv)) * max(1, largest(dout)*math.Sqrt(float64(s.d))/4)
		g.near("dqkv", a.DQKV, want, func(int) float64 { return bound })
	}
}

// referenceAttention goes over sentences and heads with the documented index of dropout: (i · N + n) · longest + j.
func referenceAttention(qkv []float64, off []int32, heads, h int, d kernel.Drop) (out, lse []float64) {
	rows, most := int(off[len(off)-1]), longest(off)
	out, lse = make([]float64, rows*h), make([]float64, heads*rows)
	p := make([]float64, most)
	for b := range len(off) - 1 {
		for n := range heads {
			kernel.Attention(out, lse[n*rows:][:rows], qkv, p, int(off[b]), int(off[b+1]), n*h/heads, h/heads, h, keepOf(d, heads, n, most))
		}
	}
	return out, lse
}

func referenceAttentionGrad(dqkv, dout, qkv, lse []float64, off []int32, heads, h int, d kernel.Drop) {
	rows, most := int(off[len(off)-1]), longest(off)
	p, dp := make([]float64, most), make([]float64, most)
	for b := range len(off) - 1 {
		for n := range heads {
			kernel.AttentionGrad(dqkv, dout, qkv, lse[n*rows:][:rows], p, dp, int(off[b]), int(off[b+1]), n*h/heads, h/heads, h, keepOf(d, heads, n, most))
		}
	}
}

func keepOf(d kernel.Drop, heads, n, most int) func(i, j int) float64 {
	return func(i, j int) float64 { return float64(d.Keep(uint32((i*heads+n)*most + j))) }
}

func longest(off []int32) (n int) {
	for b := range len(off) - 1 {
		n = max(n, int(off[b+1]-off[b]))
	}
	return n
}

// upTo are the lengths from 1 to n, long and short ones side by side.
func upTo(n int) (lengths []int) {
	for i := range n {
		lengths = append(lengths, 1+i*37%n)
	}
	slices.Reverse(lengths)
	return lengths
}
