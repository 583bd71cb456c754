package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// Linear returns y = x wᵀ + b for x [T, H], w [F, H] and b [F], so y is [T, F] (torch.nn.Linear).
//
//	dx += dy w        dw += dyᵀ x        db += Σ rows of dy
func Linear(x, w, b *Var) *Var {
	t := x.tape
	y := linear(x, w, b)
	t.ops.MatMul(backend.MatMul{Y: y.val, X: x.val, W: w.val, M: y.rows, N: y.cols, K: x.cols, Then: kernel.Bias, B: b.val})
	t.onBackward(y, func() {
		linearGrad(x, w, b, y.Grad())
	}, x, w, b)
	return y
}

// linear checks the shapes and makes the result.
func linear(x, w, b *Var) *Var {
	tensor.Must("autograd.Linear w", tensor.Shape{w.rows, w.cols}, tensor.Shape{-1, x.cols})
	tensor.Must("autograd.Linear b", tensor.Shape{b.rows, b.cols}, tensor.Shape{w.rows, 1})
	x.read = x.read || w.needs
	return x.tape.newVar(x.rows, w.rows, x, w, b)
}

// linearGrad is the way back from dy [T, F], one product for each input that needs it.
func linearGrad(x, w, b *Var, dy backend.Buffer) {
	if x.needs {
		dx, then, u := x.sumSloped()
		x.tape.ops.MatMul(backend.MatMul{Y: dx, X: dy, W: w.val, M: x.rows, N: x.cols, K: w.rows, Layout: kernel.NN, Then: then, U: u})
	}
	for _, p := range w.parts {
		dw, then := p.sum()
		x.tape.ops.MatMul(backend.MatMul{Y: dw, X: columns(x.tape, dy, w.rows, p), W: x.val, M: p.Rows, N: x.cols, K: x.rows, Layout: kernel.TN, Then: then})
	}
	for _, p := range b.parts {
		x.tape.ops.SumRows(p.Grad, columns(x.tape, dy, w.rows, p))
	}
}

// columns is the columns of dy [T, F] that belong to a part: all of them, or a copy of a third, whose rows of dy taken as
// [3T, F/3] lie three apart.
func columns(t *Tape, dy backend.Buffer, f int, p Part) backend.Buffer {
	if p.Rows == f {
		return dy
	}
	rows, step := dy.Len()/f, f/p.Rows
	r := backend.Rows{To: make([]int32, rows), From: make([]int32, rows), Count: make([]int32, rows)}
	for i := range rows {
		r.To[i], r.From[i], r.Count[i] = int32(i), int32(i*step+p.From/p.Rows), 1
	}
	c, _ := t.temporary(rows, p.Rows)
	t.ops.Copy(c, dy, p.Rows, r)
	return c
}
