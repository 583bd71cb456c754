package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"thaw/core/data"
	"thaw/core/head"
)

// ErrNoGradient says that two tasks have no gradients to compare: nothing that they share trains.
var ErrNoGradient = errors.New("the tasks share no tensor that trains")

// GradientCosine is the cosine of the angle between the gradients of two tasks' mean losses with respect to what trains of
// the encoder that they share, as the weights are now: 1 where a small step for one task is one for the other too, below 0
// where it undoes it. Each gradient is of at most n of the task's training sentences, spread evenly over them, without
// dropout. The run goes on as if it had not been asked. Where a gradient is all zeros the cosine is 0.
func (t *Trainer) GradientCosine(a, b string, n int) (float64, error) {
	x, err := t.gradientOf(a, n)
	if err != nil {
		return 0, err
	}
	y, err := t.gradientOf(b, n)
	if err != nil {
		return 0, err
	}
	var xx, yy, xy float64
	for i, v := range x {
		p, q := float64(v), float64(y[i])
		xx, yy, xy = xx+p*p, yy+q*q, xy+p*q
	}
	if xx == 0 || yy == 0 {
		return 0, nil
	}
	return max(-1, min(1, xy/math.Sqrt(xx*yy))), nil
}

// gradientOf is the gradient of one task's mean loss, the thawed tensors of the encoder end to end.
func (t *Trainer) gradientOf(name string, n int) ([]float32, error) {
	task := slices.IndexFunc(t.model.Heads.Tasks, func(k head.Task) bool { return k.Name == name })
	if task < 0 {
		return nil, fmt.Errorf("train: the model has no task %q", name)
	}
	index := t.sample(task, n)
	if len(index) == 0 {
		return nil, fmt.Errorf("train: no sentence to train on has a label of the task %s", name)
	}
	scales := make([]float64, len(t.model.Heads.Tasks))
	scales[task] = 1 / float64(len(index))
	t.model.Params.BeginGrads()
	for _, run := range data.Cut(t.train.examples, index, t.settings.BatchTokens) {
		b := data.Pack(t.train.examples, run)
		t.tape.Reset()
		t.tape.Training, t.tape.NoGrad = false, false // no dropout
		t.model.Heads.Loss(t.sum, t.logits(t.train, b), b.Labels, scales)
		t.tape.Backward()
	}
	t.model.Params.EndGrads()
	return t.sharedGradient()
}

// sample is at most n examples with a label of a task, spread evenly over all of them.
func (t *Trainer) sample(task, n int) []int {
	var all []int
	for i, e := range t.train.examples {
		if e.Labels[task] >= 0 {
			all = append(all, i)
		}
	}
	n = min(n, len(all))
	some := make([]int, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

// sharedGradient reads the gradients of the encoder's thawed tensors.
func (t *Trainer) sharedGradient() (all []float32, err error) {
	for _, p := range t.model.Params.Params() {
		if !p.Thawed() || strings.HasPrefix(p.Group, "heads.") {
			continue
		}
		at := len(all)
		all = slices.Grow(all, p.Size())[:at+p.Size()]
		if err := t.ops.Read(all[at:], p.Grad); err != nil {
			return nil, err
		}
	}
	if all == nil {
		return nil, ErrNoGradient
	}
	return all, nil
}
