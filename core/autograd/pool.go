package autograd

import "thaw/core/backend"

// Pool returns one row for each sentence of x [T, H]: the mean of its rows, or its first. Offsets [B+1] is on the device.
//
//	mean: dx[t] += dy[b] / length        first: dx[first] += dy[b]
func Pool(x *Var, offsets backend.Buffer, mean bool) *Var {
	t := x.tape
	y := t.newVar(offsets.Len()-1, x.cols, x)
	t.ops.Pool(y.val, x.val, offsets, x.cols, mean)
	t.onBackward(y, func() { t.ops.PoolGrad(x.Grad(), y.Grad(), offsets, x.cols, mean) }, x)
	return y
}
