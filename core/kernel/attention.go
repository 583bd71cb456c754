package kernel

import "math"

// AttentionScratch is the number of float32 of scratch that the attention tasks need for each part: two rows of scores,
// and the keys and values of one sentence and head, transposed.
func AttentionScratch(offsets []int32, heads, h int) int {
	return attentionParts(offsets, heads) * unitScratch(longest(offsets), h/heads)
}

func unitScratch(longest, d int) int { return 2 * (1 + d) * padded(longest, scoreStep) }

// scoreStep is what rows of scores are padded to: the longest vector there is, so that scores need no tail.
const scoreStep = 16

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
	rows, h := t.N[0], t.N[1]
	out, qkv, scratch := t.f32(0, rows*h), t.f32(2, 3*rows*h), t.unitScratch(p)
	lo, hi := t.span(t.N[2]*t.N[3], p)
	for i := lo; i < hi; i++ {
		u := t.unit(i)
		lse := t.f32(1, t.N[3]*rows)[u.index*rows:][:rows]
		attendUnit(out, lse, qkv, scratch, u, t)
	}
}

// unitScratch is the scratch of one part.
func (t *Task) unitScratch(p int) []float32 {
	n := unitScratch(t.N[4], t.N[1]/t.N[3])
	return t.f32(3, n*t.Parts)[n*p:][:n]
}

// attendUnit does the queries of one sentence and head.
func attendUnit(out, lse, qkv, scratch []float32, u headUnit, t *Task) {
	scale := float32(1 / math.Sqrt(float64(u.d)))
	keys, values := qkv[u.lo*3*u.h+u.h+u.c:], qkv[u.lo*3*u.h+2*u.h+u.c:]
	n := u.hi - u.lo
	whole := padded(n, scoreStep)
	scores, across := scratch[:whole], scratch[whole:][:u.d*whole]
	transpose(across, keys, n, u.d, whole, 3*u.h)
	p := scores[:n]
	for i := u.lo; i < u.hi; i++ {
		vecScores(scores, qkv[i*3*u.h+u.c:][:u.d], across, scale)
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

// transpose is dst [D, whole] = the first n rows of src, D elements each, a stride apart, as columns. Columns beyond n are
// zero: their scores are made and not looked at.
func transpose(dst, src []float32, n, d, whole, stride int) {
	for j := range n {
		r := src[j*stride:][:d]
		for i, e := range r {
			dst[i*whole+j] = e
		}
	}
	for i := range d {
		clear(dst[i*whole+n : (i+1)*whole])
	}
}

// dropRow applies dropout to one row of probabilities.
func (t *Task) dropRow(p []float32, i, head int) {
	if !t.Drop.On() {
		return
	}
	vecDropScale(p, uint32((i*t.N[3]+head)*t.N[4]), t.Drop)
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

// attendUnitGrad does the gradient of one sentence and head: each row of scores is made again from lse.
func attendUnitGrad(dqkv, dout, lse, qkv, scratch []float32, u headUnit, t *Task) {
	scale := float32(1 / math.Sqrt(float64(u.d)))
	stride, base := 3*u.h, u.lo*3*u.h+u.c
	keys, values := qkv[base+u.h:], qkv[base+2*u.h:]
	dkeys, dvalues := dqkv[base+u.h:], dqkv[base+2*u.h:]
	n := u.hi - u.lo
	whole := padded(n, scoreStep)
	scores, dscores := scratch[:whole], scratch[whole:][:whole]
	keysT, valuesT := scratch[2*whole:][:u.d*whole], scratch[(2+u.d)*whole:][:u.d*whole]
	transpose(keysT, keys, n, u.d, whole, stride)
	transpose(valuesT, values, n, u.d, whole, stride)
	p, dp := scores[:n], dscores[:n]
	for i := u.lo; i < u.hi; i++ {
		q, do := qkv[i*stride+u.c:][:u.d], dout[i*u.h+u.c:][:u.d]
		vecScores(scores, q, keysT, scale)
		vecExp(p, -lse[i])
		vecScores(dscores, do, valuesT, 1)
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
