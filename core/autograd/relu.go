package autograd

// Relu returns max(x, 0) (torch.nn.ReLU).
//
//	dx += dy where y > 0
func Relu(x *Var) *Var {
	t := x.tape
	y := t.newVar(x.rows, x.cols, x)
	t.ops.Relu(y.val, x.val)
	y.read = true
	t.onBackward(y, func() { t.ops.ReluGrad(x.Grad(), y.Grad(), y.val) }, x)
	return y
}
