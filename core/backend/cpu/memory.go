package cpu

import (
	"thaw/core/backend"
	"thaw/core/tensor"
)

// buffer is memory of the host. Views share their owner's version, which counts writes, and keep a packed copy of
// themselves while it does not change.
type buffer struct {
	f       []float32
	i       []int32
	version *uint64
	panels  panels
}

// panels is a buffer packed for products of one shape, made when its version was that of made.
type panels struct {
	data []float32
	n, k int
	made uint64
}

func (b *buffer) Len() int {
	if b.i != nil {
		return len(b.i)
	}
	return len(b.f)
}

func (b *buffer) View(off, n int) backend.Buffer {
	if b.i != nil {
		return &buffer{i: b.i[off : off+n : off+n]}
	}
	return &buffer{f: b.f[off : off+n : off+n], version: b.version}
}

// Alloc returns n zeros.
func (c *CPU) Alloc(n int) backend.Buffer {
	return &buffer{f: make([]float32, n), version: new(uint64)}
}

// AllocInts returns n zeros.
func (c *CPU) AllocInts(n int) backend.Buffer { return &buffer{i: make([]int32, n)} }

// Write copies src to dst.
func (c *CPU) Write(dst backend.Buffer, src []float32) {
	copy(sized("cpu.Write", written(dst), len(src)), src)
}

// WriteInts copies src to dst.
func (c *CPU) WriteInts(dst backend.Buffer, src []int32) {
	tensor.Must("cpu.WriteInts", tensor.Shape{dst.Len()}, tensor.Shape{len(src)})
	copy(dst.(*buffer).i, src)
}

// Read copies src to dst and reports a pending fault.
func (c *CPU) Read(dst []float32, src backend.Buffer) error {
	copy(dst, sized("cpu.Read", floats(src), len(dst)))
	return c.Sync()
}

// Free drops the buffer's memory.
func (c *CPU) Free(b backend.Buffer) { *b.(*buffer) = buffer{} }

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
	*w.version++
	return w.f
}

func sized(op string, s []float32, n int) []float32 {
	tensor.Must(op, tensor.Shape{len(s)}, tensor.Shape{n})
	return s
}

// Elements is the buffer's memory, which the caller may change.
func (c *CPU) Elements(b backend.Buffer) []float32 { return written(b) }
