package compare

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// Transfer asks whether task B gains from task A: B learnt alone, B on the encoder that has learnt A, and both together.
//
// What makes it fair: B's sentences, their number of passes, the optimizer steps in which B is learnt, its learning rates,
// its head's first weights and its held-out sentences are those of B alone in every run. Both together take batches
// that are larger by as much as there are more sentences, so a step has as many of B as alone, on average. A then B takes the
// steps for A on top; then A's head is gone and the schedule of rates begins anew.
type Transfer struct {
	A, B     head.Task
	Head     head.Style
	Settings train.Settings
	Data     train.Data // the first evaluation set is the one to judge by; records may have labels of both tasks
	// Open gives the pretrained encoder, the same weights each time.
	Open func() (*model.Model, error)
	// Watch sees the events of each run, Begin its name, and End what its arm has so far; they may be nil.
	Watch func(train.Event)
	Begin func(run string, seed uint64)
	End   func(arm Arm, seed uint64)
}

// Names of the three runs.
const (
	Alone    = "B alone"
	Then     = "A then B"
	Together = "A and B together"
)

// Arm is one of the three runs, over all seeds. Spread is the standard deviation of a sample, 0 of one seed.
type Arm struct {
	Run        string    `json:"run"`
	Steps      int       `json:"steps"`      // in which B is learnt
	StepsOfA   int       `json:"stepsOfA"`   // before them
	Sentences  int       `json:"sentences"`  // of B to learn from
	HeldOut    int       `json:"heldOut"`    // sentences of B to be judged by
	Losses     []float64 `json:"losses"`     // held-out, of B, a seed
	Accuracies []float64 `json:"accuracies"` // held-out, of B, a seed
	Loss       Summary   `json:"loss"`
	Accuracy   Summary   `json:"accuracy"`
	// Of both together, a seed: the cosine between the tasks' gradients on the encoder; none where no tensor of it trains.
	CosineStart []float64 `json:"cosineStart,omitempty"`
	CosineEnd   []float64 `json:"cosineEnd,omitempty"`
}

// Summary is a mean and how far values lie from it.
type Summary struct {
	Mean   float64 `json:"mean"`
	Spread float64 `json:"spread"`
}

// gradientSentences is of how many sentences a task's gradient is taken.
const gradientSentences = 256

// Run runs the three for each seed; a seed draws order, dropout and heads.
func (x Transfer) Run(ctx context.Context, seeds []uint64) ([]Arm, error) {
	arms := []Arm{{Run: Alone}, {Run: Then}, {Run: Together}}
	for _, seed := range seeds {
		x.Settings.Seed = seed
		for i, run := range []func(context.Context, *model.Model, *Arm) (Row, error){x.alone, x.then, x.together} {
			if x.Begin != nil {
				x.Begin(arms[i].Run, seed)
			}
			if err := x.once(ctx, &arms[i], run); err != nil {
				return nil, err
			}
			arms[i].Loss, arms[i].Accuracy = summary(arms[i].Losses), summary(arms[i].Accuracies)
			if x.End != nil {
				x.End(arms[i], seed)
			}
		}
	}
	return arms, nil
}

// once runs one arm with one seed on a fresh encoder.
func (x Transfer) once(ctx context.Context, arm *Arm, run func(context.Context, *model.Model, *Arm) (Row, error)) error {
	m, err := x.Open()
	if err != nil {
		return err
	}
	defer m.Free()
	row, err := run(ctx, m, arm)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(row.Scores, func(s Score) bool { return s.Task == x.B.Name })
	if at < 0 {
		return fmt.Errorf("compare: no held-out sentence has a label of the task %s", x.B.Name)
	}
	arm.Losses = append(arm.Losses, row.Scores[at].LossAfter)
	arm.Accuracies = append(arm.Accuracies, row.Scores[at].AccuracyAfter)
	arm.Steps, arm.Sentences, arm.HeldOut = row.Steps, len(only(x.Data.Train, x.B.Name)), row.Scores[at].N
	return nil
}

// alone learns B on the pretrained encoder.
func (x Transfer) alone(ctx context.Context, m *model.Model, _ *Arm) (Row, error) {
	return x.learn(ctx, m, x.B)
}

// then learns A, takes its head away and learns B on what has become of the encoder.
func (x Transfer) then(ctx context.Context, m *model.Model, arm *Arm) (Row, error) {
	a, err := x.learn(ctx, m, x.A)
	if err != nil {
		return Row{}, err
	}
	arm.StepsOfA = a.Steps
	return x.learn(ctx, m, x.B)
}

// learn is one run of one task.
func (x Transfer) learn(ctx context.Context, m *model.Model, task head.Task) (Row, error) {
	if err := m.SetHeads(x.Head, []head.Task{task}, x.Settings.Seed); err != nil {
		return Row{}, err
	}
	return Scenario(ctx, m, x.Settings, x.data(task.Name), x.watch)
}

// together learns both and compares their gradients before and after.
func (x Transfer) together(ctx context.Context, m *model.Model, arm *Arm) (Row, error) {
	if err := m.SetHeads(x.Head, []head.Task{x.A, x.B}, x.Settings.Seed); err != nil {
		return Row{}, err
	}
	d := x.data(x.A.Name, x.B.Name)
	t, err := train.New(m, x.wider(len(d.Train)), d)
	if err != nil {
		return Row{}, err
	}
	defer t.Close()
	if arm.CosineStart, err = x.cosine(t, arm.CosineStart); err != nil {
		return Row{}, err
	}
	row, err := follow(ctx, t, m, x.watch)
	if err == nil {
		arm.CosineEnd, err = x.cosine(t, arm.CosineEnd)
	}
	return row, err
}

// wider is the settings for n sentences of both tasks: batches larger by n over those of B, and the steps of B alone.
func (x Transfer) wider(n int) train.Settings {
	s, b := x.Settings, len(only(x.Data.Train, x.B.Name))
	if b == 0 {
		return s
	}
	if s.Steps == 0 {
		step := s.Batch * s.Accumulate
		s.Steps = s.Epochs * ((b + step - 1) / step)
	}
	s.Batch = min(4096, int(math.Round(float64(s.Batch)*float64(n)/float64(b))))
	return s
}

// cosine adds that of the tasks' gradients as they are now, if there is one.
func (x Transfer) cosine(t *train.Trainer, list []float64) ([]float64, error) {
	c, err := t.GradientCosine(x.A.Name, x.B.Name, gradientSentences)
	if errors.Is(err, train.ErrNoGradient) {
		return nil, nil
	}
	return append(list, c), err
}

// data is the records with a label of one of the tasks, and no other labels.
func (x Transfer) data(tasks ...string) train.Data {
	d := train.Data{Train: only(x.Data.Train, tasks...)}
	for _, e := range x.Data.Evals {
		d.Evals = append(d.Evals, train.Set{Name: e.Name, Records: only(e.Records, tasks...)})
	}
	return d
}

func only(records []data.Record, tasks ...string) (kept []data.Record) {
	for _, r := range records {
		labels := map[string]string{}
		for _, t := range tasks {
			if l, ok := r.Labels[t]; ok {
				labels[t] = l
			}
		}
		if len(labels) > 0 {
			kept = append(kept, data.Record{Text: r.Text, Labels: labels})
		}
	}
	return kept
}

func (x Transfer) watch(e train.Event) {
	if x.Watch != nil {
		x.Watch(e)
	}
}

// summary is mean and standard deviation of a sample.
func summary(v []float64) Summary {
	s := Summary{Mean: mean(v)}
	for _, e := range v {
		s.Spread += (e - s.Mean) * (e - s.Mean)
	}
	if len(v) > 1 {
		s.Spread = math.Sqrt(s.Spread / float64(len(v)-1))
	} else {
		s.Spread = 0
	}
	return s
}
