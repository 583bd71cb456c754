package compare

import (
	"math"
	"slices"
	"testing"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/report"
	"thaw/core/train"
)

func TestPolicies(t *testing.T) {
	one, two := []head.Task{{Name: "a"}}, []head.Task{{Name: "a"}, {Name: "b"}}
	for _, c := range []struct {
		style head.Style
		tasks []head.Task
		want  []string
	}{
		{head.Mean, two, []string{"all", "probe", "backbone", "head:a", "layers:4", "none"}},
		{head.Mean, one, []string{"all", "probe", "backbone", "layers:4", "none"}},
		{head.HF, two, []string{"all", "backbone", "head:a", "layers:4", "none"}},
	} {
		if got := Policies(6, c.style, c.tasks); !slices.Equal(got, c.want) {
			t.Errorf("%s, %d tasks: %v", c.style, len(c.tasks), got)
		}
	}
}

// TestRow makes a row of 20 steps: tenths of two, a task without a label in one of them, and a schedule that thaws more.
func TestRow(t *testing.T) {
	var r record
	r.event(train.PlanEvent{Trainable: 10, Frozen: 90, MemoryBytes: 7})
	r.event(train.PlanEvent{Trainable: 40, Frozen: 60, MemoryBytes: 5})
	r.event(train.PlanEvent{Trainable: 20, Frozen: 80, MemoryBytes: 6})
	eval := func(step int, set string, loss float64) train.EvalEvent {
		return train.EvalEvent{Step: step, Set: set, Tasks: map[string]report.Scores{"b": {N: 3, Loss: loss}, "a": {N: 4, Loss: 2 * loss, Accuracy: loss / 8}}}
	}
	r.event(eval(0, "heldout", 4))
	r.event(eval(0, "natural", 3))
	for i := range 20 {
		losses := map[string]float64{"a": float64(20 - i), "b": 2}
		if i == 0 {
			delete(losses, "b")
		}
		r.event(train.StepEvent{Losses: losses})
	}
	r.event(eval(10, "heldout", 1))
	r.event(eval(20, "heldout", 2))
	r.event(eval(20, "natural", 1))
	r.event(train.DoneEvent{Steps: 20, BestStep: 10})

	row := r.row(train.Settings{}, []head.Task{{Name: "a", Weight: 1}, {Name: "b", Weight: 0.5}})
	if row.Trainable != 40 || row.Parameters != 100 || row.Share != 0.4 || row.MemoryBytes != 7 || row.Control || row.Steps != 20 {
		t.Errorf("row %+v", row)
	}
	if *row.FirstLoss != 19.5+1 || *row.LastLoss != 1.5+1 {
		t.Errorf("losses %v → %v, want 20.5 → 2.5", *row.FirstLoss, *row.LastLoss)
	}
	want := []Score{
		{"heldout", "a", 4, 8, 4, 0.5, 0.25}, {"heldout", "b", 3, 4, 2, 0, 0}, {"natural", "a", 4, 6, 2, 0.375, 0.125}, {"natural", "b", 3, 3, 1, 0, 0},
	}
	if !slices.Equal(row.Scores, want) {
		t.Errorf("scores %v, want %v", row.Scores, want)
	}
	if early := r.row(train.Settings{Patience: 2}, nil); early.Scores[0].LossAfter != 2 {
		t.Errorf("with patience the scores are those of the best weights: %v", early.Scores[0])
	}
}

// TestWider gives a step of both tasks as many sentences of B as one of B alone, and as many steps.
func TestWider(t *testing.T) {
	var records []data.Record
	for i := range 90 {
		task := "a"
		if i%3 == 0 {
			task = "b"
		}
		records = append(records, data.Record{Labels: map[string]string{task: "x"}})
	}
	x := Transfer{B: head.Task{Name: "b"}, Data: train.Data{Train: records}, Settings: train.Settings{Epochs: 2, Batch: 8, Accumulate: 1}}
	if s := x.wider(90); s.Batch != 24 || s.Steps != 8 {
		t.Errorf("batch %d, %d steps; want 24 and 8", s.Batch, s.Steps)
	}
	x.Settings.Steps = 5
	if s := x.wider(90); s.Batch != 24 || s.Steps != 5 {
		t.Errorf("with 5 steps asked for: batch %d, %d steps", s.Batch, s.Steps)
	}
}

func TestOnly(t *testing.T) {
	records := []data.Record{{Text: "1", Labels: map[string]string{"a": "x", "b": "y"}}, {Text: "2", Labels: map[string]string{"a": "x"}}, {Text: "3"}}
	got := only(records, "b")
	if len(got) != 1 || got[0].Text != "1" || len(got[0].Labels) != 1 || len(records[0].Labels) != 2 {
		t.Errorf("%v", got)
	}
	if both := only(records, "a", "b"); len(both) != 2 || len(both[0].Labels) != 2 {
		t.Errorf("%v", both)
	}
}

func TestSummary(t *testing.T) {
	if s := summary([]float64{1, 2, 6}); s.Mean != 3 || math.Abs(s.Spread-math.Sqrt(7)) > 1e-12 {
		t.Errorf("of 1, 2, 6: %+v", s)
	}
	if s := summary([]float64{5}); s.Mean != 5 || s.Spread != 0 {
		t.Errorf("of one value: %+v", s)
	}
}
