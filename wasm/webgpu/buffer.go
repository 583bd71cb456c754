package webgpu

import (
	"thaw/core/backend"
	"thaw/core/tensor"
)

// buffer is n elements from off on of memory on the device. Kernels are given the whole memory and where the buffer begins, so
// that a view of any offset can be used and a bind group serves every view.
type buffer struct {
	*memory
	off, n int
}

// memory is one GPUBuffer.
type memory struct {
	id, size int
	plan     int    // the last plan with a kernel or a copy that touched it
	written  int    // the last plan that it was written ahead of
	zero     []span // what counts as zeros though it may hold anything: Fill(0) is put off, for mostly a sum overwrites it
}

// span is elements from lo to hi.
type span struct{ lo, hi int }

// Len is the number of elements.
func (b *buffer) Len() int { return b.n }

// View is elements off to off+n.
func (b *buffer) View(off, n int) backend.Buffer {
	if off < 0 || n < 0 || off+n > b.n {
		panic(tensor.ShapeError{Op: "webgpu.View", Got: tensor.Shape{off + n}, Want: tensor.Shape{b.n}})
	}
	return &buffer{b.memory, b.off + off, n}
}

// Alloc returns n zeros.
func (g *GPU) Alloc(n int) backend.Buffer { return g.alloc(n) }

// AllocInts returns n zeros.
func (g *GPU) AllocInts(n int) backend.Buffer { return g.alloc(n) }

func (g *GPU) alloc(n int) *buffer {
	bytes := max(16, (4*n+15)/16*16)
	if most := g.driver.largest(); bytes > most {
		g.fail("a buffer of %d MB is more than this device allows (%d MB); use the processor, or a smaller model or batch", bytes>>20, most>>20)
		bytes = 16
	}
	m := &memory{id: g.plan.buffers, size: n}
	g.plan.buffers++
	g.plan.head = append(g.plan.head, opAlloc, uint32(m.id), uint32(bytes))
	return &buffer{m, 0, n}
}

// Free gives the memory back, once what was asked before is done with it.
func (g *GPU) Free(b backend.Buffer) {
	g.settle()
	of := b.(*buffer)
	g.unwatch(of.memory)
	g.plan.forget(of.id)
	of.zero, of.n = nil, 0
}

// Write copies src to dst.
func (g *GPU) Write(dst backend.Buffer, src []float32) {
	fits("webgpu.Write", dst.Len(), len(src))
	write(g, dst.(*buffer), src, bits)
}

// WriteInts copies src to dst.
func (g *GPU) WriteInts(dst backend.Buffer, src []int32) {
	fits("webgpu.WriteInts", dst.Len(), len(src))
	write(g, dst.(*buffer), src, func(i int32) uint32 { return uint32(i) })
}

// write sends src to the device. What nothing in the plan has touched is written ahead of it; the rest goes through the plan's
// tables if it is small, and begins a new plan if it is not.
func write[E any](g *GPU, dst *buffer, src []E, word func(E) uint32) {
	g.settle()
	if g.err != nil || len(src) == 0 {
		return
	}
	g.clean(dst)
	if dst.memory.plan == g.plan.number {
		if len(src) <= maxPayload/64 {
			g.room(len(src))
			at := len(g.plan.table)
			for _, e := range src {
				g.plan.table = append(g.plan.table, word(e))
			}
			g.plan.copyBuffer(tables, 4*at, dst.id, 4*dst.off, 4*len(src))
			return
		}
		g.flush()
	}
	for at := 0; at < len(src); {
		n := min(len(src)-at, maxPayload-len(g.plan.payload))
		if n <= 0 {
			g.flush()
			continue
		}
		p := &g.plan
		dst.written = p.number
		p.head = append(p.head, opWrite, uint32(dst.id), uint32(4*(dst.off+at)), uint32(4*len(p.payload)), uint32(4*n))
		for _, e := range src[at : at+n] {
			p.payload = append(p.payload, word(e))
		}
		at += n
	}
}

// Read waits for what was asked before and copies src to dst.
func (g *GPU) Read(dst []float32, src backend.Buffer) error {
	fits("webgpu.Read", src.Len(), len(dst))
	b := src.(*buffer)
	g.settle()
	if m := g.mirrored(b); m != nil && !m.stale() {
		copy(dst, m.host[:])
		return g.verdict()
	}
	g.reads(b)
	number := g.plan.number
	g.end(after{dst: dst, from: b})
	if g.err == nil {
		g.watch(b, dst, number)
	}
	g.between()
	return g.verdict()
}

// fits panics with a ShapeError unless an operand has as many elements as the operation wants.
func fits(op string, got, want int) {
	if got != want {
		panic(tensor.ShapeError{Op: op, Got: tensor.Shape{got}, Want: tensor.Shape{want}})
	}
}
