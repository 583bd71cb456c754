package kernel

import "math"

// headUnit is one sentence and one head of an attention task.
type headUnit struct {
	lo, n, c, d, h int // first row, rows, first column, head size, hidden size
	index          int // which head
}

func (t *Task) unit(u int) headUnit {
	h, heads := t.N[1], t.N[3]
	off := t.i32(4, t.N[2]+1)
	s, n := u/heads, u%heads
	return headUnit{lo: int(off[s]), n: int(off[s+1] - off[s]), c: n * h / heads, d: h / heads, h: h, index: n}
}

// padded are the unit's rows and columns rounded up to whole tiles. What lies beyond the sentence and the head holds
// anything: it is computed with and not looked at.
func (u headUnit) padded() (n, d int) { return padded(u.n, smallCols()), padded(u.d, smallCols()) }

// part is the unit's rows of q, k or v in a matrix like qkv, from its first column on.
func (u headUnit) part(qkv []float32, which int) []float32 {
	return qkv[u.lo*3*u.h+which*u.h+u.c:]
}

// attendUnit does one sentence and head, queryRows queries at a time: s = q kᵀ, softmax of its rows, out = s v.
func attendUnit(out, lse, qkv, scratch []float32, u headUnit, t *Task) {
	np, dp := u.padded()
	q, scratch := scratch[:np*dp], scratch[np*dp:]
	v, scratch := scratch[:np*dp], scratch[np*dp:]
	keysT, scratch := scratch[:u.d*np], scratch[u.d*np:]
	s, o := scratch[:queryRows*np], scratch[queryRows*np:][:queryRows*dp]
	vecGather(q, u.part(qkv, 0), u.n, u.d, dp, 3*u.h, float32(1/math.Sqrt(float64(u.d))))
	vecGather(v, u.part(qkv, 2), u.n, u.d, dp, 3*u.h, 1)
	transpose(keysT, u.part(qkv, 1), u.n, u.d, np, 3*u.h)
	var over [queryRows]float32
	for first := 0; first < u.n; first += queryRows {
		rows := min(queryRows, u.n-first)
		small(s, q[first*dp:], dp, 1, keysT, rows, np, u.d, 0)
		for i := range rows {
			p, row := s[i*np:][:u.n], u.lo+first+i
			top := vecMax(p)
			sum := vecExp(p, -top)
			t.dropRow(p, row, u.index)
			over[i], lse[row] = 1/sum, top+float32(math.Log(float64(sum)))
		}
		small(o, s, np, 1, v, rows, dp, u.n, 0)
		for i := range rows {
			vecScaled(out[(u.lo+first+i)*u.h+u.c:][:u.d], o[i*dp:], over[i])
		}
	}
}

// attendUnitGrad does the gradient of one sentence and head, queryRows queries at a time; their probabilities are made
// again from lse.
func attendUnitGrad(dqkv, dout, lse, qkv, scratch []float32, u headUnit, t *Task) {
	np, dp := u.padded()
	scale := float32(1 / math.Sqrt(float64(u.d)))
	q, scratch := scratch[:np*dp], scratch[np*dp:]
	k, scratch := scratch[:np*dp], scratch[np*dp:]
	do, scratch := scratch[:np*dp], scratch[np*dp:]
	dk, scratch := scratch[:np*dp], scratch[np*dp:]
	dv, scratch := scratch[:np*dp], scratch[np*dp:]
	keysT, scratch := scratch[:u.d*np], scratch[u.d*np:]
	valuesT, scratch := scratch[:u.d*np], scratch[u.d*np:]
	s, scratch := scratch[:queryRows*np], scratch[queryRows*np:]
	ds, scratch := scratch[:queryRows*np], scratch[queryRows*np:]
	dq, kept := scratch[:queryRows*dp], scratch[queryRows*dp:][:np]
	vecGather(q, u.part(qkv, 0), u.n, u.d, dp, 3*u.h, scale)
	vecGather(k, u.part(qkv, 1), u.n, u.d, dp, 3*u.h, 1)
	vecGather(do, dout[u.lo*u.h+u.c:], u.n, u.d, dp, u.h, 1)
	transpose(keysT, u.part(qkv, 1), u.n, u.d, np, 3*u.h)
	transpose(valuesT, u.part(qkv, 2), u.n, u.d, np, 3*u.h)
	more := 0
	for first := 0; first < u.n; first += queryRows {
		rows := min(queryRows, u.n-first)
		small(s, q[first*dp:], dp, 1, keysT, rows, np, u.d, 0)
		small(ds, do[first*dp:], dp, 1, valuesT, rows, np, u.d, 0)
		for i := range rows {
			p, row := s[i*np:][:u.n], u.lo+first+i
			vecExp(p, -lse[row])
			plain := p
			if t.Drop.On() {
				plain = kept[:u.n]
				copy(plain, p)
				t.dropRow(p, row, u.index)
			}
			vecSoftmaxGrad(ds[i*np:][:u.n], p, plain)
		}
		small(dv, s, 1, np, do[first*dp:], u.n, dp, rows, more)
		small(dk, ds, 1, np, q[first*dp:], u.n, dp, rows, more)
		small(dq, ds, np, 1, k, rows, dp, u.n, 0)
		vecScatterAdd(u.part(dqkv, 0)[first*3*u.h:], dq, rows, u.d, dp, 3*u.h, scale)
		more = 1
	}
	vecScatterAdd(u.part(dqkv, 1), dk, u.n, u.d, dp, 3*u.h, 1)
	vecScatterAdd(u.part(dqkv, 2), dv, u.n, u.d, dp, 3*u.h, 1)
}

// dropRow applies dropout to one row of probabilities.
func (t *Task) dropRow(p []float32, i, head int) {
	if t.Drop.On() {
		vecDropScale(p, uint32((i*t.N[3]+head)*t.N[4]), t.Drop)
	}
}

// transpose is dst [D, width] = the first n rows of src, D elements each, a stride apart, as columns. Four rows at a time,
// so that what is written lies together.
func transpose(dst, src []float32, n, d, width, stride int) {
	j := 0
	for ; j+4 <= n; j += 4 {
		r0, r1, r2, r3 := src[j*stride:][:d], src[(j+1)*stride:][:d], src[(j+2)*stride:][:d], src[(j+3)*stride:][:d]
		to := j
		for i, e := range r0 {
			q := dst[to:][:4]
			q[0], q[1], q[2], q[3] = e, r1[i], r2[i], r3[i]
			to += width
		}
	}
	for ; j < n; j++ {
		for i, e := range src[j*stride:][:d] {
			dst[i*width+j] = e
		}
	}
}
