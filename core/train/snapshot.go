package train

import (
	"maps"
	"slices"

	"thaw/core/backend"
	"thaw/core/model"
	"thaw/core/safetensors"
)

// Snapshot is a run between two steps in the host's memory, of which nothing on a device is needed to go on.
type Snapshot struct {
	state   state
	tensors map[string]safetensors.Tensor
	before  map[string]string // digests of what was frozen
	proved  []FrozenTensor
}

// Step is how many steps were taken.
func (s *Snapshot) Step() int { return s.state.Step }

// Snapshot copies the run, between two steps. Tensors that were frozen already when last was taken are shared with it: their digests,
// which a run takes when it begins, say so.
func (t *Trainer) Snapshot(last *Snapshot) (*Snapshot, error) {
	if err := t.digest(); err != nil {
		return nil, err
	}
	s := &Snapshot{
		state: t.state(), tensors: map[string]safetensors.Tensor{}, before: maps.Clone(t.before), proved: slices.Clone(t.proved),
	}
	err := t.each(func(name string, shape []int, b backend.Buffer) error {
		if last != nil && s.before[name] != "" && last.before[name] == s.before[name] {
			s.tensors[name] = last.tensors[name]
			return nil
		}
		v := make([]float32, b.Len())
		s.tensors[name] = safetensors.Tensor{Name: name, Shape: shape, F32: v}
		return t.ops.Read(v, b)
	})
	t.eachAnchor(func(a safetensors.Tensor) {
		a.F32 = slices.Clone(a.F32)
		s.tensors[a.Name] = a
	})
	return s, err
}

// Rebuild is the run of a snapshot on another device, over the same data: a model of its own and its trainer. The steps
// that follow are those that the run would have taken, to the device's rounding. t and its model need not be there any more but
// for what they know; neither is closed.
func (t *Trainer) Rebuild(ops backend.Backend, s *Snapshot) (*model.Model, *Trainer, error) {
	m, err := t.model.Twin(ops)
	if err != nil {
		return nil, nil, err
	}
	n, err := begin(m, s.state.Settings, t.train.without(), withoutCaches(t.evals))
	if err != nil {
		m.Free()
		return nil, nil, err
	}
	if err := n.restore(s.tensors, s.state); err != nil {
		n.Close()
		m.Free()
		return nil, nil, err
	}
	n.before, n.proved = maps.Clone(s.before), slices.Clone(s.proved)
	return m, n, nil
}

// without is a corpus whose cache is still to be planned.
func (c *corpus) without() *corpus { return &corpus{name: c.name, examples: c.examples, cut: c.cut} }

func withoutCaches(cs []*corpus) (out []*corpus) {
	for _, c := range cs {
		out = append(out, c.without())
	}
	return out
}
