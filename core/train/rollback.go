package train

import (
	"fmt"
	"math"

	"thaw/core/nn"
)

// maxBad is how many steps in a row may have a gradient that is not finite, and maxHalved how often the rate is halved for it.
const (
	maxBad    = 3
	maxHalved = 5
)

// anchor is what a run that has diverged goes back to: the weights of all that trains as they were at the last evaluation, or
// since then when what is frozen last changed. Moments are not kept, for they would cost twice as much again; they begin anew
// with the weights, as the optimizer of a fresh run does. It lies in the host's memory, so that going back is one write a tensor,
// which no event of a browser interrupts.
type anchor struct {
	step   int
	values map[*nn.Param][]float32
}

// hold makes the weights as they are now those to go back to.
func (t *Trainer) hold() error { return t.again(t.copyWeights) }

func (t *Trainer) copyWeights() error {
	if err := t.ops.Sync(); err != nil {
		return err // stopped; what was held stays
	}
	a := &anchor{step: t.done, values: map[*nn.Param][]float32{}}
	for _, p := range t.model.Params.Params() {
		if !p.Thawed() {
			continue
		}
		if t.anchor != nil {
			a.values[p] = t.anchor.values[p]
		}
		if a.values[p] == nil {
			a.values[p] = make([]float32, p.Size())
		}
		if err := t.ops.Read(a.values[p], p.Value); err != nil {
			return err
		}
	}
	t.anchor = a
	return nil
}

// rate is the factor of the rates at the step at hand: the schedule's, halved for each time that the run went back.
func (t *Trainer) rate() float64 { return math.Ldexp(t.schedule.Factor(t.done), -t.halved) }

// skipped counts a step that the device left out. After three in a row the run goes back.
func (t *Trainer) skipped(emit func(Event)) error {
	t.optim.Skipped()
	t.bad++
	emit(SkippedEvent{Event: "skipped", Step: t.done, Why: "the gradient is not finite"})
	if t.bad < maxBad {
		return nil
	}
	if t.anchor == nil {
		return fmt.Errorf("train: the gradient was not finite %d steps in a row, up to step %d; try a smaller lr than %g and headLr than %g",
			maxBad, t.done, t.settings.LR, t.settings.HeadLR)
	}
	if t.halved == maxHalved {
		t.restoreAnchor()
		return fmt.Errorf("train: the gradient was not finite %d steps in a row, up to step %d, although the rate had been halved %d times; the model has the weights of step %d again; try a smaller lr than %g and headLr than %g",
			maxBad, t.done, t.halved, t.anchor.step, t.settings.LR, t.settings.HeadLR)
	}
	t.goBack()
	emit(RollbackEvent{Event: "rollback", Step: t.done, To: t.anchor.step, Rate: math.Ldexp(1, -t.halved)})
	return nil
}

// goBack brings the held weights back with half the rate. The steps are not taken again: the next one reads the sentences
// that it would have read.
func (t *Trainer) goBack() {
	t.restoreAnchor()
	t.optim.Reset()
	t.halved++
	t.bad = 0
}

func (t *Trainer) restoreAnchor() {
	for p, v := range t.anchor.values {
		t.ops.Write(p.Value, v)
	}
}
