// Package optim updates thawed parameters: AdamW with clipping, and schedules of the rate.
package optim

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/nn"
)

// AdamW is Adam with decoupled weight decay (arXiv 1711.05101, torch.optim.AdamW) over the arenas of a set. Its moments lie
// beside the gradients, for thawed parameters only.
type AdamW struct {
	Beta1, Beta2, Eps float64
	Decay             float64 // not of biases and LayerNorm
	Clip              float64 // of the global norm, 0 for none
	// Rate is the factor of a parameter's rate.
	Rate func(*nn.Param) float64

	set     *nn.Set
	moments map[*nn.Arena]moments
	norm    backend.Buffer
	steps   int
}

type moments struct{ m, v backend.Buffer }

// NewAdamW returns the optimizer of a set, with PyTorch's betas and eps. The set has been thawed.
func NewAdamW(s *nn.Set, decay, clip float64, rate func(*nn.Param) float64) *AdamW {
	o := &AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: decay, Clip: clip, Rate: rate, set: s, moments: map[*nn.Arena]moments{}}
	o.norm = s.Ops().Alloc(1)
	for _, a := range s.Arenas {
		if a.G != nil {
			o.moments[a] = moments{s.Ops().Alloc(a.G.Len()), s.Ops().Alloc(a.G.Len())}
		}
	}
	return o
}

// Step updates the parameters at the given factor of their rates. The squared norm of the gradient before clipping can
// be read afterwards with Norm; if it is not finite, the device leaves everything as it was.
func (o *AdamW) Step(rate float64) {
	ops := o.set.Ops()
	ops.Fill(o.norm, 0)
	for _, a := range o.set.Arenas {
		if a.G != nil {
			ops.SumSquares(o.norm, a.G)
		}
	}
	o.steps++
	s := kernel.AdamWSettings{Rate: rate, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, Decay: o.Decay, Step: o.steps}
	for _, a := range o.set.Arenas {
		if a.G != nil {
			m := o.moments[a]
			ops.AdamW(backend.AdamW{P: a.P, G: a.G, M: m.m, V: m.v, Regions: a.Regions(o.Rate), Norm: o.norm, Clip: o.Clip, Settings: s})
		}
	}
}

// Skipped takes back the count of a step that the device left out.
func (o *AdamW) Skipped() { o.steps-- }

// Norm is the device's squared global norm of the last gradient.
func (o *AdamW) Norm() backend.Buffer { return o.norm }

// Steps is the number of updates so far, SetSteps sets it when a run goes on.
func (o *AdamW) Steps() int { return o.steps }

// SetSteps sets the number of updates so far.
func (o *AdamW) SetSteps(n int) { o.steps = n }

// Moments are views of a thawed parameter's first and second moment.
func (o *AdamW) Moments(a *nn.Arena, p *nn.Param) (m, v backend.Buffer) {
	mo, at := o.moments[a], p.GradOffset()
	return mo.m.View(at, p.Size()), mo.v.View(at, p.Size())
}

// Bytes is the memory of the moments.
func (o *AdamW) Bytes() (n int64) {
	for _, m := range o.moments {
		n += 8 * int64(m.m.Len())
	}
	return n
}

// Free gives the moments' memory back.
func (o *AdamW) Free() {
	for _, m := range o.moments {
		o.set.Ops().Free(m.m)
		o.set.Ops().Free(m.v)
	}
	o.set.Ops().Free(o.norm)
}
