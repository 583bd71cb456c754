package train

import (
	"time"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/probe"
	"thaw/core/tensor"
)

// fit puts a linear classifier on the frozen encoder's features for each task, by L-BFGS instead of steps, and stores it as
// the task's head. Nothing changes until every task has its fit.
func (t *Trainer) fit(emit func(Event)) error {
	x, err := t.features()
	if err != nil {
		return err
	}
	var fits []*probe.Classifier
	for i, task := range t.model.Heads.Tasks {
		begin := time.Now()
		c, err := probe.Fit(x, t.labels(i), len(task.Labels), probe.Options{Tick: t.breathe})
		if err != nil {
			return err
		}
		fits = append(fits, c)
		emit(ProbeEvent{
			Event: "probe", Task: task.Name, N: c.N, Iterations: c.Iterations, Converged: c.Converged, Loss: c.Loss,
			MS: time.Since(begin).Seconds() * 1e3,
		})
	}
	for i, task := range t.model.Heads.Tasks {
		for name, v := range map[string]*tensor.Tensor{".weight": fits[i].W, ".bias": fits[i].B} {
			p, _ := t.model.Params.Lookup(head.Group(task.Name) + name)
			t.ops.Write(p.Value, v.Data)
		}
	}
	t.done++
	return t.ops.Sync()
}

// features are the pooled rows [n, H] of all training examples, through the cache.
func (t *Trainer) features() (*tensor.Tensor, error) {
	n, h := len(t.train.examples), t.model.Encoder.Config.Hidden
	x := tensor.New(n, h)
	for _, run := range data.Cut(t.train.examples, data.Order(n, 0, false, 0), t.settings.BatchTokens) {
		err := t.again(func() error {
			t.tape.Reset()
			t.tape.Training = false
			v := t.train.cache.fetch(t, t.train, data.Pack(t.train.examples, run))
			return t.ops.Read(x.Data[run[0]*h:(run[0]+len(run))*h], v.Value())
		})
		if err != nil {
			return nil, err
		}
	}
	return x, nil
}

// labels are one task's of all training examples.
func (t *Trainer) labels(task int) []int32 {
	out := make([]int32, len(t.train.examples))
	for i, e := range t.train.examples {
		out[i] = e.Labels[task]
	}
	return out
}

// breathe lets the device's hook run between two passes of a fit, or two pieces of a proof.
func (t *Trainer) breathe(int, float64) error {
	return t.again(func() error {
		t.ops.Fill(t.sums, 0)
		return t.ops.Sync()
	})
}
