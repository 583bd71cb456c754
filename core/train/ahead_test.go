package train

import (
	"bytes"
	"context"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
)

// ahead is a device that does a step as a whole: told to stop during one it says so behind it.
type ahead struct {
	*cpu.CPU
	syncs  int
	cancel func() // called in the Sync of that number
	at     int
}

func (a *ahead) RunsAhead() {}

func (a *ahead) Sync() error {
	if err := a.CPU.Sync(); err != nil {
		return err
	}
	if a.syncs++; a.syncs == a.at {
		a.cancel()
		return context.Canceled
	}
	return nil
}

// TestAheadStops stops a run on such a device in each Sync of its first steps: a step that was taken counts, and none is taken
// twice, so that the rest gives the bits of an undisturbed run.
func TestAheadStops(t *testing.T) {
	s := toySettings("layers:2")
	tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
	run(t, tr)
	want := values(t, m)
	stopped := map[int]bool{}
	for at := 1; !stopped[24]; at++ {
		ctx, cancel := context.WithCancel(context.Background())
		device := &ahead{CPU: cpu.New(kernel.Serial()), cancel: cancel}
		m := tinyModel(t, device)
		if err := m.SetHeads(head.Mean, toyTasks(), s.Seed); err != nil {
			t.Fatal(err)
		}
		device.syncs, device.at = 0, at
		tr, err := New(m, s, toyData())
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(ctx, func(Event) {}); err != nil {
			t.Fatalf("stopped in Sync %d: %v", at, err)
		}
		stopped[tr.Steps()] = true
		var file bytes.Buffer
		if err := tr.Save(&file); err != nil {
			t.Fatal(err)
		}
		m2 := tinyModel(t, cpu.New(kernel.Serial()))
		if tr, err = Resume(m2, &file, toyData()); err != nil {
			t.Fatal(err)
		}
		run(t, tr)
		sameBits(t, "stopped and resumed", want, values(t, m2))
	}
	for step := range 25 {
		if !stopped[step] {
			t.Errorf("no Sync belongs to step %d", step)
		}
	}
}
