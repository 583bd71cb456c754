package bridge

import (
	"encoding/json"
	"io"
	"strings"

	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/train"
)

// run is a training run, going on or over.
type run struct {
	id       int
	trainer  *train.Trainer
	total    int // steps, known from its plan
	going    bool
	paused   bool
	stopping bool
	whole    bool // every step was taken
	saves    []save
}

// save is a checkpoint that waits for the end of a step.
type save struct {
	id   int
	sink io.Writer
}

// train begins a run or goes on with the one that was resumed.
func (s *session) train(id int, a *Train) (any, error) {
	if s.model == nil {
		return nil, notLoaded("training")
	}
	on := s.run != nil && !s.run.whole && s.run.id == 0 // resumed and never run since
	if a.Resume != nil {
		on = *a.Resume
	}
	if on {
		if s.run == nil {
			return nil, fault("state", "Resume a saved run first, or train with data.", "there is no run to go on with")
		}
		s.run.id = id
		return s.goOn()
	}
	t, err := s.begin(a)
	if err != nil {
		return nil, err
	}
	s.run = &run{id: id, trainer: t}
	return s.goOn()
}

// begin prepares a new run.
func (s *session) begin(a *Train) (*train.Trainer, error) {
	settings, err := s.settings(a.Settings)
	if err != nil {
		return nil, err
	}
	if a.Data == nil {
		return nil, fault("data", "Give records, or {synthetic: {n: 2000, seed: 1}}.", "there are no data to train on")
	}
	d, tasks, err := gather(a.Data, a.Evals, a.Tasks, settings.Seed)
	if err != nil {
		return nil, err
	}
	if err := s.fits(settings, style(a.Head), tasks); err != nil {
		return nil, err
	}
	s.endRun()
	if !s.learnt {
		s.dropHeads() // a plan may have made them with another seed
	}
	if err := s.model.SetHeads(style(a.Head), tasks, settings.Seed); err != nil {
		return nil, err
	}
	t, err := train.New(s.model, settings, d)
	s.learnt = s.learnt || err == nil
	return t, err
}

// fits says what is wrong with the settings, while what was learnt before is still there.
func (s *session) fits(settings train.Settings, style head.Style, tasks []head.Task) error {
	c := s.model.Encoder.Config
	if err := settings.Check(c.Positions); err != nil {
		return err
	}
	p, err := freeze.Parse(settings.Freeze)
	if err != nil {
		return err
	}
	return p.Check(keys(others(s.model, style, tasks)), c.Layers)
}

// dropHeads takes heads that have learnt nothing from the model.
func (s *session) dropHeads() {
	s.model.Params.Remove(func(group string) bool { return strings.HasPrefix(group, "heads.") })
	s.model.Heads = nil
}

// endRun gives back what the last run took.
func (s *session) endRun() {
	if s.run != nil {
		s.run.trainer.Close()
		s.run = nil
	}
}

// goOn trains until the end, a stop or a fault.
func (s *session) goOn() (any, error) {
	r := s.run
	r.going, r.paused, r.stopping = true, false, false
	defer func() {
		r.going, r.paused = false, false
		s.refuse(r)
	}()
	err := r.trainer.Run(s.works[len(s.works)-1].ctx, func(e train.Event) { s.hear(r, e) })
	if err != nil {
		return nil, err
	}
	return s.where(r), nil
}

// hear passes an event on. Saves that wait are done here, between two steps.
func (s *session) hear(r *run, e train.Event) {
	switch e := e.(type) {
	case train.PlanEvent:
		r.total = e.Steps
		s.event(r.id, e)
		return
	case train.StepEvent:
		s.speed.step(s.model, e)
	case train.DoneEvent:
		r.whole = !e.Stopped
	}
	s.event(r.id, e)
	s.flush(r)
}

// flush does the saves that wait.
func (s *session) flush(r *run) {
	for len(r.saves) > 0 {
		next := r.saves[0]
		r.saves = r.saves[1:]
		reply, _, err := s.safely(func() (any, [][]byte, error) { return s.where(r), nil, r.trainer.Save(next.sink) })
		s.answer(next.id, reply, err)
	}
}

// refuse answers the saves that a run has left when it failed.
func (s *session) refuse(r *run) {
	for _, left := range r.saves {
		s.answer(left.id, nil, fault("state", "The saves before it are still there.", "the run failed before it could be saved"))
	}
	r.saves = nil
}

// save writes a checkpoint, after the step that is being taken.
func (s *session) save(id int, sink io.Writer) (any, error) {
	if sink == nil {
		return nil, fault("message", "", "save came without a stream to write to")
	}
	if s.run == nil {
		return nil, fault("state", "Train for a step or more, then save.", "there is no run to save yet")
	}
	if s.run.going {
		s.run.saves = append(s.run.saves, save{id, sink})
		return nil, errLater
	}
	return s.where(s.run), s.run.trainer.Save(sink)
}

// resume reads a checkpoint; the next train goes on with it.
func (s *session) resume(a *Resume, open func(string) (Stream, error)) (any, error) {
	if s.model == nil {
		return nil, notLoaded("resuming a run")
	}
	if open == nil {
		return nil, fault("message", "", "resume came without a checkpoint")
	}
	settings, err := s.settings(a.Settings)
	if err != nil {
		return nil, err
	}
	d, _, err := gather(&a.Data, a.Evals, a.Tasks, settings.Seed)
	if err != nil {
		return nil, err
	}
	in, err := open("checkpoint")
	if err != nil {
		return nil, err
	}
	s.endRun()
	t, err := train.Resume(s.model, in, d)
	if err != nil {
		return nil, err
	}
	s.learnt = true
	s.run = &run{trainer: t, total: total(t, len(d.Train))}
	s.run.whole = t.Steps() >= s.run.total
	return s.where(s.run), in.Finish(true)
}

// total is the number of steps of a run over n examples.
func total(t *train.Trainer, n int) int {
	set := t.Settings()
	if set.Steps > 0 {
		return set.Steps
	}
	return set.Epochs * ((n + set.Batch - 1) / set.Batch)
}

// where says where a run is.
func (s *session) where(r *run) Run {
	settings, err := json.Marshal(r.trainer.Settings())
	if err != nil {
		panic(err) // numbers and words can always be written
	}
	return Run{
		Step: r.trainer.Steps(), Steps: r.total, Stopped: !r.whole, Freeze: r.trainer.Settings().Freeze,
		Tasks: tasksOf(s.model.Heads.Tasks), Head: string(s.model.Heads.Style), Settings: settings,
	}
}
