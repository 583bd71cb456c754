package webgpu

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
)

// MatMul is one product and what becomes of it.
func (g *GPU) MatMul(a backend.MatMul) {
	fits("webgpu.MatMul y", a.Y.Len(), a.M*a.N)
	fits("webgpu.MatMul x", a.X.Len(), a.M*a.K)
	fits("webgpu.MatMul w", a.W.Len(), a.N*a.K)
	g.settle()
	bound := []*buffer{of(a.Y), of(a.X), of(a.W)}
	g.reads(of(a.X), of(a.W))
	then := a.Then
	switch then {
	case kernel.Accumulate:
		if g.adds(of(a.Y)) == 0 {
			then = kernel.Store
		}
	case kernel.Bias:
		bound = append(bound, of(a.B))
	case kernel.BiasGelu:
		bound = append(bound, of(a.B), of(a.U))
		g.writes(of(a.U))
	case kernel.GeluSlope:
		bound = append(bound, of(a.U))
	case kernel.BiasResidual:
		bound = append(bound, of(a.B), of(a.R))
	}
	g.reads(bound[3:]...)
	if then != kernel.Accumulate {
		g.writes(of(a.Y))
	}
	if a.Layout == kernel.TN && (then == kernel.Store || then == kernel.Accumulate) && g.err == nil && vectors(a, bound) {
		g.weight = &weight{a, int(then), bound}
		return
	}
	g.product(a, int(then), bound)
}

// product records the kernel: vectors of four where widths and offsets allow it.
func (g *GPU) product(a backend.MatMul, then int, bound []*buffer) {
	g.room(0)
	fields := []uint32{uint32(a.M), uint32(a.N), uint32(a.K)}
	if !vectors(a, bound) {
		k := g.made(key{what: "product", a: int(a.Layout), b: then}, func() shader.Kernel { return shader.Product(int(a.Layout), then) })
		g.run(k, groups(a.N, shader.ProductX), groups(a.M, shader.ProductY), 1, 0, bound, fields...)
		return
	}
	t := g.choice.tile(int(a.Layout))
	k := g.made(key{what: "matmul", a: int(a.Layout), b: then, tile: t}, func() shader.Kernel { return shader.MatMul(int(a.Layout), then, t) })
	g.run(k, groups(a.N, t.Width()), groups(a.M, t.Height()), 1, 0, bound, fields...)
}

// vectors says whether every row that is read or written begins at a multiple of four.
func vectors(a backend.MatMul, bound []*buffer) bool {
	ok := a.N%4 == 0
	if a.Layout == kernel.TN {
		ok = ok && a.M%4 == 0
	} else {
		ok = ok && a.K%4 == 0
	}
	for _, b := range bound {
		ok = ok && b.off%4 == 0
	}
	return ok
}
