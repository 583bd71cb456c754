package autograd

import "thaw/core/kernel"

// Dropout returns x with some elements 0 and the others scaled (torch.nn.Dropout); x itself where d is off.
//
//	dx += dropout(dy) with the same elements
func Dropout(x *Var, d kernel.Drop) *Var {
	if !d.On() {
		return x
	}
	t := x.tape
	y := t.newVar(x.rows, x.cols, x)
	t.ops.Fill(y.val, 0)
	t.ops.Dropout(y.val, x.val, d)
	t.onBackward(y, func() { t.ops.Dropout(x.Grad(), y.Grad(), d) }, x)
	return y
}
