// Package compare runs training scenarios that begin alike, so that their figures stand side by side.
package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// ErrStopped says that a run was asked to stop before its end, so that it has no figures.
var ErrStopped = errors.New("compare: stopped")

// ErrFrozenChanged says that a frozen tensor is not what it was, which is a fault of the program.
var ErrFrozenChanged = errors.New("compare: frozen tensors have changed")

// Row is what one scenario gave. A training loss is the weighted sum over the tasks of each one's mean over the steps that
// have a label of it, so that a step without does not pull it down.
type Row struct {
	Policy      string   `json:"policy"`      // canonical
	Control     bool     `json:"control"`     // nothing trains: what the others are measured against
	Recommended bool     `json:"recommended"` // the default policy of this encoder
	Trainable   int      `json:"trainable"`   // parameters, the most at any time of the run
	Parameters  int      `json:"parameters"`  // of encoder and heads
	Share       float64  `json:"share"`       // trainable of all
	Steps       int      `json:"steps"`
	Seconds     float64  `json:"seconds"`     // of the run, evaluations included
	MemoryBytes int64    `json:"memoryBytes"` // of the plan, the most at any time of the run
	FirstLoss   *float64 `json:"firstLoss"`   // mean training loss of the first tenth of the steps; null where there are none
	LastLoss    *float64 `json:"lastLoss"`    // of the last tenth
	Scores      []Score  `json:"scores"`      // of each set, task by task
	Frozen      int      `json:"frozenTensors"`
	SHA256      string   `json:"sha256"` // of the frozen tensors' digests, equal before and after
}

// Score is one task on one evaluation set, before the run and after it.
type Score struct {
	Set            string  `json:"set"`
	Task           string  `json:"task"`
	N              int     `json:"n"`
	LossBefore     float64 `json:"lossBefore"`
	LossAfter      float64 `json:"lossAfter"`
	AccuracyBefore float64 `json:"accuracyBefore"`
	AccuracyAfter  float64 `json:"accuracyAfter"`
}

// Policies are the scenarios to compare where nobody names others: nothing trains, heads fitted at once, heads by steps, one
// task's head frozen, the lower layers frozen as by default, and nothing frozen. The head of a single task is not frozen, and
// probe needs heads on mean-pooled features.
func Policies(layers int, style head.Style, tasks []head.Task) []string {
	list := []string{"all"}
	if style == head.Mean {
		list = append(list, "probe")
	}
	list = append(list, "backbone")
	if len(tasks) > 1 {
		list = append(list, "head:"+tasks[0].Name)
	}
	return append(list, freeze.Default(layers), "none")
}

// Scenario trains a model, which has its heads, to the end of the settings' run. The caller gives each scenario a model with
// the same weights. watch sees the events; the model is left as trained.
func Scenario(ctx context.Context, m *model.Model, s train.Settings, d train.Data, watch func(train.Event)) (Row, error) {
	t, err := train.New(m, s, d)
	if err != nil {
		return Row{}, err
	}
	defer t.Close()
	return follow(ctx, t, m, watch)
}

// follow runs a trainer and makes the row of its events.
func follow(ctx context.Context, t *train.Trainer, m *model.Model, watch func(train.Event)) (Row, error) {
	var r record
	if err := t.Run(ctx, func(e train.Event) {
		r.event(e)
		watch(e)
	}); err != nil {
		return Row{}, err
	}
	if r.done.Stopped {
		return Row{}, ErrStopped
	}
	if !r.frozen.Equal {
		return Row{}, fmt.Errorf("%w under %s", ErrFrozenChanged, m.Card.Freeze)
	}
	row := r.row(t.Settings(), m.Heads.Tasks)
	row.Policy = m.Card.Freeze
	row.Recommended = row.Policy == freeze.Default(m.Encoder.Config.Layers)
	return row, nil
}

// record keeps what a row is made of.
type record struct {
	plan   train.PlanEvent      // the most of each figure
	losses []map[string]float64 // of each step, by task
	evals  []train.EvalEvent
	frozen train.FrozenEvent
	done   train.DoneEvent
}

func (r *record) event(e train.Event) {
	switch e := e.(type) {
	case train.PlanEvent:
		if e.Trainable < r.plan.Trainable {
			e.Trainable, e.Frozen = r.plan.Trainable, r.plan.Frozen
		}
		e.MemoryBytes = max(e.MemoryBytes, r.plan.MemoryBytes)
		r.plan = e
	case train.StepEvent:
		r.losses = append(r.losses, e.Losses)
	case train.EvalEvent:
		r.evals = append(r.evals, e)
	case train.FrozenEvent:
		r.frozen = e
	case train.DoneEvent:
		r.done = e
	}
}

func (r *record) row(s train.Settings, tasks []head.Task) Row {
	all := r.plan.Trainable + r.plan.Frozen
	row := Row{
		Control: r.plan.Trainable == 0, Trainable: r.plan.Trainable, Parameters: all, Share: float64(r.plan.Trainable) / float64(all),
		Steps: r.done.Steps, Seconds: r.done.Seconds, MemoryBytes: r.plan.MemoryBytes,
		Scores: r.scores(s), Frozen: r.frozen.Tensors, SHA256: r.frozen.SHA256,
	}
	if n := len(r.losses); n > 0 {
		tenth := max(1, n/10)
		first, last := trainingLoss(tasks, r.losses[:tenth]), trainingLoss(tasks, r.losses[n-tenth:])
		row.FirstLoss, row.LastLoss = &first, &last
	}
	return row
}

// trainingLoss is that over some steps.
func trainingLoss(tasks []head.Task, steps []map[string]float64) (sum float64) {
	for _, t := range tasks {
		var of []float64
		for _, losses := range steps {
			if l, ok := losses[t.Name]; ok {
				of = append(of, l)
			}
		}
		if len(of) > 0 {
			sum += t.Weight * mean(of)
		}
	}
	return sum
}

// scores pairs the first evaluation of each set with that of the weights that the model has now.
func (r *record) scores(s train.Settings) (list []Score) {
	end := r.done.Steps
	if s.Patience > 0 {
		end = r.done.BestStep
	}
	for _, a := range r.evals {
		at := slices.IndexFunc(r.evals, func(e train.EvalEvent) bool { return e.Set == a.Set && e.Step == end })
		if a.Step > 0 || at < 0 {
			continue
		}
		list = append(list, pairs(a, r.evals[at])...)
	}
	return list
}

// pairs is the tasks of one set, in the order of their names.
func pairs(before, after train.EvalEvent) (list []Score) {
	for task, x := range before.Tasks {
		y := after.Tasks[task]
		list = append(list, Score{
			Set: before.Set, Task: task, N: x.N, LossBefore: x.Loss, LossAfter: y.Loss, AccuracyBefore: x.Accuracy, AccuracyAfter: y.Accuracy,
		})
	}
	slices.SortFunc(list, func(a, b Score) int {
		if a.Task < b.Task {
			return -1
		}
		return 1
	})
	return list
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, e := range v {
		sum += e
	}
	return sum / float64(len(v))
}
