package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// LayerNorm returns y = norm(s) · w + b over each row of s = residual + dropout(x), x nil for none (torch.nn.LayerNorm).
// All are [T, H], w and b [H]. The gradient of the norm is in kernel.LayerNormGrad; behind it
//
//	dresidual += ds        dx += dropout(ds)
func LayerNorm(residual, x, w, b *Var, eps float64, d kernel.Drop) *Var {
	t, h := residual.tape, residual.cols
	y := t.newVar(residual.rows, h, residual, x, w, b)
	stat := t.Floats(2 * y.rows)
	a := backend.LayerNorm{Y: y.val, Stat: stat, S: residual.val, W: w.val, B: b.val, H: h, Eps: float32(eps), Drop: d}
	if x != nil {
		a.X = x.val
		a.S = t.Floats(y.rows * h)
		t.ops.Copy(a.S, residual.val, h, backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{int32(y.rows)}})
	}
	t.ops.LayerNorm(a)
	t.onBackward(func() {
		g := backend.LayerNormGrad{DW: w.whole(), DB: b.whole(), DY: y.Grad(), S: a.S, Stat: stat, W: w.val, H: h}
		g.DS = sumGrad(residual, x)
		t.ops.LayerNormGrad(g)
		spreadGrad(g.DS, residual, x, d)
	}, residual, x, w, b)
	return y
}

// sumGrad is where the gradient of residual + x is put: in the residual's own where there is no x, nowhere if neither
// needs it.
func sumGrad(residual, x *Var) backend.Buffer {
	if x == nil {
		if residual.needs {
			return residual.Grad()
		}
		return nil
	}
	if !residual.needs && !x.needs {
		return nil
	}
	t := residual.tape
	ds := t.Floats(residual.rows * residual.cols)
	t.ops.Fill(ds, 0)
	return ds
}

// spreadGrad hands the gradient of the sum on to its terms.
func spreadGrad(ds backend.Buffer, residual, x *Var, d kernel.Drop) {
	if x == nil || ds == nil {
		return
	}
	ops := residual.tape.ops
	if residual.needs {
		ops.Add(residual.Grad(), ds)
	}
	if !x.needs {
		return
	}
	if d.On() {
		ops.Dropout(x.Grad(), ds, d)
	} else {
		ops.Add(x.Grad(), ds)
	}
}
