//go:build js && wasm

package main

import (
	"fmt"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// product is y [M, N] of x and w in one layout: forward, the gradient of an input, or that of a weight.
type product struct {
	ops backend.Backend
	backend.MatMul
}

// layouts are as in core/kernel.
var layouts = map[string]kernel.Layout{"nt": kernel.NT, "nn": kernel.NN, "tn": kernel.TN}

func newProduct(ops backend.Backend, j job) (work, error) {
	layout, ok := layouts[j.Layout]
	if !ok {
		return nil, fmt.Errorf("layout %q is unknown, want nt, nn or tn", j.Layout)
	}
	m, n, k := j.Rows, j.Sizes[0], j.Sizes[1]
	return &product{ops, backend.MatMul{Y: ops.Alloc(m * n), X: numbers(ops, m*k, 0, 1), W: numbers(ops, n*k, 1, weightScale), M: m, N: n, K: k, Layout: layout}}, nil
}

func (p *product) run() { p.ops.MatMul(p.MatMul) }

func (p *product) result() []backend.Buffer { return []backend.Buffer{p.Y} }

func (p *product) free() {
	for _, b := range []backend.Buffer{p.X, p.W, p.Y} {
		p.ops.Free(b)
	}
}
