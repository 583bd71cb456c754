package cpu

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// MatMul multiplies, the right operand packed. That of an NT product is a weight: its packed form is kept with its buffer
// until this part of the buffer changes, so a frozen weight is packed once, and one that trains once a step.
func (c *CPU) MatMul(a backend.MatMul) {
	fits("cpu.MatMul y", a.Y.Len(), a.M*a.N)
	fits("cpu.MatMul x", a.X.Len(), a.M*a.K)
	fits("cpu.MatMul w", a.W.Len(), a.N*a.K)
	if c.err != nil {
		return // before a weight is taken for packed
	}
	p := kernel.Product{
		Y: written(a.Y), X: floats(a.X), W: c.columns(a), M: a.M, N: a.N, K: a.K, Across: a.Layout == kernel.TN, Then: a.Then,
		B: floats(a.B), R: floats(a.R), Scratch: c.floats(kernel.MatMulScratch(a.M, a.N, a.K)),
	}
	if a.Then == kernel.BiasGelu {
		p.U = written(a.U)
	} else {
		p.U = floats(a.U)
	}
	c.do(kernel.MatMulTask(p))
}

// columns is the right operand, packed.
func (c *CPU) columns(a backend.MatMul) []float32 {
	w := a.W.(*buffer)
	if a.Layout == kernel.NT && !c.thrift {
		p := w.panels(a.N, a.K)
		if !p.fresh {
			c.run(kernel.PackColsTask(p.data, w.f, a.N, a.K, false))
			p.fresh = c.err == nil
		}
		return p.data
	}
	size := kernel.PackedCols(a.N, a.K)
	if len(c.packed) < size {
		c.packed = make([]float32, size+size/8)
	}
	c.run(kernel.PackColsTask(c.packed[:size], w.f, a.N, a.K, a.Layout != kernel.NT))
	return c.packed[:size]
}
