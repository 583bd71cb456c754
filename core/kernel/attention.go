package kernel

// AttentionScratch is the number of float32 of scratch that the attention tasks need: for each part the matrices of one
// sentence and head, side by side instead of strewn over qkv.
func AttentionScratch(offsets []int32, heads, h int) int {
	return attentionParts(offsets, heads) * unitScratch(longest(offsets), h/heads)
}

// queryRows is how many queries of a sentence are done at once: their scores stay in the nearest cache.
const queryRows = 32

// unitScratch is the sum of what attendUnitGrad takes, which is more than attendUnit.
func unitScratch(longest, d int) int {
	n, w := padded(longest, smallCols()), padded(d, smallCols())
	return 2*d*n + 5*n*w + queryRows*w + (2*queryRows+1)*n
}

func longest(offsets []int32) (n int) {
	for b := range len(offsets) - 1 {
		n = max(n, int(offsets[b+1]-offsets[b]))
	}
	return n
}

// attentionParts cuts B · N pairs of a sentence and a head.
func attentionParts(offsets []int32, heads int) int {
	t := int(offsets[len(offsets)-1])
	b := len(offsets) - 1
	return cut(b*heads, max(1, t/b)*max(1, t/b)*32)
}

// AttentionTask is [Attention] for every sentence and head: out [T, H], lse [N, T], qkv [T, 3H]. The dropout index of
// query row i, head n and key j of its sentence is (i · N + n) · longest + j.
func AttentionTask(out, lse, qkv, scratch []float32, offsets []int32, heads, h int, d Drop) Task {
	return attention(opAttention, out, lse, qkv, nil, scratch, offsets, heads, h, d)
}

// AttentionGradTask is [AttentionGrad]: dqkv [T, 3H] += from dout [T, H], qkv and lse.
func AttentionGradTask(dqkv, dout, lse, qkv, scratch []float32, offsets []int32, heads, h int, d Drop) Task {
	return attention(opAttentionGrad, dout, lse, qkv, dqkv, scratch, offsets, heads, h, d)
}

func attention(op Op, out, lse, qkv, dqkv, scratch []float32, offsets []int32, heads, h int, d Drop) Task {
	b := len(offsets) - 1
	rows := int(offsets[b])
	t := Task{Op: op, Parts: attentionParts(offsets, heads), Drop: d}
	t.P[0], t.P[1], t.P[2] = at(out[:rows*h]), at(lse[:heads*rows]), at(qkv[:3*rows*h])
	t.P[3], t.P[4] = at(scratch[:AttentionScratch(offsets, heads, h)]), at(offsets)
	if dqkv != nil {
		t.P[5] = at(dqkv[:3*rows*h])
	}
	t.N[0], t.N[1], t.N[2], t.N[3], t.N[4] = rows, h, b, heads, longest(offsets)
	return t
}

func runAttention(t *Task, p int) {
	rows, h := t.N[0], t.N[1]
	out, qkv, scratch := t.f32(0, rows*h), t.f32(2, 3*rows*h), t.unitScratch(p)
	lo, hi := t.span(t.N[2]*t.N[3], p)
	for i := lo; i < hi; i++ {
		u := t.unit(i)
		lse := t.f32(1, t.N[3]*rows)[u.index*rows:][:rows]
		attendUnit(out, lse, qkv, scratch, u, t)
	}
}

func runAttentionGrad(t *Task, p int) {
	rows, h := t.N[0], t.N[1]
	dout, qkv, dqkv, scratch := t.f32(0, rows*h), t.f32(2, 3*rows*h), t.f32(5, 3*rows*h), t.unitScratch(p)
	lo, hi := t.span(t.N[2]*t.N[3], p)
	for i := lo; i < hi; i++ {
		u := t.unit(i)
		lse := t.f32(1, t.N[3]*rows)[u.index*rows:][:rows]
		attendUnitGrad(dqkv, dout, lse, qkv, scratch, u, t)
	}
}

// unitScratch is the scratch of one part.
func (t *Task) unitScratch(p int) []float32 {
	n := unitScratch(t.N[4], t.N[1]/t.N[3])
	return t.f32(3, n*t.Parts)[n*p:][:n]
}
