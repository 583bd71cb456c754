package webgpu

import "slices"

// Losses and norms are a few numbers that a step reads each time, and reading one costs a crossing and some milliseconds. So a
// small buffer that was read once is mirrored from then on: Sync, which waits anyway, brings its elements along, and Read
// finds them on the host for as long as nothing has touched the buffer.

const (
	mirrorWidth = 64 // elements of a buffer that is mirrored, at most
	maxMirrors  = 16
	maxIdle     = 4 // times that a mirror is brought along and nobody looks
)

// mirror is a small buffer and what it held at the end of a plan.
type mirror struct {
	of   *buffer
	host [mirrorWidth]float32
	plan int
	idle int // times it was brought along since it was read
}

// stale says whether anything may have changed the buffer since.
func (m *mirror) stale() bool {
	return m.of.memory.plan > m.plan || m.of.written > m.plan || m.of.touchesZeros()
}

// mirrored is the mirror of a buffer that is read, nil if there is none.
func (g *GPU) mirrored(b *buffer) *mirror {
	for _, m := range g.mirrors {
		if same(m.of, b) {
			m.idle = 0
			return m
		}
	}
	return nil
}

// watch mirrors a buffer from now on, of which now was read at the end of a plan.
func (g *GPU) watch(b *buffer, now []float32, plan int) {
	m := g.mirrored(b)
	if m == nil {
		if b.n > mirrorWidth || len(g.mirrors) == maxMirrors {
			return
		}
		m = &mirror{of: b}
		g.mirrors = append(g.mirrors, m)
	}
	copy(m.host[:], now)
	m.plan = plan
}

// unwatch forgets the mirrors of a memory that is freed.
func (g *GPU) unwatch(m *memory) {
	g.mirrors = slices.DeleteFunc(g.mirrors, func(r *mirror) bool { return r.of.memory == m })
}

// reflect ends the plan, waits, and brings along what is stale.
func (g *GPU) reflect() {
	g.mirrors = slices.DeleteFunc(g.mirrors, func(m *mirror) bool { return m.idle == maxIdle })
	var old []*mirror
	for _, m := range g.mirrors {
		if m.stale() {
			old = append(old, m)
		}
	}
	if len(old) == 0 || g.err != nil {
		g.end(after{wait: true})
		return
	}
	if g.glass == nil {
		g.glass = g.alloc(maxMirrors * mirrorWidth)
	}
	for _, m := range old {
		g.reads(m.of)
	}
	for i, m := range old {
		g.plan.copyBuffer(m.of.id, 4*m.of.off, g.glass.id, 4*i*mirrorWidth, 4*m.of.n)
	}
	host, number := make([]float32, len(old)*mirrorWidth), g.plan.number
	g.end(after{dst: host, from: g.glass})
	if g.err != nil {
		return
	}
	for i, m := range old {
		copy(m.host[:], host[i*mirrorWidth:])
		m.plan = number
		m.idle++
	}
}
