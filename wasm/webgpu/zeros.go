package webgpu

import "thaw/wasm/shader"

// Every gradient adds to its destination, which was filled with zeros before. On a graphics card that costs a pass over
// memory to write the zeros and one to read them. So Fill(0) only marks a range; an operation that adds to a range that
// is all marked writes instead, which gives the same bits, and one that reads a marked range has it filled first.

// mark says that a buffer counts as zeros.
func (b *buffer) mark() {
	b.unmark()
	if b.n > 0 {
		b.zero = append(b.zero, span{b.off, b.off + b.n})
	}
}

// unmark takes the buffer's range out of what counts as zeros: it was or will be overwritten.
func (b *buffer) unmark() {
	lo, hi := b.off, b.off+b.n
	var left []span
	for _, s := range b.zero {
		if s.hi <= lo || hi <= s.lo {
			left = append(left, s)
			continue
		}
		if s.lo < lo {
			left = append(left, span{s.lo, lo})
		}
		if hi < s.hi {
			left = append(left, span{hi, s.hi})
		}
	}
	b.zero = left
}

// marked says whether all of the buffer counts as zeros.
func (b *buffer) marked() bool {
	for _, s := range b.zero {
		if s.lo <= b.off && b.off+b.n <= s.hi {
			return true
		}
	}
	return false
}

// touchesZeros says whether any of the buffer counts as zeros.
func (b *buffer) touchesZeros() bool {
	for _, s := range b.zero {
		if s.lo < b.off+b.n && b.off < s.hi {
			return true
		}
	}
	return false
}

// clean drops the marks of a buffer that a write is about to fill, and keeps those beside it.
func (g *GPU) clean(b *buffer) {
	if len(b.zero) > 0 {
		b.unmark()
	}
}

// reads has what an operation reads really be there.
func (g *GPU) reads(all ...*buffer) {
	for _, b := range all {
		if b == nil || len(b.zero) == 0 {
			continue
		}
		for _, s := range b.zero {
			lo, hi := max(s.lo, b.off), min(s.hi, b.off+b.n)
			if lo < hi {
				part := &buffer{b.memory, lo, hi - lo}
				g.elements(&shader.Fill, part.n, []*buffer{part}, 0)
			}
		}
		b.unmark()
	}
}

// adds prepares a destination and says, as a word, whether there is something to add to.
func (g *GPU) adds(b *buffer) uint32 {
	if len(b.zero) == 0 {
		return 1
	}
	if b.marked() {
		b.unmark()
		return 0
	}
	g.reads(b)
	return 1
}

// writes prepares destinations that are overwritten whole.
func (g *GPU) writes(all ...*buffer) {
	for _, b := range all {
		if b != nil && len(b.zero) > 0 {
			b.unmark()
		}
	}
}
