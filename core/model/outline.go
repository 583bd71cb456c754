package model

import (
	"cmp"

	"thaw/core/encoder"
	"thaw/core/head"
	"thaw/core/nn"
)

// Outline is a model of which only the shapes are known, from its config.json: it has no memory and no tokenizer. It serves to
// say what a run would take before anything is downloaded.
func Outline(config []byte, style head.Style, tasks []head.Task) (*Model, error) {
	if err := cmp.Or(style.Check(), head.Check(tasks)); err != nil {
		return nil, err
	}
	c, err := encoder.LoadConfig(config)
	if err != nil {
		return nil, err
	}
	m := &Model{Params: nn.NewSet(nil), config: config}
	m.Encoder = encoder.New(c, m.Params)
	m.Heads, err = m.newHeads(style, tasks)
	return m, err
}

// With is an outline of m's encoder under heads of these tasks.
func (m *Model) With(style head.Style, tasks []head.Task) (*Model, error) {
	return Outline(m.config, style, tasks)
}

// newHeads declares the parameters of heads for these tasks.
func (m *Model) newHeads(style head.Style, tasks []head.Task) (*head.Heads, error) {
	c := m.Encoder.Config
	return head.New(style, tasks, head.Frame{
		Hidden: c.Hidden, Pooler: m.Encoder.Pooler, Dense: c.HeadDense(), Dropout: c.Head, Site: m.Encoder.HeadSite(),
	}, m.Params)
}
