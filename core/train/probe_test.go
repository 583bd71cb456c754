package train

import (
	"context"
	"strings"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
)

// TestProbe: heads are fitted at once, the encoder keeps its bits, the loss is that of the fit, and a second run is the same.
func TestProbe(t *testing.T) {
	tr, m := toyTrainer(t, kernel.Serial(), toySettings("probe"), head.Mean)
	before := values(t, m)
	var evals []EvalEvent
	probes := map[string]ProbeEvent{}
	for _, e := range run(t, tr) {
		switch e := e.(type) {
		case EvalEvent:
			evals = append(evals, e)
		case ProbeEvent:
			probes[e.Task] = e
		case StepEvent:
			t.Errorf("a step was taken: %+v", e)
		case FrozenEvent:
			if !e.Equal || e.Tensors != 55 {
				t.Errorf("proof: equal %v over %d tensors", e.Equal, e.Tensors)
			}
		}
	}
	if len(probes) != 2 || !probes["topic"].Converged || probes["topic"].N != 77 {
		t.Errorf("probes: %+v", probes)
	}
	if len(evals) != 2 || evals[1].Step != 1 || evals[1].Tasks["topic"].Accuracy < evals[0].Tasks["topic"].Accuracy+0.3 {
		t.Errorf("evaluations: %+v", evals)
	}
	after := values(t, m)
	for name := range before {
		if p, _ := m.Params.Lookup(name); strings.HasPrefix(p.Group, "heads.") {
			delete(before, name)
		}
	}
	sameBits(t, "the encoder", before, after)
	for _, n := range []int{1, 2} {
		again, m2 := toyTrainer(t, kernel.Goroutines(n), toySettings("probe"), head.Mean)
		run(t, again)
		sameBits(t, "a second run", after, values(t, m2))
	}
}

// TestProbeStops: a fit that is stopped leaves the heads as they were.
func TestProbeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	device := cpu.New(kernel.Serial(), cpu.Tick(func() error { return ctx.Err() }))
	m := tinyModel(t, device)
	if err := m.SetHeads(head.Mean, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	tr, err := New(m, toySettings("probe"), Data{Train: toy(96, 1)})
	if err != nil {
		t.Fatal(err)
	}
	before := values(t, m)
	err = tr.Run(ctx, func(e Event) {
		if _, ok := e.(ProbeEvent); ok {
			cancel() // between the two tasks
		}
	})
	if err != nil || tr.Steps() != 0 {
		t.Fatalf("error %v at step %d", err, tr.Steps())
	}
	sameBits(t, "after the stop", before, values(t, m))
}

func TestProbeWantsMeanHeads(t *testing.T) {
	m := tinyModel(t, cpu.New(kernel.Serial()))
	if err := m.SetHeads(head.HF, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := New(m, toySettings("probe"), toyData()); err == nil || !strings.Contains(err.Error(), "mean-pooled") {
		t.Errorf("error %v", err)
	}
}
