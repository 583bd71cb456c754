package bridge

import "thaw/core/freeze"

// setFreeze chooses what is frozen: from the next step of the run that goes on, or in the next run. A paused run ends the step
// that it is in, changes, and rests again.
func (s *session) setFreeze(id int, a *SetFreeze) (any, error) {
	if s.model == nil {
		return nil, notLoaded("choosing what is frozen")
	}
	p, err := freeze.ParseSchedule(a.Freeze)
	if err == nil {
		err = p.Check(s.model.Names(), s.model.Encoder.Config.Layers)
	}
	if err != nil {
		return nil, err
	}
	if s.run == nil || !s.run.going {
		return s.freezeNext(p.String())
	}
	if p.At(0).Probe() {
		return nil, fault("busy", "Stop the run first, then train with probe.", "probe fits the heads at once, without steps, and a run is in the middle of its own")
	}
	s.run.errands = append(s.run.errands, errand{id: id, freeze: p.String()})
	return nil, errLater
}

// freezeNext keeps a policy for the next run.
func (s *session) freezeNext(policies string) (any, error) {
	schedule, err := freeze.ParseSchedule(policies)
	if err != nil {
		return nil, err
	}
	s.freeze = schedule.String()
	reply := Frozen{Freeze: s.freeze}
	for _, q := range s.model.Params.Params() {
		if schedule.At(0).Trains(q.Name) {
			reply.Trainable += q.Size()
		} else {
			reply.Frozen += q.Size()
		}
	}
	return reply, nil
}

// refreeze changes what is frozen in the rest of a run, between two steps. The run's listeners hear the new plan.
func (s *session) refreeze(r *run, policies string) (any, error) {
	plan, err := r.trainer.SetFreeze(policies)
	if err != nil {
		return nil, err
	}
	s.freeze = r.trainer.Settings().Freeze
	s.event(r.id, plan)
	return Frozen{Freeze: s.freeze, Trainable: plan.Trainable, Frozen: plan.Frozen, MemoryBytes: plan.MemoryBytes, Step: r.trainer.Steps() + 1}, nil
}
