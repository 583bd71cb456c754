package kernel

// AddBiasTask is [AddBias]: y [M, N] += b [N].
func AddBiasTask(y, b []float32, m, n int) Task {
	t := Task{Op: opAddBias, Parts: cut(m, n)}
	t.P[0], t.P[1] = at(y[:m*n]), at(b[:n])
	t.N[0], t.N[1] = m, n
	return t
}

func runAddBias(t *Task, p int) {
	m, n := t.N[0], t.N[1]
	lo, hi := t.span(m, p)
	y, b := t.f32(0, m*n), t.f32(1, n)
	for i := lo; i < hi; i++ {
		vecAdd(row(y, i, n), b)
	}
}

// SumRowsTask is [SumRows]: y [N] += Σ rows of x [M, N]. Parts own columns.
func SumRowsTask(y, x []float32, m, n int) Task {
	t := Task{Op: opSumRows, Parts: cut((n+15)/16, 16*m)}
	t.P[0], t.P[1] = at(y[:n]), at(x[:m*n])
	t.N[0], t.N[1] = m, n
	return t
}

func runSumRows(t *Task, p int) {
	m, n := t.N[0], t.N[1]
	lo, hi := t.spanVec(n, p)
	y, x := t.f32(0, n)[lo:hi], t.f32(1, m*n)
	i := 0
	for ; i+4 <= m; i += 4 {
		vecAddRows(y, x[i*n+lo:], n)
	}
	for ; i < m; i++ {
		vecAdd(y, row(x, i, n)[lo:hi])
	}
}

// CopyTask copies ranges of rows of width h: for each i, count[i] rows of src from row from[i] on to dst from row to[i] on.
func CopyTask(dst, src []float32, h int, to, from, count []int32) Task {
	t := Task{Op: opCopy, Parts: cut(len(to), 16*h)}
	t.P[0], t.P[1], t.P[2], t.P[3], t.P[4] = at(dst), at(src), at(to), at(from), at(count)
	t.N[0], t.N[1], t.N[2], t.N[3] = len(to), h, len(dst), len(src)
	return t
}

func runCopy(t *Task, p int) {
	n, h := t.N[0], t.N[1]
	dst, src := t.f32(0, t.N[2]), t.f32(1, t.N[3])
	to, from, count := t.i32(2, n), t.i32(3, n), t.i32(4, n)
	lo, hi := t.span(n, p)
	for i := lo; i < hi; i++ {
		c := int(count[i]) * h
		copy(dst[int(to[i])*h:][:c], src[int(from[i])*h:][:c])
	}
}

// EmbedTask is [Embed]: y [T, H] = rows of w [V, H], or += with accumulate.
func EmbedTask(y, w []float32, id []int32, h int, accumulate bool) Task {
	t := Task{Op: opEmbed, Parts: cut(len(id), 2*h)}
	t.P[0], t.P[1], t.P[2] = at(y[:len(id)*h]), at(w), at(id)
	t.N[0], t.N[1], t.N[2] = len(id), h, len(w)
	if accumulate {
		t.N[3] = 1
	}
	return t
}

func runEmbed(t *Task, p int) {
	n, h := t.N[0], t.N[1]
	lo, hi := t.span(n, p)
	y, w, id := t.f32(0, n*h), t.f32(1, t.N[2]), t.i32(2, n)
	for i := lo; i < hi; i++ {
		if t.N[3] == 1 {
			vecAdd(row(y, i, h), row(w, int(id[i]), h))
		} else {
			copy(row(y, i, h), row(w, int(id[i]), h))
		}
	}
}

// EmbedGradTask is [EmbedGrad]. Parts own runs of one id, so each row of dw has one writer.
func EmbedGradTask(dw, dy []float32, order, start, id []int32, h int) Task {
	t := Task{Op: opEmbedGrad, Parts: cut(len(id), 4*h)}
	t.P[0], t.P[1], t.P[2], t.P[3], t.P[4] = at(dw), at(dy), at(order), at(start[:len(id)+1]), at(id)
	t.N[0], t.N[1], t.N[2], t.N[3], t.N[4] = len(id), h, len(dw), len(dy), len(order)
	return t
}

func runEmbedGrad(t *Task, p int) {
	n, h := t.N[0], t.N[1]
	lo, hi := t.span(n, p)
	dw, dy, order, start, id := t.f32(0, t.N[2]), t.f32(1, t.N[3]), t.i32(2, t.N[4]), t.i32(3, n+1), t.i32(4, n)
	for i := lo; i < hi; i++ {
		to := row(dw, int(id[i]), h)
		for j := start[i]; j < start[i+1]; j++ {
			vecAdd(to, row(dy, int(order[j]), h))
		}
	}
}

// PoolTask is [FirstPool] or, with mean, [MeanPool]: y [B, H] from x [T, H].
func PoolTask(y, x []float32, offsets []int32, h int, mean bool) Task {
	return pool(opPool, y, x, offsets, h, mean)
}

// PoolGradTask is [FirstPoolGrad] or [MeanPoolGrad]: dx [T, H] += from dy [B, H].
func PoolGradTask(dx, dy []float32, offsets []int32, h int, mean bool) Task {
	return pool(opPoolGrad, dy, dx, offsets, h, mean)
}

func pool(op Op, pooled, rows []float32, offsets []int32, h int, mean bool) Task {
	b := len(offsets) - 1
	t := Task{Op: op, Parts: cut(b, 32*h)}
	t.P[0], t.P[1], t.P[2] = at(pooled[:b*h]), at(rows[:int(offsets[b])*h]), at(offsets)
	t.N[0], t.N[1], t.N[2] = b, h, int(offsets[b])
	if mean {
		t.N[3] = 1
	}
	return t
}

func runPool(t *Task, p int) {
	b, h := t.N[0], t.N[1]
	lo, hi := t.span(b, p)
	y, x, off := t.f32(0, b*h)[lo*h:hi*h], t.f32(1, t.N[2]*h), t.i32(2, b+1)[lo:hi+1]
	if t.N[3] == 0 {
		FirstPool(y, x, off, h)
		return
	}
	for s := range hi - lo {
		first, last := int(off[s]), int(off[s+1])
		to := row(y, s, h)
		clear(to)
		for i := first; i < last; i++ {
			vecAdd(to, row(x, i, h))
		}
		vecScale(to, 1/float32(last-first))
	}
}

func runPoolGrad(t *Task, p int) {
	b, h := t.N[0], t.N[1]
	lo, hi := t.span(b, p)
	dy, dx, off := t.f32(0, b*h)[lo*h:hi*h], t.f32(1, t.N[2]*h), t.i32(2, b+1)[lo:hi+1]
	if t.N[3] == 0 {
		FirstPoolGrad(dx, dy, off, h)
		return
	}
	for s := range hi - lo {
		first, last := int(off[s]), int(off[s+1])
		for i := first; i < last; i++ {
			vecAddScaled(row(dx, i, h), row(dy, s, h), 1/float32(last-first))
		}
	}
}
