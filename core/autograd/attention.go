package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// Attention returns [T, H], the values of qkv [T, 3H] mixed within each sentence by scaled dot-product attention with the
// given number of heads. Offsets [B+1] cut the sentences. The formulas are in kernel.Attention and kernel.AttentionGrad.
func Attention(qkv *Var, offsets []int32, heads int, d kernel.Drop) *Var {
	t, h := qkv.tape, qkv.cols/3
	tensor.Must("autograd.Attention", tensor.Shape{qkv.rows}, tensor.Shape{int(offsets[len(offsets)-1])})
	y := t.newVar(qkv.rows, h, qkv)
	lse := t.Floats(qkv.rows, heads)
	t.ops.Attention(backend.Attention{Out: y.val, LSE: lse, QKV: qkv.val, Offsets: offsets, Heads: heads, H: h, Drop: d})
	qkv.read = true
	t.onBackward(y, func() {
		t.ops.AttentionGrad(backend.AttentionGrad{
			DQKV: qkv.Grad(), DOut: y.Grad(), LSE: lse, QKV: qkv.val, Offsets: offsets, Heads: heads, H: h, Drop: d,
		})
	}, qkv)
	return y
}
