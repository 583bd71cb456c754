package train

import (
	"errors"
	"math"
	"time"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/nn"
	"thaw/core/report"
)

// Step takes the next optimizer step.
func (t *Trainer) Step(emit func(Event)) error {
	begin := time.Now()
	index := t.sentences()
	labelled := data.Labelled(t.train.examples, index)
	if err := t.again(func() error { return t.gradients(index, labelled) }); err != nil {
		return err
	}
	if err := t.again(t.update); err != nil {
		return err
	}
	if err := t.report(index, labelled, begin, emit); err != nil {
		return err
	}
	stop := t.stop
	t.stop = nil
	return stop
}

// update has the optimizer take the step. One that was disturbed or stopped before the first parameter changed is not counted.
func (t *Trainer) update() error {
	t.optim.Step(t.rate())
	err := t.late(t.ops.Sync())
	if err != nil {
		t.optim.Skipped()
	}
	return err
}

// late keeps an error that a device running ahead reports though the step is taken, until it is counted.
func (t *Trainer) late(err error) error {
	if !t.ahead || err == nil || errors.Is(err, backend.ErrLost) || errors.Is(err, backend.ErrFailed) {
		return err
	}
	t.stop = err
	return nil
}

// gradients runs the step's sentences forward and back, cut into micro-batches whose gradients add up.
func (t *Trainer) gradients(index, labelled []int) error {
	t.model.Params.BeginGrads()
	t.ops.Fill(t.sums, 0)
	for i, run := range data.Cut(t.train.examples, index, t.settings.BatchTokens) {
		b := data.Pack(t.train.examples, run)
		t.record(uint32(i))
		logits := t.logits(t.train, b)
		t.model.Heads.Loss(t.sum, logits, b.Labels, t.scales(labelled))
		t.tape.Backward()
	}
	t.model.Params.EndGrads()
	if t.ahead {
		return nil // what goes wrong there is the end of the device, and the run goes on elsewhere
	}
	return t.ops.Sync() // what went wrong must not reach the parameters
}

// sentences are the examples of the step at hand.
func (t *Trainer) sentences() []int {
	n, per := len(t.train.examples), t.settings.stepsOfEpoch(len(t.train.examples))
	epoch, at := t.done/per, t.done%per
	order := data.Order(n, epoch, t.settings.Shuffle, t.settings.Seed)
	size := t.settings.sentences()
	return order[at*size : min(n, (at+1)*size)]
}

// record clears the tape for one micro-batch of the step at hand. Dropout depends on seed, step, micro-batch and place.
func (t *Trainer) record(micro uint32) {
	t.tape.Reset()
	t.tape.Training, t.tape.NoGrad, t.tape.Seed = true, false, t.settings.Seed
	t.tape.Step = uint32(t.done)<<10 | micro
}

// scales is each task's weight over the step's number of its labels.
func (t *Trainer) scales(labelled []int) []float64 {
	s := make([]float64, len(labelled))
	for i, n := range labelled {
		if n > 0 {
			s[i] = t.model.Heads.Tasks[i].Weight / float64(n)
		}
	}
	return s
}

// logits runs a batch through the cached prefix and what lies above it.
func (t *Trainer) logits(c *corpus, b data.Batch) []*autograd.Var {
	x := c.cache.fetch(t, c, b)
	e := t.model.Encoder
	if t.stages < e.Stages() {
		x = e.Forward(t.tape, nn.Batch{IDs: b.IDs, Offsets: b.Offsets}, x, t.stages, e.Stages())
		x = t.model.Heads.Pool(x, t.tape.Ints(b.Offsets))
	}
	return t.model.Heads.Logits(x)
}

// report reads losses and norm of the step just taken.
func (t *Trainer) report(index, labelled []int, begin time.Time, emit func(Event)) error {
	sums, norm := make([]float32, len(labelled)), make([]float32, 1)
	if err := t.late(t.ops.Read(sums, t.sums)); err != nil {
		return err
	}
	if err := t.late(t.ops.Read(norm, t.optim.Norm())); err != nil {
		return err
	}
	factor := t.rate()
	t.done++
	if n := float64(norm[0]); math.IsNaN(n) || math.IsInf(n, 0) {
		return t.skipped(emit)
	}
	t.bad = 0
	e := StepEvent{
		Event: "step", Step: t.done, Steps: t.schedule.Steps, Epoch: t.epoch(),
		Losses: map[string]float64{}, LR: factor * t.settings.LR, GradNorm: math.Sqrt(float64(norm[0])),
	}
	for i, task := range t.model.Heads.Tasks {
		if labelled[i] > 0 {
			e.Losses[task.Name] = report.Finite(float64(sums[i]) / float64(labelled[i]))
			e.Loss += task.Weight * e.Losses[task.Name]
		}
	}
	tokens := 0
	for _, i := range index {
		tokens += len(t.train.examples[i].IDs)
	}
	took := time.Since(begin).Seconds()
	e.MS, e.TokensPerSecond = took*1e3, float64(tokens)/max(took, 1e-9)
	e.Loss = report.Finite(e.Loss)
	emit(e)
	return nil
}

// epoch is how many passes over the data are done.
func (t *Trainer) epoch() float64 {
	per := t.settings.stepsOfEpoch(len(t.train.examples))
	n := len(t.train.examples)
	return float64(t.done/per) + min(1, float64(t.done%per*t.settings.sentences())/float64(n))
}
