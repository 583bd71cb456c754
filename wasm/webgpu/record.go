package webgpu

import (
	"thaw/core/backend"
	"thaw/wasm/shader"
)

// maxGrid is the most workgroups in one direction.
const maxGrid = 65535

// of is the buffer behind an operand, nil for none.
func of(b backend.Buffer) *buffer {
	if b == nil {
		return nil
	}
	return b.(*buffer)
}

// key names a kernel that is made for sizes.
type key struct {
	what string
	a, b int
	vec  bool
	tile shader.Tile
}

// made is the kernel of a key, whose text is written once.
func (g *GPU) made(k key, make func() shader.Kernel) *shader.Kernel {
	if g.kernels[k] == nil {
		made := make()
		g.kernels[k] = &made
	}
	return g.kernels[k]
}

// pipeFor compiles a kernel when it is first used.
func (g *GPU) pipeFor(k *shader.Kernel) *pipe {
	p := g.pipes[k.Name]
	if p == nil {
		p = &pipe{id: len(g.pipes), kernel: *k}
		for i, b := range k.Bindings {
			if b.Write {
				p.writes |= 1 << i
			}
		}
		g.pipes[k.Name] = p
		g.driver.pipeline(p.id, compiled{k.Name, k.Source(), len(k.Bindings), p.writes})
	}
	return p
}

// room begins a new plan if this one cannot take another dispatch with n words of tables.
func (g *GPU) room(n int) {
	if len(g.plan.table)+n > tableWords || len(g.plan.uniforms)/slotWords >= maxSlots-1 {
		g.flush()
	}
}

// run records one kernel: its buffers in the order of its bindings, nil standing for the tables, from tableAt on; then its
// other uniform words.
func (g *GPU) run(k *shader.Kernel, x, y, z, tableAt int, buffers []*buffer, fields ...uint32) {
	if g.err != nil || x <= 0 || y <= 0 || z <= 0 {
		return
	}
	if len(buffers) != len(k.Bindings) || len(fields) != len(k.Fields) {
		g.fail("kernel %s takes %d buffers and %d fields, got %d and %d", k.Name, len(k.Bindings), len(k.Fields), len(buffers), len(fields))
		return
	}
	p := g.pipeFor(k)
	var ids [shader.MaxBindings]int32
	at := len(g.plan.uniforms)
	for i, b := range buffers {
		ids[i] = tables
		off := uint32(tableAt)
		if b != nil {
			ids[i], off = int32(b.id), uint32(b.off)
			b.memory.plan = g.plan.number
		}
		g.plan.uniforms = append(g.plan.uniforms, off)
	}
	g.plan.uniforms = append(g.plan.uniforms, fields...)
	for len(g.plan.uniforms) < at+slotWords {
		g.plan.uniforms = append(g.plan.uniforms, 0)
	}
	g.alike(k, &ids, p.writes)
	g.plan.dispatch(p, g.plan.groupOf(p, &ids), at, x, y, z)
}

// alike fails if a kernel would write a buffer that it also has under another name, which WebGPU forbids.
func (g *GPU) alike(k *shader.Kernel, ids *[shader.MaxBindings]int32, writes uint32) {
	n := len(k.Bindings)
	for i := range n {
		for j := range n {
			if i != j && ids[i] == ids[j] && writes>>i&1 == 1 {
				g.fail("%s would read and write one buffer as %s and %s: this needs two", k.Name, k.Bindings[i].Name, k.Bindings[j].Name)
			}
		}
	}
}

// elements records an element-wise kernel over n elements.
func (g *GPU) elements(k *shader.Kernel, n int, buffers []*buffer, fields ...uint32) {
	g.room(0)
	x, y := fold(groups(n, k.Size[0]))
	g.run(k, x, y, 1, 0, buffers, append([]uint32{uint32(n)}, fields...)...)
}

// groups is how many workgroups of size cover n.
func groups(n, size int) int { return (n + size - 1) / size }

// fold lays n workgroups out in two directions; kernels take y·x + x.
func fold(n int) (x, y int) {
	if n <= maxGrid {
		return n, min(n, 1)
	}
	y = groups(n, maxGrid)
	return groups(n, y), y
}

// list appends words to the plan's tables and says where they begin.
func (g *GPU) list(lists ...[]int32) int {
	n := 0
	for _, l := range lists {
		n += len(l)
	}
	g.room(n)
	if n > tableWords {
		g.fail("a table of %d words is more than the %d of a plan: use smaller batches", n, tableWords)
		return 0
	}
	at := len(g.plan.table)
	for _, l := range lists {
		for _, e := range l {
			g.plan.table = append(g.plan.table, uint32(e))
		}
	}
	return at
}
