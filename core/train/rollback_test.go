package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
)

// poisoned is a trainer whose gradients are no numbers in some steps, counted from 0. The hook that the device calls after each
// operation puts one there, so it is there when the norm is taken.
type poisoned struct {
	tr    *Trainer
	steps map[int]bool
}

func (x *poisoned) tick() error {
	if x.tr == nil || !x.steps[x.tr.done] {
		return nil
	}
	for _, p := range x.tr.model.Params.Params() {
		if p.Thawed() {
			x.tr.ops.(backend.Host).Elements(p.Grad, true)[0] = float32(math.NaN())
			break
		}
	}
	return nil
}

// newPoisoned makes the trainer of a run, or of one that goes on from a checkpoint.
func newPoisoned(t *testing.T, s Settings, from []byte, steps ...int) (*Trainer, *model.Model) {
	t.Helper()
	x := &poisoned{steps: map[int]bool{}}
	for _, step := range steps {
		x.steps[step] = true
	}
	m := tinyModel(t, cpu.New(kernel.Serial(), cpu.Tick(x.tick)))
	var err error
	if from != nil {
		x.tr, err = Resume(m, bytes.NewReader(from), toyData())
	} else if err = m.SetHeads(head.Mean, toyTasks(), s.Seed); err == nil {
		x.tr, err = New(m, s, toyData())
	}
	if err != nil {
		t.Fatal(err)
	}
	return x.tr, m
}

// rollbacks are the events of that kind, and the steps that were taken.
func rollbacks(events []Event) (back []RollbackEvent, taken []int) {
	for _, e := range events {
		switch e := e.(type) {
		case RollbackEvent:
			back = append(back, e)
		case StepEvent:
			taken = append(taken, e.Step)
		}
	}
	return back, taken
}

// TestRollback: three bad steps in a row bring back the weights of the evaluation before them with half the rate; two do not.
// Learning goes on, and the frozen tensors are as they were.
func TestRollback(t *testing.T) {
	for _, policy := range []string{"none", "layers:2", "backbone"} {
		s := toySettings(policy) // 4 epochs of 6 steps
		tr, m := newPoisoned(t, s, nil, 1, 2, 8, 9, 10)
		held := map[int]map[string][]uint32{}
		var events []Event
		err := tr.Run(context.Background(), func(e Event) {
			events = append(events, e)
			switch e := e.(type) {
			case EvalEvent:
				held[e.Step] = values(t, m)
			case RollbackEvent:
				sameBits(t, policy+", at the rollback", held[6], values(t, m))
				if n, _ := tr.optim.Counts(); n != 0 || tr.optim.Bytes() == 0 {
					t.Errorf("%s: the optimizer has taken %d steps", policy, n)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		back, taken := rollbacks(events)
		if len(back) != 1 || back[0] != (RollbackEvent{"rollback", 11, 6, 0.5}) {
			t.Errorf("%s: rollbacks %v", policy, back)
		}
		if len(taken) != 19 || slices.Contains(taken, 11) || !slices.Contains(taken, 12) {
			t.Errorf("%s: the steps taken are %v", policy, taken)
		}
		for _, e := range events {
			switch e := e.(type) {
			case StepEvent:
				if want := s.schedule(24).Factor(e.Step-1) * s.LR; e.Step > 11 && e.LR != want/2 || e.Step <= 11 && e.LR != want {
					t.Errorf("%s: rate %g at step %d, asked for %g", policy, e.LR, e.Step, want)
				}
			case FrozenEvent:
				if !e.Equal {
					t.Errorf("%s: a frozen tensor has changed", policy)
				}
			}
		}
		_, losses, _ := heldoutLosses(events)
		if losses[3] >= losses[0] {
			t.Errorf("%s: held-out losses %v", policy, losses)
		}
	}
}

// TestRollbackResumes: a run that is saved before, between and after bad steps and then goes on repeats what the whole run did.
func TestRollbackResumes(t *testing.T) {
	bad := []int{8, 9, 10, 14, 15, 16}
	for _, policy := range []string{"none", "backbone; 1:layers:2; 2:layers:1"} {
		s := toySettings(policy)
		tr, m := newPoisoned(t, s, nil, bad...)
		whole := run(t, tr)
		back, _ := rollbacks(whole)
		if len(back) != 2 || back[1].Rate != 0.25 || back[1].To != 12 {
			t.Fatalf("%s: rollbacks %v", policy, back)
		}
		want := values(t, m)
		for _, at := range []int{3, 7, 9, 10, 11, 12, 13, 16, 17, 20} {
			tr, _ := newPoisoned(t, s, nil, bad...)
			tr2, m2 := newPoisoned(t, s, stopAfterStep(t, tr, at), bad...)
			events := run(t, tr2)
			sameBits(t, fmt.Sprintf("%s, resumed at %d", policy, at), want, values(t, m2))
			sameSteps(t, whole, events, at)
		}
	}
}

// stopAfterStep runs until a step, taken or skipped, and returns the checkpoint.
func stopAfterStep(t *testing.T, tr *Trainer, at int) []byte {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := tr.Run(ctx, func(Event) {
		if tr.done >= at {
			cancel()
		}
	})
	var file bytes.Buffer
	if err != nil || tr.Steps() != at {
		t.Fatalf("stopped at step %d with %v, want %d", tr.Steps(), err, at)
	}
	if err := tr.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestNonFinite: a model that cannot give a finite gradient ends the run with a sentence, after some tries with smaller rates;
// nothing becomes NaN, and every event can be written as JSON.
func TestNonFinite(t *testing.T) {
	broken := func(m *model.Model) {
		p, _ := m.Params.Lookup("heads.topic.weight")
		w := make([]float32, p.Size())
		w[0] = float32(math.Inf(1))
		m.Params.Ops().Write(p.Value, w)
	}
	for name, c := range map[string]struct {
		lr     float64
		before func(*model.Model)
	}{"a broken head": {3e-3, broken}, "an absurd rate": {1e30, func(*model.Model) {}}} {
		s := toySettings("none")
		s.LR, s.HeadLR, s.Epochs = c.lr, c.lr, 8
		tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
		c.before(m)
		skipped, back := 0, 0
		err := tr.Run(context.Background(), func(e Event) {
			switch e.(type) {
			case SkippedEvent:
				skipped++
			case RollbackEvent:
				back++
			}
			if _, err := json.Marshal(e); err != nil {
				t.Errorf("%s: %+v: %v", name, e, err)
			}
		})
		if err == nil || !strings.Contains(err.Error(), "try a smaller lr") || back != maxHalved || skipped < maxBad*(maxHalved+1) {
			t.Fatalf("%s: error %v after %d skipped steps and %d rollbacks", name, err, skipped, back)
		}
		for name, v := range values(t, m) {
			for _, e := range v {
				if f := math.Float32frombits(e); f != f {
					t.Fatalf("%s holds NaN", name)
				}
			}
		}
	}
}

// TestStopDuringRollback stops at the steps around one: the run stands at a whole state and goes on as if nothing had been.
func TestStopDuringRollback(t *testing.T) {
	s := toySettings("layers:2")
	tr, m := newPoisoned(t, s, nil, 6, 7, 8)
	run(t, tr)
	want := values(t, m)
	for _, at := range []int{6, 7, 8, 9} {
		tr, m := newPoisoned(t, s, nil, 6, 7, 8)
		ctx, cancel := context.WithCancel(context.Background())
		if err := tr.Run(ctx, func(Event) {
			if tr.done >= at {
				cancel()
			}
		}); err != nil {
			t.Fatal(err)
		}
		cancel()
		run(t, tr)
		sameBits(t, fmt.Sprintf("stopped at %d", at), want, values(t, m))
	}
}
