package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// LinearGelu returns y = Gelu(u), u = x wᵀ + b: the first half of a feed-forward block, in one product with an epilogue.
// u is kept.
//
//	du = dy · Gelu'(u)        and then as Linear
//
// Where a product is y's only use, it brings du.
func LinearGelu(x, w, b *Var) *Var {
	t := x.tape
	y := linear(x, w, b)
	u := t.Floats(y.rows, y.cols)
	t.ops.MatMul(backend.MatMul{Y: y.val, X: x.val, W: w.val, M: y.rows, N: y.cols, K: x.cols, Then: kernel.BiasGelu, B: b.val, U: u})
	y.slope = u
	t.onBackward(y, func() {
		du := y.grad
		if !y.sloped {
			du, _ = t.temporary(y.rows, y.cols)
			t.ops.Fill(du, 0)
			t.ops.GeluGrad(du, y.Grad(), u)
		}
		linearGrad(x, w, b, du)
	}, x, w, b)
	return y
}
