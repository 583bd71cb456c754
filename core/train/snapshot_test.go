package train

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
)

// TestSnapshot takes snapshots in the middle of runs and loses the device behind the last: the run that is rebuilt from it, twice for one
// may be lost again, ends with the bits of the one that was not disturbed, and proves the same tensors.
func TestSnapshot(t *testing.T) {
	overfit := overfits("backbone; 2:layers:2; 4:none")
	for _, s := range []Settings{toySettings("none"), toySettings("layers:2"), toySettings("none; 1:layers:2"), overfit} {
		tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
		var snap *Snapshot
		var whole []Event
		shared := 0
		err := tr.Run(context.Background(), func(e Event) {
			whole = append(whole, e)
			step, ok := e.(StepEvent)
			if !ok || step.Step > 17 || step.Step%4 != 1 {
				return
			}
			next, err := tr.Snapshot(snap)
			if err != nil {
				t.Fatal(err)
			}
			shared = sharedWith(next, snap)
			snap = next
		})
		if err != nil {
			t.Fatal(err)
		}
		if frozen := len(snap.before); snap.Step() != 17 || shared > frozen || s.Freeze == "layers:2" && shared != frozen {
			t.Errorf("%s: the snapshot of step %d shares %d tensors with the one before, %d are frozen", s.Freeze, snap.Step(), shared, frozen)
		}
		want := values(t, m)
		for range 2 {
			m2, tr2, err := tr.Rebuild(cpu.New(kernel.Serial()), snap)
			if err != nil {
				t.Fatal(err)
			}
			rest := run(t, tr2)
			sameBits(t, fmt.Sprintf("%s, rebuilt", s.Freeze), want, values(t, m2))
			sameSteps(t, whole, rest, 17)
			if a, b := proofOf(whole), proofOf(rest); !reflect.DeepEqual(a, b) {
				t.Errorf("%s: the proof is %+v, undisturbed %+v", s.Freeze, b, a)
			}
		}
	}
}

// sharedWith is how many tensors two snapshots share.
func sharedWith(s, last *Snapshot) (n int) {
	if last == nil {
		return 0
	}
	for name, v := range s.tensors {
		if old, ok := last.tensors[name]; ok && &old.F32[0] == &v.F32[0] {
			n++
		}
	}
	return n
}

func proofOf(events []Event) (proof FrozenEvent) {
	for _, e := range events {
		if e, ok := e.(FrozenEvent); ok {
			proof = e
		}
	}
	return proof
}

// TestRebuildProbe: a snapshot of a probe that has not been fitted yet fits it.
func TestRebuildProbe(t *testing.T) {
	tr, m := toyTrainer(t, kernel.Serial(), toySettings("probe"), head.Mean)
	snap, err := tr.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	var m2 *model.Model
	if m2, tr, err = tr.Rebuild(cpu.New(kernel.Serial()), snap); err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	sameBits(t, "the probe", values(t, m), values(t, m2))
}
