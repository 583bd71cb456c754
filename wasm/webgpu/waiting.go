package webgpu

import (
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
)

// Some operations wait for the one behind them, for the two together are one kernel: fewer dispatches, and operands that are
// read once. What waits is done, as it is, before any other operation that is not the one it waits for; only filling another
// buffer with zeros, which is no work, may come in between.

// copying is a copy of a whole buffer: a residual LayerNorm behind it takes it in.
type copying struct{ dst, src *buffer }

// squares is a sum of squares that has its partial sums: the arenas of a model share its end.
type squares struct {
	sum *buffer
	n   int // partial sums
}

// normGrad is the gradient of a norm's input: it is handed on to the two terms of a residual sum.
type normGrad struct {
	ds       []*buffer // ds, dy, s, stat, w
	fields   []uint32
	residual *buffer
	add      uint32 // to the residual
}

// weight is the gradient of a weight: that of the bias is the sum of the rows of the same left operand.
type weight struct {
	a     backend.MatMul
	then  int
	bound []*buffer
}

// settle does what waits.
func (g *GPU) settle() {
	if c := g.copying; c != nil {
		g.copying = nil
		g.move(c.dst, c.src)
	}
	if g.squares != nil {
		g.endSquares()
	}
	if g.normGrad != nil {
		g.endNorm()
	}
	if w := g.weight; w != nil {
		g.weight = nil
		g.product(w.a, w.then, w.bound)
	}
}

// settleFor does what waits if it has to do with a buffer.
func (g *GPU) settleFor(b *buffer) {
	var all []*buffer
	if c := g.copying; c != nil {
		all = append(all, c.dst, c.src)
	}
	if s := g.squares; s != nil {
		all = append(all, s.sum, g.partial)
	}
	if n := g.normGrad; n != nil {
		all = append(append(all, n.ds...), n.residual)
	}
	if w := g.weight; w != nil {
		all = append(all, w.bound...)
	}
	if slices.ContainsFunc(all, func(o *buffer) bool { return o != nil && o.memory == b.memory }) {
		g.settle()
	}
}

// handOn says whether y += dropout(x) is a part of what waits: x being the gradient of a residual sum, y that of one of its terms.
func (g *GPU) handOn(y, x *buffer, d kernel.Drop) bool {
	n := g.normGrad
	if n == nil || !same(n.ds[0], x) || slices.ContainsFunc(append(n.ds[:5:5], n.residual), func(o *buffer) bool { return o != nil && o.memory == y.memory }) {
		return false
	}
	if n.residual == nil {
		if d.On() {
			return false
		}
		n.residual, n.add = y, g.adds(y)
		return true
	}
	g.normGrad = nil
	fields := append(append(n.fields, n.add, g.adds(y)), dropWords(d)...)
	g.norm("norm spread", shader.NormLanes.LayerNormSpread, append(n.ds, n.residual, y), fields)
	return true
}

// endNorm does it without the second term.
func (g *GPU) endNorm() {
	n := g.normGrad
	g.normGrad = nil
	g.norm("norm grad", shader.NormLanes.LayerNormGrad, n.ds, n.fields)
	if n.residual != nil {
		g.elements(&shader.Add, n.residual.n, []*buffer{n.residual, n.ds[0]}, n.add)
	}
}

// norm records a kernel over rows, whose number is the first field.
func (g *GPU) norm(name string, make func(shader.NormLanes) shader.Kernel, bound []*buffer, fields []uint32) {
	n := g.choice.lanes()
	g.room(0)
	x, y := fold(groups(int(fields[0]), n.RowsPer()))
	g.run(g.made(key{what: name, a: int(n)}, func() shader.Kernel { return make(n) }), x, y, 1, 0, bound, fields...)
}

// biased says whether y += Σ rows of x is a part of the product that waits, and does both: y lies in the memory of the weight's
// gradient, and both are added to or neither.
func (g *GPU) biased(y, x *buffer) bool {
	w := g.weight
	if w == nil || !same(w.bound[1], x) || y.memory != w.bound[0].memory || y.n != w.a.M || y.off%4 != 0 {
		return false
	}
	if y.marked() != (w.then == shader.Store) {
		return false
	}
	g.weight = nil
	g.adds(y)
	g.room(0)
	t := g.choice.tile(shader.TN)
	k := g.made(key{what: "sums", b: w.then, tile: t}, func() shader.Kernel { return shader.MatMulSums(w.then, t) })
	g.run(k, groups(w.a.N, t.Width()), groups(w.a.M, t.Height()), 1, 0, w.bound,
		uint32(w.a.M), uint32(w.a.N), uint32(w.a.K), uint32(y.off))
	return true
}
