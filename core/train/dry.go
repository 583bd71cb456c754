package train

import (
	"thaw/core/backend"
	"thaw/core/kernel"
)

// dry is a device without memory and without work. A step on it asks for the buffers that a real one asks for, so that the
// plan of a run cannot drift from the run.
type dry struct {
	now, peak      int64 // bytes of buffers
	packed, floats room  // what products and attention take beside their buffers
}

// extent is the size of a buffer that is not there.
type extent struct{ n int }

func (e extent) Len() int                     { return e.n }
func (e extent) View(_, n int) backend.Buffer { return extent{n} }

func (d *dry) Alloc(n int) backend.Buffer {
	d.now += 4 * int64(n)
	d.peak = max(d.peak, d.now)
	return extent{n}
}

func (d *dry) AllocInts(n int) backend.Buffer { return d.Alloc(n) }
func (d *dry) Free(b backend.Buffer)          { d.now -= 4 * int64(b.Len()) }

func (d *dry) Write(backend.Buffer, []float32)      {}
func (d *dry) WriteInts(backend.Buffer, []int32)    {}
func (d *dry) Read([]float32, backend.Buffer) error { return nil }
func (d *dry) Sync() error                          { return nil }
func (d *dry) Name() string                         { return "dry" }
func (d *dry) Supports(string) bool                 { return true }

// room is memory that grows as the processor's backend lets its own grow, with an eighth to spare.
type room int

func (r *room) grow(n int) {
	if int(*r) < n {
		*r = room(n + n/8)
	}
}

// scratch is its bytes.
func (d *dry) scratch() int64 { return 4 * int64(d.packed+d.floats) }

func (d *dry) MatMul(m backend.MatMul) {
	d.packed.grow(kernel.PackedCols(m.N, m.K))
	d.floats.grow(kernel.MatMulScratch(m.M, m.N, m.K))
}

func (d *dry) Attention(a backend.Attention) {
	d.floats.grow(kernel.AttentionScratch(a.Offsets, a.Heads, a.H))
}

func (d *dry) AddBias(backend.Buffer, backend.Buffer)                        {}
func (d *dry) SumRows(backend.Buffer, backend.Buffer)                        {}
func (d *dry) Add(backend.Buffer, backend.Buffer)                            {}
func (d *dry) Scale(backend.Buffer, float32)                                 {}
func (d *dry) Fill(backend.Buffer, float32)                                  {}
func (d *dry) Copy(backend.Buffer, backend.Buffer, int, backend.Rows)        {}
func (d *dry) Embed(_, _, _ backend.Buffer, _ int, _ bool)                   {}
func (d *dry) EmbedGrad(backend.Buffer, backend.Buffer, backend.Sorted, int) {}
func (d *dry) LayerNorm(backend.LayerNorm)                                   {}
func (d *dry) LayerNormGrad(backend.LayerNormGrad)                           {}
func (d *dry) GeluGrad(_, _, _ backend.Buffer)                               {}
func (d *dry) Gelu(_, _ backend.Buffer)                                      {}
func (d *dry) SquaredError(_, _, _, _ backend.Buffer, _ float32)             {}
func (d *dry) Relu(backend.Buffer, backend.Buffer)                           {}
func (d *dry) ReluGrad(_, _, _ backend.Buffer)                               {}
func (d *dry) Tanh(backend.Buffer, backend.Buffer)                           {}
func (d *dry) TanhGrad(_, _, _ backend.Buffer)                               {}
func (d *dry) AttentionGrad(backend.AttentionGrad)                           {}
func (d *dry) Pool(_, _, _ backend.Buffer, _ int, _ bool)                    {}
func (d *dry) PoolGrad(_, _, _ backend.Buffer, _ int, _ bool)                {}
func (d *dry) Dropout(_, _ backend.Buffer, _ kernel.Drop)                    {}
func (d *dry) CrossEntropy(_, _, _, _ backend.Buffer, _ int, _ float32)      {}
func (d *dry) SumSquares(_, _ backend.Buffer)                                {}
func (d *dry) AdamW(backend.AdamW)                                           {}
