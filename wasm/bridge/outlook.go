package bridge

import (
	"thaw/core/data"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// outlook says what a run would take with an encoder that is not loaded. A policy that does not fit it, such as one for layers that
// it does not have, gives way to its default.
func (s *session) outlook(a *Outlook) (any, error) {
	examples, texts, err := sample(&s.words, a.Data, a.Tasks)
	if err != nil {
		return nil, err
	}
	tasks, err := tasksFrom(a.Tasks, texts)
	if err != nil {
		return nil, err
	}
	m, err := model.Outline(a.Config, style(a.Head), tasks)
	if err != nil {
		return nil, err
	}
	settings, err := settingsFor(m.Encoder.Config, "", a.Settings)
	if err != nil {
		return nil, err
	}
	if p, err := freeze.ParseSchedule(settings.Freeze); err != nil || p.Check(m.Names(), m.Encoder.Config.Layers) != nil {
		settings.Freeze = freeze.Default(m.Encoder.Config.Layers)
	}
	return s.foreseen(m, settings, examples, texts, tasks)
}

// foreseen adds it up.
func (s *session) foreseen(m *model.Model, settings train.Settings, examples int, texts []data.Record, tasks []head.Task) (Outlooked, error) {
	perText := s.tokens(texts, settings.MaxLength)
	e, err := train.Estimate(m, settings, examples, int(perText*float64(examples)))
	if err != nil {
		return Outlooked{}, err
	}
	schedule, err := freeze.ParseSchedule(settings.Freeze)
	if err != nil {
		return Outlooked{}, err
	}
	o := Outlooked{
		Family: string(m.Encoder.Config.Family), Layers: m.Encoder.Config.Layers, Hidden: m.Encoder.Config.Hidden, Parameters: m.Params.Total(),
		Trainable: e.Trainable, MemoryBytes: e.MemoryBytes, Steps: e.Steps, Freeze: e.Freeze,
	}
	if probes(settings) {
		o.Steps, settings.Epochs, settings.Batch, settings.Accumulate = 1, 1, examples, 1
	}
	o.StepMS = s.speed.expect(m, settings, perText, trainables(m, schedule.At(0)))
	return o, nil
}
