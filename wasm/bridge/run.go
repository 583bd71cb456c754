package bridge

import (
	"encoding/json"
	"io"
	"strings"

	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// course is a work that takes a while and can be paused and stopped: a training run or a comparison.
type course struct {
	id       int
	what     string // "training" or "comparing"
	going    bool
	paused   bool
	stopping bool
}

// going says whether one goes on.
func (s *session) going() bool { return s.course != nil && s.course.going }

// run is a training run, going on or over.
type run struct {
	course
	trainer *train.Trainer
	total   int  // steps, known from its plan
	whole   bool // every step was taken
	errands []errand
	copies  copies
	fault   error // of a copy: the run must not go on
}

// errand is a command that waits for the end of a step: to write a checkpoint, or to change what is frozen.
type errand struct {
	id     int
	sink   io.Writer // of a save
	freeze string    // of a setFreeze
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
	for {
		reply, err := s.fromTheStart(id, a)
		if !gone(err) {
			return reply, err
		}
		// The device was gone before the run was copied; whatever takes its place begins again.
		if err := s.rescue(id, err); err != nil {
			return nil, err
		}
	}
}

func (s *session) fromTheStart(id int, a *Train) (any, error) {
	t, err := s.begin(a)
	if err != nil {
		return nil, err
	}
	s.run = &run{course: course{id: id}, trainer: t}
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
	d, tasks, err := gather(&s.words, a.Data, a.Evals, a.Tasks, settings.Seed)
	if err != nil {
		return nil, err
	}
	if err := s.fits(settings, style(a.Head), tasks); err != nil {
		return nil, err
	}
	s.endRun()
	if err := s.reconsider(settings.Batch, d.Train, settings.MaxLength); err != nil {
		return nil, err
	}
	if !s.learnt {
		dropHeads(s.model) // a plan may have made them with another seed
	}
	if err := s.model.SetHeads(style(a.Head), tasks, settings.Seed); err != nil {
		return nil, err
	}
	t, err := train.New(s.model, settings, d)
	s.learnt, s.worn = s.learnt || err == nil, s.worn || err == nil
	return t, err
}

// fits says what is wrong with the settings, while what was learnt before is still there.
func (s *session) fits(settings train.Settings, style head.Style, tasks []head.Task) error {
	c := s.model.Encoder.Config
	if err := settings.Check(c.Positions); err != nil {
		return err
	}
	p, err := freeze.ParseSchedule(settings.Freeze)
	if err != nil {
		return err
	}
	if p.At(0).Probe() && style != head.Mean {
		return fault("settings", "Choose the head mean, or another policy.", "probe fits linear heads on mean-pooled features, and the head is %q", style)
	}
	m, err := s.model.With(style, tasks)
	if err != nil {
		return err
	}
	return p.Check(m.Names(), c.Layers)
}

// dropHeads takes heads that have learnt nothing from a model.
func dropHeads(m *model.Model) {
	m.Params.Remove(func(group string) bool { return strings.HasPrefix(group, "heads.") })
	m.Heads = nil
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
	r.course = course{id: r.id, what: "training", going: true}
	s.course = &r.course
	defer func() {
		r.going, r.paused = false, false
		s.refuse(r)
	}()
	for {
		err := r.trainer.Run(s.works[len(s.works)-1].ctx, func(e train.Event) { s.hear(r, e) })
		r.fault = nil // Run has returned it
		if err == nil {
			return s.where(r), nil
		}
		if !gone(err) || r.copies.last == nil {
			return nil, err
		}
		if err := s.rescue(r.id, err); err != nil {
			return nil, err
		}
	}
}

// hear passes an event on. What waits for the end of a step is done here.
func (s *session) hear(r *run, e train.Event) {
	if s.devices.Changed() {
		s.event(r.id, Changed{Event: "device", Device: s.devices.Device()})
	}
	s.keep(r, e)
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
	s.flush(r, e)
}

// flush does what waits, in the order in which it came. A save may be written after any event; what is frozen changes
// after a whole step, and once the run is over the change is for the next one.
func (s *session) flush(r *run, e train.Event) {
	_, evaluated := e.(train.EvalEvent)
	_, over := e.(train.DoneEvent)
	for len(r.errands) > 0 {
		next := r.errands[0]
		if next.sink == nil && evaluated {
			return
		}
		reply, _, err := s.safely(func() (any, [][]byte, error) {
			switch {
			case next.sink != nil:
				return s.where(r), nil, r.trainer.Save(next.sink)
			case over:
				reply, err := s.freezeNext(next.freeze)
				return reply, nil, err
			}
			reply, err := s.refreeze(r, next.freeze)
			return reply, nil, err
		})
		r.errands = r.errands[1:] // only now, so that a paused run does not rest in the middle of it
		s.answer(next.id, reply, err)
	}
}

// refuse answers what a run has left when it failed.
func (s *session) refuse(r *run) {
	for _, left := range r.errands {
		if left.sink == nil {
			s.answer(left.id, nil, fault("state", "Ask again; it will be for the next run.", "the run failed before what is frozen could change"))
			continue
		}
		s.answer(left.id, nil, fault("state", "The saves before it are still there.", "the run failed before it could be saved"))
	}
	r.errands = nil
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
		s.run.errands = append(s.run.errands, errand{id: id, sink: sink})
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
	d, _, err := gather(&s.words, &a.Data, a.Evals, a.Tasks, settings.Seed)
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
	s.learnt, s.worn = true, true
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
	step := set.Batch * set.Accumulate
	return set.Epochs * ((n + step - 1) / step)
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
