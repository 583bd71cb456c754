package cpu

import (
	"math"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// AddBias is y [M, N] += b [N].
func (c *CPU) AddBias(y, b backend.Buffer) {
	c.do(kernel.AddBiasTask(written(y), floats(b), y.Len()/b.Len(), b.Len()))
}

// SumRows is y [N] += Σ rows of x [M, N].
func (c *CPU) SumRows(y, x backend.Buffer) {
	c.do(kernel.SumRowsTask(written(y), floats(x), x.Len()/y.Len(), y.Len()))
}

// Add is y += x.
func (c *CPU) Add(y, x backend.Buffer) { c.do(kernel.AddTask(written(y), floats(x))) }

// Scale is y *= a.
func (c *CPU) Scale(y backend.Buffer, a float32) { c.do(kernel.ScaleTask(written(y), a)) }

// Fill is y = a.
func (c *CPU) Fill(y backend.Buffer, a float32) { c.do(kernel.FillTask(written(y), a)) }

// Copy copies ranges of rows.
func (c *CPU) Copy(dst, src backend.Buffer, h int, r backend.Rows) {
	c.do(kernel.CopyTask(written(dst), floats(src), h, r.To, r.From, r.Count))
}

// Embed looks rows up.
func (c *CPU) Embed(y, w, ids backend.Buffer, h int, accumulate bool) {
	c.do(kernel.EmbedTask(written(y), floats(w), ints(ids), h, accumulate))
}

// EmbedGrad adds rows to where they were looked up.
func (c *CPU) EmbedGrad(dw, dy backend.Buffer, s backend.Sorted, h int) {
	c.do(kernel.EmbedGradTask(written(dw), floats(dy), s.Order, s.Start, s.ID, h))
}

// LayerNorm normalises rows.
func (c *CPU) LayerNorm(a backend.LayerNorm) {
	rows := a.Y.Len() / a.H
	s := floats(a.S)
	if a.X != nil {
		s = written(a.S)
	}
	c.do(kernel.LayerNormTask(written(a.Y), written(a.Stat), s, floats(a.X), floats(a.W), floats(a.B), rows, a.H, a.Eps, a.Drop))
}

// LayerNormGrad adds the gradients that are asked for.
func (c *CPU) LayerNormGrad(a backend.LayerNormGrad) {
	rows := a.DY.Len() / a.H
	dy, s, stat := floats(a.DY), floats(a.S), floats(a.Stat)
	if a.DS != nil {
		c.run(kernel.LayerNormGradTask(written(a.DS), dy, s, stat, floats(a.W), rows, a.H))
	}
	if a.DW != nil || a.DB != nil {
		c.run(kernel.LayerNormParamGradTask(written(a.DW), written(a.DB), dy, s, stat, rows, a.H))
	}
	c.after()
}

// Gelu and the functions below go element by element.
func (c *CPU) Gelu(y, x backend.Buffer) { c.do(kernel.GeluTask(written(y), floats(x))) }

// GeluGrad adds to dx, from the input x.
func (c *CPU) GeluGrad(dx, dy, x backend.Buffer) {
	c.do(kernel.GeluGradTask(written(dx), floats(dy), floats(x)))
}

// Relu is max(x, 0).
func (c *CPU) Relu(y, x backend.Buffer) { c.do(kernel.ReluTask(written(y), floats(x))) }

// ReluGrad adds to dx, from the output y.
func (c *CPU) ReluGrad(dx, dy, y backend.Buffer) {
	c.do(kernel.ReluGradTask(written(dx), floats(dy), floats(y)))
}

// Tanh is the hyperbolic tangent.
func (c *CPU) Tanh(y, x backend.Buffer) { c.do(kernel.TanhTask(written(y), floats(x))) }

// TanhGrad adds to dx, from the output y.
func (c *CPU) TanhGrad(dx, dy, y backend.Buffer) {
	c.do(kernel.TanhGradTask(written(dx), floats(dy), floats(y)))
}

// Attention mixes values.
func (c *CPU) Attention(a backend.Attention) {
	s := c.floats(kernel.AttentionScratch(a.Offsets, a.Heads, a.H))
	c.do(kernel.AttentionTask(written(a.Out), written(a.LSE), floats(a.QKV), s, a.Offsets, a.Heads, a.H, a.Drop))
}

// AttentionGrad adds to dqkv.
func (c *CPU) AttentionGrad(a backend.AttentionGrad) {
	s := c.floats(kernel.AttentionScratch(a.Offsets, a.Heads, a.H))
	c.do(kernel.AttentionGradTask(written(a.DQKV), floats(a.DOut), floats(a.LSE), floats(a.QKV), s, a.Offsets, a.Heads, a.H, a.Drop))
}

// Pool makes one row of each sentence.
func (c *CPU) Pool(y, x, offsets backend.Buffer, h int, mean bool) {
	c.do(kernel.PoolTask(written(y), floats(x), ints(offsets), h, mean))
}

// PoolGrad adds to dx.
func (c *CPU) PoolGrad(dx, dy, offsets backend.Buffer, h int, mean bool) {
	c.do(kernel.PoolGradTask(written(dx), floats(dy), ints(offsets), h, mean))
}

// Dropout is y += keep · x.
func (c *CPU) Dropout(y, x backend.Buffer, d kernel.Drop) {
	c.do(kernel.DropoutTask(written(y), floats(x), 0, d))
}

// CrossEntropy adds to loss and sets dlogits.
func (c *CPU) CrossEntropy(loss, dlogits, logits, labels backend.Buffer, n int, scale float32) {
	c.do(kernel.CrossEntropyTask(written(loss), written(dlogits), floats(logits), ints(labels), n, scale))
}

// SquaredError adds to loss and sets dy.
func (c *CPU) SquaredError(loss, dy, y, target backend.Buffer, scale float32) {
	c.do(kernel.SquaredErrorTask(written(loss), written(dy), floats(y), floats(target), scale))
}

// SumSquares adds Σ x² to sum.
func (c *CPU) SumSquares(sum, x backend.Buffer) {
	part := c.floats(kernel.SumSquaresParts(x.Len()))
	c.run(kernel.SumSquaresTask(part, floats(x)))
	if c.err == nil {
		var s float64
		for _, e := range part {
			s += float64(e)
		}
		written(sum)[0] += float32(s)
	}
	c.after()
}

// AdamW updates an arena region by region. The hook of Tick is not called behind it: an update of several arenas is done
// whole or not at all, and nothing else sees the model between two of them.
func (c *CPU) AdamW(a backend.AdamW) {
	if c.err != nil {
		return
	}
	norm := math.Sqrt(float64(floats(a.Norm)[0]))
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return
	}
	clip := 1.0
	if a.Clip > 0 {
		clip = min(1, a.Clip/(norm+1e-6))
	}
	p, g, m, v := floats(a.P), floats(a.G), written(a.M), written(a.V)
	for _, r := range a.Regions {
		s := a.Settings
		s.Rate *= float64(r.Rate)
		s.Step -= r.Missed
		if !r.Decay {
			s.Decay = 0
		}
		a.P.(*buffer).changed(r.P, r.N) // the frozen weights of the arena stay packed
		to := r.G + r.N
		c.whole(kernel.AdamWTask(p[r.P:r.P+r.N], g[r.G:to], m[r.G:to], v[r.G:to], float32(clip), s))
	}
}
