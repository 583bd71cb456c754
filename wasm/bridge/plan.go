package bridge

import (
	"thaw/core/data"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/synth"
	"thaw/core/train"
)

// sampled is how many texts are tokenized to know the length of all.
const sampled = 64

// plan says what a run would train and take. It changes nothing, but that a model without heads gets those of the plan.
func (s *session) plan(a *Plan) (any, error) {
	if s.model == nil {
		return nil, notLoaded("planning")
	}
	settings, err := s.settings(a.Settings)
	if err != nil {
		return nil, err
	}
	examples, texts, err := sample(&s.words, a.Data, a.Tasks)
	if err != nil {
		return nil, err
	}
	tasks, err := tasksFrom(a.Tasks, texts)
	if err != nil {
		return nil, err
	}
	if s.model.Heads == nil {
		if err := s.model.SetHeads(style(a.Head), tasks, settings.Seed); err != nil {
			return nil, err
		}
	}
	perText := s.tokens(texts, settings.MaxLength)
	p, err := s.estimate(a, settings, tasks, examples, perText)
	if err != nil {
		return nil, err
	}
	if probes(settings) {
		p.Steps, settings.Epochs, settings.Batch, settings.Accumulate = 1, 1, examples, 1 // one pass over all, then the fit
	}
	p.StepMS = s.speed.expect(s.model, settings, perText, p.Parameters)
	return p, nil
}

// probes says whether the heads are fitted at once, without steps. The policy has been read before.
func probes(settings train.Settings) bool {
	schedule, err := freeze.ParseSchedule(settings.Freeze)
	return err == nil && schedule.At(0).Probe()
}

// estimate adds up what trains under heads of these tasks, which need not be made.
func (s *session) estimate(a *Plan, settings train.Settings, tasks []head.Task, examples int, perText float64) (Planned, error) {
	m, err := s.model.With(style(a.Head), tasks)
	if err != nil {
		return Planned{}, err
	}
	schedule, err := freeze.ParseSchedule(settings.Freeze)
	if err != nil {
		return Planned{}, err
	}
	e, err := train.Estimate(m, settings, examples, int(perText*float64(examples)))
	if err != nil {
		return Planned{}, err
	}
	return Planned{
		Trainable: e.Trainable, Frozen: e.Frozen, MemoryBytes: e.MemoryBytes, Steps: e.Steps, Freeze: schedule.String(),
		Parameters: trainables(m, schedule.At(0)),
	}, nil
}

// trainables says of each parameter whether it trains: the policy thaws it and the loss reaches it.
func trainables(m *model.Model, policy freeze.Policy) (out []Trainable) {
	for _, p := range m.Params.Params() {
		out = append(out, Trainable{p.Name, policy.Trains(p.Name) && m.Heads.Uses(p)})
	}
	return out
}

// sample returns how many texts a source has, and some of them.
func sample(w *words, s *Source, tasks []Task) (int, []data.Record, error) {
	if s == nil {
		return 0, nil, nil
	}
	if s.Synthetic == nil {
		return len(s.Records), spread(s.Records), nil
	}
	spec := *s.Synthetic
	spec.N = min(spec.N, sampled)
	few := Source{Synthetic: &spec}
	records, err := few.records(w, tasks)
	if err != nil && s.Synthetic.N > synth.MaxTexts {
		return 0, nil, err
	}
	return s.Synthetic.N, records, err
}

// spread takes some records from all over the list.
func spread(records []data.Record) []data.Record { return spreadOver(records, sampled) }

// spreadOver takes at most n.
func spreadOver(records []data.Record, n int) []data.Record {
	if len(records) <= n {
		return records
	}
	out := make([]data.Record, n)
	for i := range out {
		out[i] = records[i*len(records)/n]
	}
	return out
}

// tokens is the mean number of tokens of a text, of a usual one where there is none to measure.
func (s *session) tokens(texts []data.Record, maxLength int) float64 {
	const usual = 20
	if len(texts) == 0 || s.model == nil {
		return usual
	}
	n := 0
	for _, r := range texts {
		n += len(s.model.Tokenizer.Encode(r.Text, maxLength).IDs)
	}
	return float64(n) / float64(len(texts))
}
