package train

import (
	"context"
	"errors"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
)

// frail is a pool that loses a thread in its n-th task: of its parts only the first is done, twice.
type frail struct {
	kernel.Pool
	n, at int
}

func (f *frail) Run(t *kernel.Task) error {
	f.n++
	if f.n != f.at {
		return f.Pool.Run(t)
	}
	if t.Parts > 0 {
		kernel.Run(t, 0)
		kernel.Run(t, 0)
	}
	return errors.New("lost")
}

func (f *frail) Alone(t *kernel.Task) { f.Pool.Run(t) }

// TestDisturbed loses a thread in tasks all over a run: evaluations, steps that fill the cache of frozen stages, gradients
// and norms. The model ends with the bits of an undisturbed run, and so do the events, but for their times.
func TestDisturbed(t *testing.T) {
	for _, policy := range []string{"none", "layers:1", "backbone", "probe"} {
		s := toySettings(policy)
		s.Steps = 3
		whole, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
		run(t, whole)
		want := values(t, m)
		pool := &frail{Pool: kernel.Serial()}
		tr, _ := toyTrainer(t, pool, s, head.Mean)
		pool.n = 0 // what it takes to make a model is not of a run
		run(t, tr)
		for at := 1; at < pool.n; at += 1 + pool.n/29 {
			frail := &frail{Pool: kernel.Serial()}
			tr, m := toyTrainer(t, frail, s, head.Mean)
			frail.n, frail.at = 0, at
			if err := tr.Run(context.Background(), func(Event) {}); err != nil {
				t.Fatalf("%s: task %d of %d was disturbed: %v", policy, at, pool.n, err)
			}
			sameBits(t, policy, want, values(t, m))
			if t.Failed() {
				t.Fatalf("%s: after task %d of %d", policy, at, pool.n)
			}
		}
	}
}

// TestStoppedInAStep stops a run between two operations, again and again, and goes on with it. What a stopped step has not
// computed is not taken for stored, and its update is not counted.
func TestStoppedInAStep(t *testing.T) {
	for _, policy := range []string{"none", "layers:1", "backbone"} {
		s := toySettings(policy)
		s.Steps = 3
		whole, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
		run(t, whole)
		want := values(t, m)
		ticks, at := 0, 40
		var cancel context.CancelFunc
		ctx := context.Background()
		tick := func() error {
			if ticks++; ticks == at {
				cancel()
			}
			return ctx.Err()
		}
		tr, m := tickingTrainer(t, tick, s)
		stops := 0
		for stopped := true; stopped; {
			ctx, cancel = context.WithCancel(context.Background())
			ticks, at = 0, at+25
			err := tr.Run(ctx, func(e Event) {
				if d, ok := e.(DoneEvent); ok {
					stopped = d.Stopped
				}
			})
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			stops++
		}
		if stops < 3 {
			t.Errorf("%s: stopped %d times, and that proves little", policy, stops-1)
		}
		sameBits(t, policy, want, values(t, m))
	}
}

func tickingTrainer(t *testing.T, tick func() error, s Settings) (*Trainer, *model.Model) {
	t.Helper()
	working := false
	m := tinyModel(t, cpu.New(kernel.Serial(), cpu.Tick(func() error {
		if !working {
			return nil
		}
		return tick()
	})))
	if err := m.SetHeads(head.Mean, toyTasks(), s.Seed); err != nil {
		t.Fatal(err)
	}
	tr, err := New(m, s, toyData())
	if err != nil {
		t.Fatal(err)
	}
	working = true
	return tr, m
}
