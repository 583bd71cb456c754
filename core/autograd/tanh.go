package autograd

// Tanh returns tanh x (torch.nn.Tanh).
//
//	dx += dy (1 - y²)
func Tanh(x *Var) *Var {
	t := x.tape
	y := t.newVar(x.rows, x.cols, x)
	t.ops.Tanh(y.val, x.val)
	y.read = true
	t.onBackward(y, func() { t.ops.TanhGrad(x.Grad(), y.Grad(), y.val) }, x)
	return y
}
