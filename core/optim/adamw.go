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
	parked  map[*nn.Param]moments // of tensors that trained and are frozen now
	missed  map[*nn.Param]int     // updates a tensor was frozen for
	norm    backend.Buffer
	steps   int
}

type moments struct{ m, v backend.Buffer }

// NewAdamW returns the optimizer of a set, with PyTorch's betas and eps. The set has been thawed.
func NewAdamW(s *nn.Set, decay, clip float64, rate func(*nn.Param) float64) *AdamW {
	o := &AdamW{
		Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: decay, Clip: clip, Rate: rate, set: s,
		moments: map[*nn.Arena]moments{}, parked: map[*nn.Param]moments{}, missed: map[*nn.Param]int{},
	}
	o.norm = s.Ops().Alloc(1)
	o.alloc()
	return o
}

// alloc gives each arena with gradients its moments.
func (o *AdamW) alloc() {
	for _, a := range o.set.Arenas {
		if a.G != nil {
			o.moments[a] = o.zeros(a.G.Len())
		}
	}
}

func (o *AdamW) zeros(n int) moments { return moments{o.set.Ops().Alloc(n), o.set.Ops().Alloc(n)} }

func (o *AdamW) free(m moments) {
	o.set.Ops().Free(m.m)
	o.set.Ops().Free(m.v)
}

// Rethaw changes what trains in the middle of a run: thaw does it. Moments are kept, those of a tensor that is now frozen until
// it thaws again, as PyTorch keeps the state of a parameter that gets no gradient.
func (o *AdamW) Rethaw(thaw func()) {
	for a, m := range o.moments {
		for _, p := range a.Params {
			if p.Thawed() {
				o.parked[p] = o.zeros(p.Size())
				o.move(o.parked[p], o.of(a, p), p.Size())
			}
		}
		o.free(m)
	}
	clear(o.moments)
	thaw()
	o.alloc()
	for a := range o.moments {
		for _, p := range a.Params {
			if from, ok := o.parked[p]; ok && p.Thawed() {
				o.move(o.of(a, p), from, p.Size())
				o.free(from)
				delete(o.parked, p)
			}
		}
	}
}

// of is a thawed parameter's moments, views of its arena's.
func (o *AdamW) of(a *nn.Arena, p *nn.Param) moments {
	m, at := o.moments[a], p.GradOffset()
	return moments{m.m.View(at, p.Size()), m.v.View(at, p.Size())}
}

// move copies moments of n elements.
func (o *AdamW) move(to, from moments, n int) {
	whole := backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{1}}
	o.set.Ops().Copy(to.m, from.m, n, whole)
	o.set.Ops().Copy(to.v, from.v, n, whole)
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
			ops.AdamW(backend.AdamW{P: a.P, G: a.G, M: m.m, V: m.v, Regions: o.regions(a), Norm: o.norm, Clip: o.Clip, Settings: s})
		}
	}
	o.count(1)
}

// regions are the arena's, each with the updates it missed.
func (o *AdamW) regions(a *nn.Arena) []backend.Region {
	r, i := a.Regions(o.Rate), 0
	for _, p := range a.Params {
		if p.Thawed() {
			r[i].Missed = o.missed[p]
			i++
		}
	}
	return r
}

// count adds n updates to those that frozen tensors missed.
func (o *AdamW) count(n int) {
	for _, p := range o.set.Params() {
		if !p.Thawed() {
			o.missed[p] += n
		}
	}
}

// Skipped takes back the count of a step that the device left out.
func (o *AdamW) Skipped() {
	o.steps--
	o.count(-1)
}

// Reset begins anew: no updates so far, no moments. No operation of the device is needed, so it happens whole.
func (o *AdamW) Reset() {
	for _, m := range o.moments {
		o.free(m)
	}
	for _, m := range o.parked {
		o.free(m)
	}
	o.steps = 0
	clear(o.missed)
	clear(o.moments)
	clear(o.parked)
	o.alloc()
}

// Norm is the device's squared global norm of the last gradient.
func (o *AdamW) Norm() backend.Buffer { return o.norm }

// Steps is the number of updates so far.
func (o *AdamW) Steps() int { return o.steps }

// Counts are the number of updates so far and, by name, how many of them a tensor was frozen for.
func (o *AdamW) Counts() (steps int, missed map[string]int) {
	missed = map[string]int{}
	for p, n := range o.missed {
		if n > 0 {
			missed[p.Name] = n
		}
	}
	return o.steps, missed
}

// SetCounts sets them when a run goes on.
func (o *AdamW) SetCounts(steps int, missed map[string]int) {
	o.steps = steps
	clear(o.missed)
	for _, p := range o.set.Params() {
		if n := missed[p.Name]; n > 0 {
			o.missed[p] = n
		}
	}
}

// Moments are a parameter's first and second moment, nil if it never trained.
func (o *AdamW) Moments(a *nn.Arena, p *nn.Param) (m, v backend.Buffer) {
	mo := o.parked[p]
	if p.Thawed() {
		mo = o.of(a, p)
	}
	return mo.m, mo.v
}

// Park gives a frozen parameter the memory of moments that it had when a run was saved.
func (o *AdamW) Park(p *nn.Param) { o.parked[p] = o.zeros(p.Size()) }

// Bytes is the memory of the moments.
func (o *AdamW) Bytes() (n int64) {
	for _, m := range o.moments {
		n += 8 * int64(m.m.Len())
	}
	for _, m := range o.parked {
		n += 8 * int64(m.m.Len())
	}
	return n
}

// Free gives the moments' memory back.
func (o *AdamW) Free() {
	for _, m := range o.moments {
		o.free(m)
	}
	for _, m := range o.parked {
		o.free(m)
	}
	o.set.Ops().Free(o.norm)
}
