package train

import (
	"fmt"

	"thaw/core/freeze"
)

// advance puts the policy of the epoch at hand in force, where the schedule changes it.
func (t *Trainer) advance(emit func(Event)) error {
	if t.done%t.settings.stepsOfEpoch(len(t.train.examples)) != 0 {
		return nil
	}
	p := t.freezing.At(t.done / t.settings.stepsOfEpoch(len(t.train.examples)))
	if p.String() == t.policy.String() {
		return nil
	}
	if err := t.refreeze(p); err != nil {
		return err
	}
	emit(t.plan())
	return nil
}

// SetFreeze changes what is frozen between two steps, for the rest of the run: a policy, or a schedule whose epochs are
// those of the run. Moments of what stays thawed are kept; so is what a tensor learnt that is frozen from now on.
func (t *Trainer) SetFreeze(policies string) (PlanEvent, error) {
	f, err := validate(t.model, t.settings, policies)
	if err != nil {
		return PlanEvent{}, err
	}
	if f.At(0).Probe() || t.policy.Probe() {
		return PlanEvent{}, fmt.Errorf("%w: probe is a run of its own and neither begins nor ends in the middle of one", ErrSettings)
	}
	t.freezing, t.settings.Freeze = f, f.String()
	p := f.At(t.done / t.settings.stepsOfEpoch(len(t.train.examples)))
	if p.String() != t.policy.String() {
		if err := t.refreeze(p); err != nil {
			return PlanEvent{}, err
		}
	}
	return t.plan(), nil
}

// refreeze puts a policy in force: gradients, moments and caches follow. A tensor that thaws now has its digest compared first;
// one that freezes now has it taken.
func (t *Trainer) refreeze(p freeze.Policy) error {
	t.policy = p
	if err := t.proveThawing(); err != nil {
		return err
	}
	t.keepThawing()
	t.optim.Rethaw(func() { t.model.Params.Thaw(t.trains) })
	t.planCaches()
	if t.before == nil {
		return nil // the run has not begun
	}
	if err := t.hold(); err != nil {
		return err
	}
	return t.digest()
}

// proveThawing ends the proof of the tensors that are frozen now and will not be.
func (t *Trainer) proveThawing() error {
	for _, p := range t.model.Params.Params() {
		before, frozen := t.before[p.Name]
		if !frozen || !t.trains(p.Name) {
			continue
		}
		after, err := t.hash(p, true)
		if err != nil {
			return err
		}
		t.proved = append(t.proved, FrozenTensor{Name: p.Name, Before: before, After: after})
		delete(t.before, p.Name)
	}
	return nil
}
