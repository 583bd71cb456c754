package kernel

// LayerNormTask is [LayerNorm] over s [T, H]; with x it first makes the sum it normalises, s = residual + dropout(x),
// where residual is what s holds. Mean and rstd of each row go to stat [T, 2].
func LayerNormTask(y, stat, s, x, w, b []float32, rows, h int, eps float32, d Drop) Task {
	t := Task{Op: opLayerNorm, Parts: cut(rows, 8*h)}
	t.P[0], t.P[1], t.P[2], t.P[4], t.P[5] = at(y[:rows*h]), at(stat[:2*rows]), at(s[:rows*h]), at(w[:h]), at(b[:h])
	if x != nil {
		t.P[3] = at(x[:rows*h])
	}
	t.N[0], t.N[1], t.F[0], t.Drop = rows, h, eps, d
	return t
}

func runLayerNorm(t *Task, p int) {
	rows, h := t.N[0], t.N[1]
	y, stat, s, w, b := t.f32(0, rows*h), t.f32(1, 2*rows), t.f32(2, rows*h), t.f32(4, h), t.f32(5, h)
	lo, hi := t.span(rows, p)
	for i := lo; i < hi; i++ {
		if t.P[3] != nil {
			dropAdd(row(s, i, h), row(t.f32(3, rows*h), i, h), uint32(i*h), t.Drop)
		}
		stat[2*i], stat[2*i+1] = vecLayerNorm(row(y, i, h), row(s, i, h), w, b, t.F[0])
	}
}

// dropAdd is y += dropout(x) for elements that begin at index first of the whole array.
func dropAdd(y, x []float32, first uint32, d Drop) {
	if !d.On() {
		vecAdd(y, x)
		return
	}
	vecDropAdd(y, x, first, d)
}

// LayerNormGradTask is [LayerNormGrad]: ds [T, H] += from dy, s and stat.
func LayerNormGradTask(ds, dy, s, stat, w []float32, rows, h int) Task {
	t := Task{Op: opLayerNormGrad, Parts: cut(rows, 8*h)}
	t.P[0], t.P[1], t.P[2], t.P[3], t.P[4] = at(ds[:rows*h]), at(dy[:rows*h]), at(s[:rows*h]), at(stat[:2*rows]), at(w[:h])
	t.N[0], t.N[1] = rows, h
	return t
}

func runLayerNormGrad(t *Task, p int) {
	rows, h := t.N[0], t.N[1]
	ds, dy, s, stat, w := t.f32(0, rows*h), t.f32(1, rows*h), t.f32(2, rows*h), t.f32(3, 2*rows), t.f32(4, h)
	lo, hi := t.span(rows, p)
	for i := lo; i < hi; i++ {
		vecLayerNormGrad(row(ds, i, h), row(dy, i, h), row(s, i, h), w, stat[2*i], stat[2*i+1])
	}
}

// LayerNormParamGradTask is [LayerNormParamGrad]; a nil dw or db is left out. Parts own columns.
func LayerNormParamGradTask(dw, db, dy, s, stat []float32, rows, h int) Task {
	t := Task{Op: opLayerNormParamGrad, Parts: cut((h+15)/16, 16*rows)}
	if dw != nil {
		t.P[0] = at(dw[:h])
	}
	if db != nil {
		t.P[1] = at(db[:h])
	}
	t.P[2], t.P[3], t.P[4] = at(dy[:rows*h]), at(s[:rows*h]), at(stat[:2*rows])
	t.N[0], t.N[1] = rows, h
	return t
}

func runLayerNormParamGrad(t *Task, p int) {
	rows, h := t.N[0], t.N[1]
	dy, s, stat := t.f32(2, rows*h), t.f32(3, rows*h), t.f32(4, 2*rows)
	lo, hi := t.spanVec(h, p)
	for i := range rows {
		g := row(dy, i, h)[lo:hi]
		if t.P[0] != nil && t.P[1] != nil {
			vecParamGrad(t.f32(0, h)[lo:hi], t.f32(1, h)[lo:hi], g, row(s, i, h)[lo:hi], stat[2*i], stat[2*i+1])
			continue
		}
		if t.P[0] != nil {
			vecNormedAdd(t.f32(0, h)[lo:hi], g, row(s, i, h)[lo:hi], stat[2*i], stat[2*i+1])
		}
		if t.P[1] != nil {
			vecAdd(t.f32(1, h)[lo:hi], g)
		}
	}
}
