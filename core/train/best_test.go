package train

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
)

// overfits is settings under which the held-out loss soon rises: few examples, high rates, many epochs.
func overfits(policy string) Settings {
	s := toySettings(policy)
	s.Epochs, s.Patience, s.LR, s.HeadLR, s.Dropout = 30, 2, 1e-2, 5e-2, 0
	return s
}

// heldoutLosses are the weighted losses of the evaluations after the first, by step, and the end.
func heldoutLosses(events []Event) (steps []int, losses []float64, done DoneEvent) {
	for _, e := range events {
		switch e := e.(type) {
		case EvalEvent:
			if e.Step > 0 {
				steps = append(steps, e.Step)
				losses = append(losses, e.Tasks["topic"].Loss+e.Tasks["mood"].Loss)
			}
		case DoneEvent:
			done = e
		}
	}
	return steps, losses, done
}

// TestEarlyStopping: the run ends after two evaluations that are no better, and the model has the best weights.
func TestEarlyStopping(t *testing.T) {
	for _, policy := range []string{"none", "layers:2", "backbone; 2:layers:2; 4:none"} {
		tr, m := toyTrainer(t, kernel.Serial(), overfits(policy), head.Mean)
		steps, losses, done := heldoutLosses(run(t, tr))
		low := slices.Index(losses, slices.Min(losses))
		if !done.Early || done.BestStep != steps[low] || low != len(losses)-3 {
			t.Errorf("%s: best step %d, losses %v, %+v", policy, steps[low], losses, done)
		}
		scores, err := m.Evaluate(toyData().Evals[0].Records, 40)
		if err != nil {
			t.Fatal(err)
		}
		near(t, done.BestStep, policy, scores["topic"].Loss+scores["mood"].Loss, losses[low], 1e-6)
	}
}

// TestEarlyStoppingResumes: what is known of the best evaluation is in the checkpoint, its weights too.
func TestEarlyStoppingResumes(t *testing.T) {
	s := overfits("backbone; 2:layers:2")
	tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
	_, _, done := heldoutLosses(run(t, tr))
	want := values(t, m)
	for _, at := range []int{5, 12, 13, done.BestStep, done.BestStep + 7, done.Steps} {
		tr, _ := toyTrainer(t, kernel.Serial(), s, head.Mean)
		m2 := tinyModel(t, cpu.New(kernel.Serial()))
		tr2, err := Resume(m2, bytes.NewReader(stopAt(t, tr, at)), toyData())
		if err != nil {
			t.Fatal(err)
		}
		_, _, again := heldoutLosses(run(t, tr2))
		sameBits(t, fmt.Sprintf("resumed at %d", at), want, values(t, m2))
		if again.BestStep != done.BestStep || again.Steps != done.Steps {
			t.Errorf("resumed at %d: %+v, uninterrupted %+v", at, again, done)
		}
	}
}

func TestPatienceWantsEvaluations(t *testing.T) {
	m := tinyModel(t, cpu.New(kernel.Serial()))
	if err := m.SetHeads(head.Mean, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := New(m, overfits("none"), Data{Train: toy(96, 1)}); err == nil || !strings.Contains(err.Error(), "patience") {
		t.Errorf("error %v", err)
	}
}

// TestAccumulate: two batches that make one step are a batch of twice the size, bit for bit.
func TestAccumulate(t *testing.T) {
	s := toySettings("none")
	s.Batch = 16
	tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
	run(t, tr)
	s.Batch, s.Accumulate = 8, 2
	tr2, m2 := toyTrainer(t, kernel.Serial(), s, head.Mean)
	run(t, tr2)
	sameBits(t, "accumulated", values(t, m), values(t, m2))
}
