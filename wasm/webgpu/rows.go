package webgpu

import (
	"thaw/core/backend"
	"thaw/wasm/shader"
)

// SumRows is y [N] += Σ rows of x [M, N].
func (g *GPU) SumRows(y, x backend.Buffer) {
	if g.err == nil && g.biased(of(y), of(x)) {
		return
	}
	g.settle()
	g.reads(of(x))
	g.sumRows(of(y), of(x), g.adds(of(y)))
}

func (g *GPU) sumRows(y, x *buffer, acc uint32) {
	g.room(0)
	g.run(&shader.SumRows, groups(y.n, shader.ColumnsPer), 1, 1, 0, []*buffer{y, x}, uint32(x.n/y.n), uint32(y.n), acc)
}

// Embed looks rows up.
func (g *GPU) Embed(y, w, ids backend.Buffer, h int, accumulate bool) {
	g.settle()
	g.reads(of(w), of(ids))
	acc := uint32(0)
	if accumulate {
		acc = g.adds(of(y))
	} else {
		g.writes(of(y))
	}
	g.elements(&shader.Embed, y.Len(), []*buffer{of(y), of(w), of(ids)}, acc, uint32(h))
}

// EmbedGrad adds rows to where they were looked up.
func (g *GPU) EmbedGrad(dw, dy backend.Buffer, s backend.Sorted, h int) {
	g.settle()
	if len(s.ID) == 0 {
		return
	}
	g.reads(of(dw), of(dy))
	at := g.list(s.ID, s.Start, s.Order)
	n := len(s.ID)
	g.run(&shader.EmbedGrad, groups(h, 64), min(n, maxGrid), groups(n, maxGrid), at, []*buffer{of(dw), of(dy), nil}, uint32(h), uint32(n))
}

// LayerNorm normalises rows. A copy of the residual right before it is taken in: s = residual + dropout(x).
func (g *GPU) LayerNorm(a backend.LayerNorm) {
	var residual *buffer
	if c := g.copying; c != nil && a.X != nil && same(c.dst, of(a.S)) {
		residual, g.copying = c.src, nil
	}
	g.settle()
	g.reads(of(a.W), of(a.B), of(a.X), residual)
	g.writes(of(a.Y), of(a.Stat))
	rows := a.Y.Len() / a.H
	bound := []*buffer{of(a.Y), of(a.Stat), of(a.S), of(a.W), of(a.B)}
	fields := []uint32{uint32(rows), uint32(a.H), bits(a.Eps)}
	name, make := "norm", shader.NormLanes.LayerNorm
	switch {
	case residual != nil:
		g.writes(of(a.S))
		name, make, bound = "norm sum", shader.NormLanes.LayerNormSum, append(bound, of(a.X), residual)
	case a.X != nil:
		g.reads(of(a.S))
		name, make, bound = "norm add", shader.NormLanes.LayerNormAdd, append(bound, of(a.X))
	default:
		g.reads(of(a.S))
	}
	if a.X != nil {
		fields = append(fields, dropWords(a.Drop)...)
	}
	g.norm(name, make, bound, fields)
}

// same says whether two buffers are the same elements.
func same(a, b *buffer) bool { return a.memory == b.memory && a.off == b.off && a.n == b.n }

// LayerNormGrad adds the gradients that are asked for.
func (g *GPU) LayerNormGrad(a backend.LayerNormGrad) {
	g.settle()
	dy, s, stat, w := of(a.DY), of(a.S), of(a.Stat), of(a.W)
	g.reads(dy, s, stat, w)
	rows := a.DY.Len() / a.H
	g.normParams(of(a.DW), of(a.DB), dy, s, stat, rows, a.H)
	if ds := of(a.DS); ds != nil && g.err == nil {
		g.normGrad = &normGrad{ds: []*buffer{ds, dy, s, stat, w}, fields: []uint32{uint32(rows), uint32(a.H), g.adds(ds)}}
	}
}

// normParams is the gradients of weight and bias: in one pass over the rows if they lie in one memory, as in an arena.
func (g *GPU) normParams(dw, db, dy, s, stat *buffer, rows, h int) {
	m, n := uint32(rows), uint32(h)
	if dw != nil && db != nil && dw.memory == db.memory {
		accW, accB := dw.marked(), db.marked()
		if accW == accB {
			acc := g.adds(dw)
			g.adds(db)
			g.room(0)
			g.run(&shader.LayerNormDWDB, groups(h, shader.ColumnsPer), 1, 1, 0, []*buffer{dw, dy, s, stat}, m, n, acc, uint32(db.off))
			return
		}
	}
	if dw != nil {
		acc := g.adds(dw)
		g.room(0)
		g.run(&shader.LayerNormDW, groups(h, shader.ColumnsPer), 1, 1, 0, []*buffer{dw, dy, s, stat}, m, n, acc)
	}
	if db != nil {
		g.sumRows(db, dy, g.adds(db))
	}
}

// Pool makes one row of each sentence.
func (g *GPU) Pool(y, x, offsets backend.Buffer, h int, mean bool) {
	g.settle()
	g.reads(of(x), of(offsets))
	g.writes(of(y))
	n := offsets.Len() - 1
	g.pooled(&shader.Pool, n, h, []*buffer{of(y), of(x), of(offsets)}, uint32(h), uint32(n), word(mean))
}

// PoolGrad adds to dx.
func (g *GPU) PoolGrad(dx, dy, offsets backend.Buffer, h int, mean bool) {
	g.settle()
	g.reads(of(dy), of(offsets))
	acc := g.adds(of(dx))
	n := offsets.Len() - 1
	g.pooled(&shader.PoolGrad, n, h, []*buffer{of(dx), of(dy), of(offsets)}, uint32(h), uint32(n), word(mean), acc)
}

func (g *GPU) pooled(k *shader.Kernel, n, h int, buffers []*buffer, fields ...uint32) {
	g.room(0)
	g.run(k, groups(h, 64), min(n, maxGrid), groups(n, maxGrid), 0, buffers, fields...)
}

func word(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
