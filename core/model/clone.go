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
func (m *Model) Clone() (*Model, error) {
	config, err := encoder.LoadConfig(m.config)
	if err != nil {
		return nil, err
	}
	ops := m.Params.Ops()
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
	for _, p := range c.Params.Params() {
		q, _ := m.Params.Lookup(p.Name)
		ops.Copy(p.Value, q.Value, p.Size(), backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{1}})
	}
	return c, ops.Sync()
}
