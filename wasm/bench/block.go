//go:build js && wasm

package main

import (
	"thaw/core/autograd"
	"thaw/core/backend"
)

// block is the gradient of Σ y²/2 by the weights and biases of y = Gelu(x w1ᵀ + b1) w2ᵀ + b2, for x [T, H], w1 [F, H] and
// w2 [H, F]: forward and backward over the trainer's tape.
type block struct {
	ops         backend.Backend
	tape        *autograd.Tape
	rows, h, f  int
	x           backend.Buffer
	value, grad [4]backend.Buffer // w1, b1, w2, b2
}

func newBlock(ops backend.Backend, j job) *block {
	b := &block{ops: ops, tape: autograd.NewTape(ops), rows: j.Rows, h: j.Sizes[0], f: j.Sizes[1]}
	b.x = numbers(ops, b.rows*b.h, 0, 1)
	for i, n := range []int{b.f * b.h, b.f, b.h * b.f, b.h} {
		b.value[i], b.grad[i] = numbers(ops, n, i+1, weightScale), ops.Alloc(n)
	}
	return b
}

func (b *block) run() {
	t := b.tape
	t.Reset()
	param := func(i, rows, cols int) *autograd.Var {
		b.ops.Fill(b.grad[i], 0)
		return t.Param(b.value[i], rows, cols, autograd.Part{Rows: rows, Grad: b.grad[i]})
	}
	w1, b1, w2, b2 := param(0, b.f, b.h), param(1, b.f, 1), param(2, b.h, b.f), param(3, b.h, 1)
	y := autograd.Linear(autograd.LinearGelu(t.Constant(b.x, b.rows, b.h), w1, b1), w2, b2)
	b.ops.Add(y.Grad(), y.Value()) // d(Σ y²/2)/dy = y
	t.Backward()
}

func (b *block) result() []backend.Buffer { return b.grad[:] }

func (b *block) free() {
	b.tape.Free()
	b.ops.Free(b.x)
	for i := range b.value {
		b.ops.Free(b.value[i])
		b.ops.Free(b.grad[i])
	}
}
