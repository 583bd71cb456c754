package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// LayerNorm returns y = norm(s) · w + b over each row of s = residual + dropout(x), x nil for none (torch.nn.LayerNorm).
// All are [T, H], w and b [H]. x is not used afterwards: its memory goes to what comes next, for the way back needs the sum
// only. The gradient of the norm is in kernel.LayerNormGrad; behind it
//
//	dresidual += ds        dx += dropout(ds)
func LayerNorm(residual, x, w, b *Var, eps float64, d kernel.Drop) *Var {
	t, h := residual.tape, residual.cols
	y := t.newVar(residual.rows, h, residual, x, w, b)
	stat := t.Floats(y.rows, 2)
	a := backend.LayerNorm{Y: y.val, Stat: stat, S: residual.val, W: w.val, B: b.val, H: h, Eps: float32(eps), Drop: d}
	if x != nil {
		a.X = x.val
		a.S = t.Floats(y.rows, h)
		t.ops.Copy(a.S, residual.val, h, backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{int32(y.rows)}})
	}
	t.ops.LayerNorm(a)
	if x == nil {
		residual.read = true
	} else if x != residual {
		x.consume()
	}
	t.onBackward(y, func() {
		g := backend.LayerNormGrad{DW: w.whole(), DB: b.whole(), DY: y.Grad(), S: a.S, Stat: stat, W: w.val, H: h}
		if x == nil {
			if residual.needs {
				g.DS = residual.Grad()
			}
			t.ops.LayerNormGrad(g)
			return
		}
		var mem *slot
		if residual.needs || x.needs {
			g.DS, mem = t.temporary(y.rows, h)
			t.ops.Fill(g.DS, 0)
		}
		t.ops.LayerNormGrad(g)
		if x.needs {
			addDropped(x, g.DS, d)
		}
		if residual.needs {
			addOrInherit(residual, g.DS, mem)
		}
	}, residual, x, w, b)
	return y
}

// addDropped adds dropout(ds) to the gradient of x.
func addDropped(x *Var, ds backend.Buffer, d kernel.Drop) {
	if d.On() {
		x.tape.ops.Dropout(x.Grad(), ds, d)
	} else {
		x.tape.ops.Add(x.Grad(), ds)
	}
}

// addOrInherit adds ds to the gradient of x, or makes it that if it is the first term.
func addOrInherit(x *Var, ds backend.Buffer, mem *slot) {
	if x.grad == nil {
		x.inherit(ds, mem)
	} else {
		x.tape.ops.Add(x.grad, ds)
	}
}
