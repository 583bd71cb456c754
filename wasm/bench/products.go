//go:build js && wasm

package main

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// products is x [M, S0] times weights [S1, S0], [S2, S1] and so on, one behind the other. The weights are packed once, as in a
// forward pass.
type products struct {
	ops   backend.Backend
	steps []backend.MatMul
}

func newProducts(ops backend.Backend, j job) *products {
	p := &products{ops: ops}
	x := numbers(ops, j.Rows*j.Sizes[0], 0, 1)
	for i, n := range j.Sizes[1:] {
		k := j.Sizes[i]
		m := backend.MatMul{Y: ops.Alloc(j.Rows * n), X: x, W: numbers(ops, n*k, i+1, weightScale), M: j.Rows, N: n, K: k, Layout: kernel.NT}
		p.steps = append(p.steps, m)
		x = m.Y
	}
	return p
}

// weightScale keeps the numbers of a chain of products in bounds.
const weightScale = 0.05

func (p *products) run() {
	for _, m := range p.steps {
		p.ops.MatMul(m)
	}
}

func (p *products) result() []backend.Buffer { return []backend.Buffer{p.steps[len(p.steps)-1].Y} }

func (p *products) free() {
	p.ops.Free(p.steps[0].X)
	for _, m := range p.steps {
		p.ops.Free(m.W)
		p.ops.Free(m.Y)
	}
}
