package webgpu

import (
	"math"
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
)

// attentionRows is where the table of the last sentences lies: for each row, where its sentence begins and ends. The layers
// of a batch share it.
type attentionRows struct {
	plan, at int
	offsets  []int32
}

// sentences has the table of a batch in the plan and says where.
func (g *GPU) sentences(offsets []int32) int {
	r := &g.rows
	if r.plan == g.plan.number && slices.Equal(r.offsets, offsets) && len(g.plan.uniforms)/slotWords < maxSlots-4 {
		return r.at
	}
	rows := int(offsets[len(offsets)-1])
	table := make([]int32, 2*rows)
	for b := range len(offsets) - 1 {
		for t := offsets[b]; t < offsets[b+1]; t++ {
			table[t], table[rows+int(t)] = offsets[b], offsets[b+1]
		}
	}
	r.at = g.list(table)
	r.plan, r.offsets = g.plan.number, append(r.offsets[:0], offsets...)
	return r.at
}

// Attention mixes values.
func (g *GPU) Attention(a backend.Attention) {
	g.settle()
	g.reads(of(a.QKV))
	g.writes(of(a.Out), of(a.LSE))
	rows := a.Out.Len() / a.H
	kernels := attentionKernels(a.H/a.Heads, of(a.Out), of(a.QKV))
	k := g.made(key{what: "attention", a: kernels.D, vec: kernels.Vec()}, kernels.Forward)
	at := g.sentences(a.Offsets)
	g.run(k, groups(rows, 64), a.Heads, 1, at, []*buffer{of(a.Out), of(a.LSE), of(a.QKV), nil}, attentionWords(a.Offsets, rows, a.Heads, a.H, a.Drop)...)
}

// AttentionGrad adds to dqkv.
func (g *GPU) AttentionGrad(a backend.AttentionGrad) {
	g.settle()
	g.reads(of(a.DOut), of(a.LSE), of(a.QKV))
	rows := a.DOut.Len() / a.H
	dots := g.scratch(&g.dots, a.Heads*rows)
	acc := g.adds(of(a.DQKV))
	all := attentionKernels(a.H/a.Heads, of(a.DQKV), of(a.DOut), of(a.QKV))
	f := attentionWords(a.Offsets, rows, a.Heads, a.H, a.Drop)
	f = slices.Insert(f, 4, acc)
	at := g.sentences(a.Offsets)
	bound := []*buffer{of(a.DQKV), of(a.DOut), of(a.LSE), of(a.QKV), dots, nil}
	q := g.made(key{what: "attention grad q", a: all.D, vec: all.Vec()}, all.GradQ)
	kv := g.made(key{what: "attention grad kv", a: all.D, vec: all.Vec()}, all.GradKV)
	for _, k := range []*shader.Kernel{q, kv} {
		g.run(k, groups(rows, 64), a.Heads, 1, at, bound, f...)
	}
}

// attentionKernels are those for a size of heads and how the buffers lie.
func attentionKernels(d int, buffers ...*buffer) shader.Attention {
	vec := true
	for _, b := range buffers {
		vec = vec && b.off%4 == 0
	}
	return shader.NewAttention(d, vec)
}

// attentionWords are the fields of its kernels.
func attentionWords(offsets []int32, rows, heads, h int, d kernel.Drop) []uint32 {
	longest := int32(0)
	for b := range len(offsets) - 1 {
		longest = max(longest, offsets[b+1]-offsets[b])
	}
	root := float32(1 / math.Sqrt(float64(h/heads)))
	return append([]uint32{uint32(rows), uint32(heads), uint32(longest), bits(root)}, dropWords(d)...)
}

// scratch is at least n elements of the backend's own, which hold anything.
func (g *GPU) scratch(b **buffer, n int) *buffer {
	if *b == nil || (*b).n < n {
		if *b != nil {
			g.Free(*b)
		}
		*b = g.alloc(n + n/4)
	}
	return *b
}
