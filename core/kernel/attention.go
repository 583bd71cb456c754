package kernel

import "math"

// AttentionScratch is the number of float32 of scratch that the attention tasks need: two rows of scores for each part.
func AttentionScratch(offsets []int32, heads int) int {
	return 2 * longest(offsets) * attentionParts(offsets, heads)
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
	t.P[3], t.P[4] = at(scratch[:AttentionScratch(offsets, heads)]), at(offsets)
	if dqkv != nil {
		t.P[5] = at(dqkv[:3*rows*h])
	}
	t.N[0], t.N[1], t.N[2], t.N[3], t.N[4] = rows, h, b, heads, longest(offsets)
	return t
}

// headUnit is one sentence and one head of an attention task.
type headUnit struct {
	lo, hi, c, d, h int // rows, first column, head size, hidden size
	index           int // which head
}

func (t *Task) unit(u int) headUnit {
	h, heads := t.N[1], t.N[3]
	off := t.i32(4, t.N[2]+1)
	s, n := u/heads, u%heads
	return headUnit{lo: int(off[s]), hi: int(off[s+1]), c: n * h / heads, d: h / heads, h: h, index: n}
}

func runAttention(t *Task, p int) {
	rows, h, longest := t.N[0], t.N[1], t.N[4]
	out, qkv := t.f32(0, rows*h), t.f32(2, 3*rows*h)
	score := t.f32(3, 2*longest*t.Parts)[2*longest*p:][:longest]
	lo, hi := t.span(t.N[2]*t.N[3], p)
	for i := lo; i < hi; i++ {
		u := t.unit(i)
		lse := t.f32(1, t.N[3]*rows)[u.index*rows:][:rows]
		attendUnit(out, lse, qkv, score[:u.hi-u.lo], u, t)
	}
}

// attendUnit does the queries of one sentence and head.
func attendUnit(out, lse, qkv, p []float32, u headUnit, t *Task) {
	scale := float32(1 / math.Sqrt(float64(u.d)))
	keys, values := qkv[u.lo*3*u.h+u.h+u.c:], qkv[u.lo*3*u.h+2*u.h+u.c:]
	for i := u.lo; i < u.hi; i++ {
		vecScores(p, qkv[i*3*u.h+u.c:][:u.d], keys, 3*u.h, scale)
		top := vecMax(p)
		sum := vecExp(p, -top)
		vecScale(p, 1/sum)
		t.dropRow(p, i, u.index)
		o := out[i*u.h+u.c:][:u.d]
		clear(o)
		vecMix(o, p, values, 3*u.h)
		lse[i] = top + float32(math.Log(float64(sum)))
	}
}

// dropRow applies dropout to one row of probabilities.
func (t *Task) dropRow(p []float32, i, head int) {
	if !t.Drop.On() {
		return
	}
	first := uint32((i*t.N[3] + head) * t.N[4])
	for j := range p {
		p[j] *= t.Drop.Keep(first + uint32(j))
	}
}

func runAttentionGrad(t *Task, p int) {
	rows, h, longest := t.N[0], t.N[1], t.N[4]
	dout, qkv, dqkv := t.f32(0, rows*h), t.f32(2, 3*rows*h), t.f32(5, 3*rows*h)
	scratch := t.f32(3, 2*longest*t.Parts)[2*longest*p:][:2*longest]
	lo, hi := t.span(t.N[2]*t.N[3], p)
	for i := lo; i < hi; i++ {
		u := t.unit(i)
		n := u.hi - u.lo
		lse := t.f32(1, t.N[3]*rows)[u.index*rows:][:rows]
		attendUnitGrad(dqkv, dout, lse, qkv, scratch[:n], scratch[longest:][:n], u, t)
	}
}

// attendUnitGrad does the gradient of one sentence and head: each row of scores is made again from lse.
func attendUnitGrad(dqkv, dout, lse, qkv, p, dp []float32, u headUnit, t *Task) {
	scale := float32(1 / math.Sqrt(float64(u.d)))
	stride, base := 3*u.h, u.lo*3*u.h+u.c
	keys, values := qkv[base+u.h:], qkv[base+2*u.h:]
	dkeys, dvalues := dqkv[base+u.h:], dqkv[base+2*u.h:]
	for i := u.lo; i < u.hi; i++ {
		q, do := qkv[i*stride+u.c:][:u.d], dout[i*u.h+u.c:][:u.d]
		vecScores(p, q, keys, stride, scale)
		vecExp(p, -lse[i])
		vecScores(dp, do, values, stride, 1)
		t.dropRow(dp, i, u.index)
		sum := vecDot(p, dp)
		for j := range dp {
			dp[j] = p[j] * (dp[j] - sum) * scale
		}
		t.dropRow(p, i, u.index)
		vecOuter(dvalues, p, do, stride)
		vecMix(dqkv[i*stride+u.c:][:u.d], dp, keys, stride)
		vecOuter(dkeys, dp, q, stride)
	}
}
