package model

import (
	"slices"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/encoder"
	"thaw/core/nn"
)

// Clone returns a second model on the same device: encoder, heads and weights are its own, the tokenizer is shared. What a run
// has changed in the configuration is as config.json says it again.
func (m *Model) Clone() (*Model, error) { return m.CloneTo(m.Params.Ops()) }

// CloneTo is Clone on this device or another.
func (m *Model) CloneTo(ops backend.Backend) (*Model, error) {
	c, err := m.Twin(ops)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Params.Params() {
		q, _ := m.Params.Lookup(p.Name)
		if err := carry(ops, p.Value, m.Params.Ops(), q.Value); err != nil {
			c.Free()
			return nil, err
		}
	}
	if err := ops.Sync(); err != nil {
		c.Free()
		return nil, err
	}
	return c, nil
}

// Twin is a model of the same shape on this device or another: its weights are still to be given.
func (m *Model) Twin(ops backend.Backend) (*Model, error) {
	config, err := encoder.LoadConfig(m.config)
	if err != nil {
		return nil, err
	}
	c := &Model{
		Tokenizer: m.Tokenizer, Params: nn.NewSet(ops), Card: m.Card, Ignored: slices.Clone(m.Ignored), Fresh: slices.Clone(m.Fresh),
		config: m.config, tape: autograd.NewTape(ops),
	}
	c.Encoder = encoder.New(config, c.Params)
	c.Params.Alloc()
	if m.Heads != nil {
		if err := c.SetHeads(m.Heads.Style, slices.Clone(m.Heads.Tasks), 0); err != nil {
			c.Free()
			return nil, err
		}
	}
	return c, nil
}

// carried is the elements that go from one device to another at a time.
const carried = 1 << 22

// carry copies elements from a device to the same or another.
func carry(to backend.Backend, dst backend.Buffer, from backend.Backend, src backend.Buffer) error {
	if to == from {
		to.Copy(dst, src, dst.Len(), backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{1}})
		return nil
	}
	for at := 0; at < src.Len(); at += carried {
		n := min(carried, src.Len()-at)
		v, err := elements(from, src.View(at, n))
		if err != nil {
			return err
		}
		to.Write(dst.View(at, n), v)
	}
	return nil
}
