package webgpu

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/wasm/shader"
)

// AddBias is y [M, N] += b [N].
func (g *GPU) AddBias(y, b backend.Buffer) {
	g.settle()
	g.reads(of(y), of(b))
	g.elements(&shader.AddBias, y.Len(), []*buffer{of(y), of(b)}, uint32(b.Len()))
}

// Add is y += x.
func (g *GPU) Add(y, x backend.Buffer) {
	fits("webgpu.Add", x.Len(), y.Len())
	if g.err == nil && g.handOn(of(y), of(x), kernel.Drop{}) {
		return
	}
	g.settle()
	g.reads(of(x))
	acc := g.adds(of(y))
	g.elements(&shader.Add, y.Len(), []*buffer{of(y), of(x)}, acc)
}

// Scale is y *= a.
func (g *GPU) Scale(y backend.Buffer, a float32) {
	g.settle()
	g.reads(of(y))
	g.elements(&shader.Scale, y.Len(), []*buffer{of(y)}, bits(a))
}

// Fill is y = a. Zeros are put off until somebody reads them.
func (g *GPU) Fill(y backend.Buffer, a float32) {
	if g.err != nil {
		return
	}
	if bits(a) == 0 {
		g.settleFor(of(y))
		of(y).mark()
		return
	}
	g.settle()
	g.writes(of(y))
	g.elements(&shader.Fill, y.Len(), []*buffer{of(y)}, bits(a))
}

// Copy copies ranges of rows.
func (g *GPU) Copy(dst, src backend.Buffer, h int, r backend.Rows) {
	g.settle()
	if g.err != nil || len(r.To) == 0 {
		return
	}
	d, s := of(dst), of(src)
	if len(r.To) == 1 {
		n := int(r.Count[0]) * h
		to := d.View(int(r.To[0])*h, n).(*buffer)
		g.copying = &copying{to, s.View(int(r.From[0])*h, n).(*buffer)}
		return
	}
	g.reads(d, s)
	var pairs []int32
	for i, n := range r.Count {
		for k := range n {
			pairs = append(pairs, r.To[i]+k, r.From[i]+k)
		}
	}
	g.copyRows(d, s, h, pairs)
}

func (g *GPU) copyRows(d, s *buffer, h int, pairs []int32) {
	at, n := g.list(pairs), len(pairs)/2*h
	x, y := fold(groups(n, shader.CopyRows.Size[0]))
	g.run(&shader.CopyRows, x, y, 1, at, []*buffer{d, s, nil}, uint32(n), uint32(h))
}

// move copies a whole buffer.
func (g *GPU) move(dst, src *buffer) {
	g.reads(src)
	g.writes(dst)
	g.elements(&shader.Move, dst.n, []*buffer{dst, src})
}

// Gelu and the functions below go element by element.
func (g *GPU) Gelu(y, x backend.Buffer) { g.forward(&shader.Gelu, y, x) }

// Relu is max(x, 0).
func (g *GPU) Relu(y, x backend.Buffer) { g.forward(&shader.Relu, y, x) }

// Tanh is the hyperbolic tangent.
func (g *GPU) Tanh(y, x backend.Buffer) { g.forward(&shader.Tanh, y, x) }

// GeluGrad adds to dx, from the input x.
func (g *GPU) GeluGrad(dx, dy, x backend.Buffer) { g.backward(&shader.GeluGrad, dx, dy, x) }

// ReluGrad adds to dx, from the output y.
func (g *GPU) ReluGrad(dx, dy, y backend.Buffer) { g.backward(&shader.ReluGrad, dx, dy, y) }

// TanhGrad adds to dx, from the output y.
func (g *GPU) TanhGrad(dx, dy, y backend.Buffer) { g.backward(&shader.TanhGrad, dx, dy, y) }

func (g *GPU) forward(k *shader.Kernel, y, x backend.Buffer) {
	g.settle()
	g.reads(of(x))
	g.writes(of(y))
	g.elements(k, y.Len(), []*buffer{of(y), of(x)})
}

func (g *GPU) backward(k *shader.Kernel, dx, dy, x backend.Buffer) {
	g.settle()
	g.reads(of(dy), of(x))
	acc := g.adds(of(dx))
	g.elements(k, dx.Len(), []*buffer{of(dx), of(dy), of(x)}, acc)
}

// Dropout is y += keep · x.
func (g *GPU) Dropout(y, x backend.Buffer, d kernel.Drop) {
	if !d.On() {
		g.Add(y, x)
		return
	}
	if g.err == nil && g.handOn(of(y), of(x), d) {
		return
	}
	g.settle()
	g.reads(of(x))
	f := append([]uint32{g.adds(of(y))}, dropWords(d)...)
	g.elements(&shader.Dropout, y.Len(), []*buffer{of(y), of(x)}, f...)
}

// dropWords are the fields of a kernel that drops.
func dropWords(d kernel.Drop) []uint32 {
	return []uint32{d.Key[0], d.Key[1], d.Threshold, bits(d.Scale)}
}
