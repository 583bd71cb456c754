package bridge

import (
	"errors"
	"time"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/train"
	"thaw/wasm/device"
)

// A graphics card may be taken away at any time, with everything on it. So a run on one is copied into the host's memory before its
// first step, then after so many steps or so long, whichever comes first, but never so often that copying takes more than its
// share of the time, and at its end.
const (
	copySteps = 50
	copyTime  = 30 * time.Second
	copyShare = 0.05
)

// copies is the last copy of a run.
type copies struct {
	last *train.Snapshot
	at   time.Time
	took time.Duration
}

// due says whether it is time for the next.
func (c *copies) due(step int) bool {
	since := time.Since(c.at)
	if float64(c.took) > copyShare*float64(since) {
		return false
	}
	return step-c.last.Step() >= copySteps || since >= copyTime
}

// keep copies a run that may be lost.
func (s *session) keep(r *run, e train.Event) {
	if s.devices.Device().Kind != device.WebGPU {
		return
	}
	due := false
	switch e := e.(type) {
	case train.PlanEvent:
		due = r.copies.last == nil
	case train.StepEvent:
		due = r.copies.last == nil || r.copies.due(e.Step)
	case train.DoneEvent:
		due = true
	}
	if !due {
		return
	}
	begin := time.Now()
	next, err := r.trainer.Snapshot(r.copies.last)
	switch {
	case err == nil:
		r.copies = copies{next, time.Now(), time.Since(begin)}
	case gone(err):
		r.fault = err
	}
}

// gone says whether a fault is one of a device that cannot go on, so that another takes its place.
func gone(err error) bool {
	return errors.Is(err, backend.ErrLost) || errors.Is(err, backend.ErrFailed)
}

// rescue goes on with another device in place of one that is gone, with the model and the run as they were when the run was last
// copied. Where nothing was, what a failing device still has is taken from it; of a lost one the model is lost, too, and the fault says so.
// No message comes in between: a run that is asked to stop does so when it goes on.
func (s *session) rescue(id int, cause error) error {
	s.deaf = true
	defer func() { s.deaf = false }()
	for gone(cause) { // a new device may fail in its turn; the processor does not
		ops, release := s.devices.Replace(cause)
		e := Changed{Event: "device", Device: s.devices.Device()}
		cause = s.salvage(ops, cause, &e)
		release()
		s.ops = ops
		s.event(id, e)
	}
	return cause
}

func (s *session) salvage(ops backend.Backend, cause error, e *Changed) error {
	switch {
	case s.model == nil || s.model.Params.Ops() == ops:
		return nil
	case s.run != nil && s.run.copies.last != nil:
		e.Repeats = s.run.trainer.Steps() - s.run.copies.last.Step()
		return s.rebuild(ops)
	}
	s.endRun()
	if !errors.Is(cause, backend.ErrLost) && s.takeOff(ops) {
		return nil
	}
	e.Unloaded, s.model = true, nil
	return fault("lost", "Load the encoder again.", "%v", cause)
}

// takeOff takes the model off a device that fails. Heads that were made as it failed may be nothing that can be read; they have learnt
// nothing yet.
func (s *session) takeOff(ops backend.Backend) bool {
	s.ops.Sync() // what is still pending of the fault
	if s.shift(ops) == nil {
		return true
	}
	dropHeads(s.model)
	s.learnt = false
	s.ops.Sync()
	return s.shift(ops) == nil
}

// rebuild takes the run's last copy to a device.
func (s *session) rebuild(ops backend.Backend) error {
	m, t, err := s.run.trainer.Rebuild(ops, s.run.copies.last)
	if err != nil {
		return err
	}
	s.run.trainer.Close()
	s.model.Free()
	s.model, s.run.trainer = m, t
	return nil
}

// shift takes the model, without a run, to a device.
func (s *session) shift(ops backend.Backend) error {
	m, err := s.model.CloneTo(ops)
	if err != nil {
		return err
	}
	s.model.Free()
	s.model = m
	return nil
}

// again is what a person is told whose question or file was lost with a device.
func again(cause error) error {
	return fault("again", "Ask again: another device has taken its place.", "%v", cause)
}

// follow takes the model, and the run that may go on, to the device that was chosen.
func (s *session) follow() (err error) {
	ops := s.devices.Backend()
	switch {
	case ops == s.ops:
		return nil
	case s.model == nil:
	case s.run == nil:
		err = s.shift(ops)
	default:
		if s.run.copies.last, err = s.run.trainer.Snapshot(nil); err == nil {
			err = s.rebuild(ops)
		}
		s.run.copies = copies{}
	}
	if err == nil {
		s.ops = ops
	}
	return err
}

// setDevice chooses what runs from now on, between two runs.
func (s *session) setDevice(a *SetDevice) (any, error) {
	if s.going() {
		return nil, busy()
	}
	if err := s.devices.Ask(a.Device); err != nil {
		return nil, err
	}
	if s.model == nil {
		s.ops = s.devices.Backend()
		return Greeting{s.devices.Device()}, nil
	}
	if err := s.time(s.model, s.sample()); err != nil {
		return nil, err
	}
	return Greeting{s.devices.Device()}, s.follow()
}

// reconsider measures again before a run whose batches are of quite another size than what was timed: a graphics card may be quicker
// for many sentences and slower for few.
func (s *session) reconsider(batch int, records []data.Record, maxLength int) error {
	if len(records) == 0 || !s.devices.Look() {
		return nil
	}
	texts := make([]string, batch)
	tokens := 0
	for i := range texts {
		texts[i] = records[i%len(records)].Text
		tokens += len(s.model.Tokenizer.Encode(texts[i], maxLength).IDs)
	}
	if s.speed.tokens <= 2*tokens && tokens <= 2*s.speed.tokens {
		return nil
	}
	if err := s.time(s.model, texts); err != nil {
		return err
	}
	return s.follow()
}
