package cpu

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// buffer is memory of the host: n elements from off on of what it and its views share.
type buffer struct {
	f   []float32
	i   []int32
	off int
	own *owner
}

// owner is what a buffer and its views share: packed copies of parts of it, kept while these parts do not change.
type owner struct {
	elements int
	packed   []*panels
}

// bytes is the memory of the buffer and its packed copies.
func (o *owner) bytes() int64 {
	n := o.elements
	for _, p := range o.packed {
		n += len(p.data)
	}
	return 4 * int64(n)
}

// panels is the right operand of a product packed: n columns of k elements from off on.
type panels struct {
	off, n, k int
	data      []float32
	fresh     bool
}

// panels finds the packed copy of the whole buffer for a product, or adds one that is not made yet.
func (b *buffer) panels(n, k int) *panels {
	for _, p := range b.own.packed {
		if p.off == b.off && p.n == n && p.k == k {
			return p
		}
	}
	p := &panels{off: b.off, n: n, k: k, data: make([]float32, kernel.PackedCols(n, k))}
	b.own.packed = append(b.own.packed, p)
	return p
}

// changed says that n elements from off on of b will be written: packed copies of them are out of date.
func (b *buffer) changed(off, n int) {
	from := b.off + off
	for _, p := range b.own.packed {
		if p.off < from+n && from < p.off+p.n*p.k {
			p.fresh = false
		}
	}
}

func (b *buffer) Len() int {
	if b.i != nil {
		return len(b.i)
	}
	return len(b.f)
}

func (b *buffer) View(off, n int) backend.Buffer {
	if b.i != nil {
		return &buffer{i: b.i[off : off+n : off+n], own: b.own}
	}
	return &buffer{f: b.f[off : off+n : off+n], off: b.off + off, own: b.own}
}

// Alloc returns n zeros.
func (c *CPU) Alloc(n int) backend.Buffer {
	return &buffer{f: make([]float32, n), own: c.owner(n)}
}

// AllocInts returns n zeros.
func (c *CPU) AllocInts(n int) backend.Buffer { return &buffer{i: make([]int32, n), own: c.owner(n)} }

func (c *CPU) owner(n int) *owner {
	o := &owner{elements: n}
	c.owners[o] = true
	c.peak = max(c.peak, c.Bytes())
	return o
}

// Bytes is the memory of all buffers that were not given back, of packed weights and of scratch.
func (c *CPU) Bytes() int64 {
	n := 4 * int64(len(c.scratch)+len(c.packed))
	for o := range c.owners {
		n += o.bytes()
	}
	return n
}

// Peak is the most that Bytes has been when a buffer was made.
func (c *CPU) Peak() int64 { return c.peak }

// Thrift, switched on, drops the packed copies of weights and makes no more.
func (c *CPU) Thrift(on bool) {
	c.thrift = on
	for o := range c.owners {
		if on {
			o.packed = nil
		}
	}
}

// Write copies src to dst.
func (c *CPU) Write(dst backend.Buffer, src []float32) {
	copy(sized("cpu.Write", written(dst), len(src)), src)
}

// WriteInts copies src to dst.
func (c *CPU) WriteInts(dst backend.Buffer, src []int32) {
	fits("cpu.WriteInts", dst.Len(), len(src))
	copy(dst.(*buffer).i, src)
}

// Read copies src to dst and reports a pending fault.
func (c *CPU) Read(dst []float32, src backend.Buffer) error {
	copy(dst, sized("cpu.Read", floats(src), len(dst)))
	return c.Sync()
}

// Free drops the buffer's memory.
func (c *CPU) Free(b backend.Buffer) {
	delete(c.owners, b.(*buffer).own)
	*b.(*buffer) = buffer{}
}

// Sync reports the pending fault and forgets it.
func (c *CPU) Sync() error {
	err := c.err
	c.err = nil
	return err
}

// floats is a buffer's memory to read, nil for no buffer.
func floats(b backend.Buffer) []float32 {
	if b == nil {
		return nil
	}
	return b.(*buffer).f
}

func ints(b backend.Buffer) []int32 { return b.(*buffer).i }

// written is a buffer's memory to change; packed copies of it are out of date from here on.
func written(b backend.Buffer) []float32 {
	if b == nil {
		return nil
	}
	w := b.(*buffer)
	w.changed(0, len(w.f))
	return w.f
}

func sized(op string, s []float32, n int) []float32 {
	fits(op, len(s), n)
	return s
}

// fits panics with a ShapeError unless an operand has as many elements as the operation wants. It makes shapes only
// then, for operations allocate nothing.
func fits(op string, got, want int) {
	if got != want {
		panic(tensor.ShapeError{Op: op, Got: tensor.Shape{got}, Want: tensor.Shape{want}})
	}
}

// Elements is the buffer's memory.
func (c *CPU) Elements(b backend.Buffer, write bool) []float32 {
	if write {
		return written(b)
	}
	return floats(b)
}
