package train

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
)

// TestSchedules compares gradual thawing, and freezing and thawing again, with PyTorch (weights/golden/schedule_random.py).
func TestSchedules(t *testing.T) {
	tensors := check.Golden(t, filepath.Join("testdata", "bert-mean", "steps.safetensors"))
	for text, want := range logs(t, filepath.Join("bert-mean", "schedules.json")) {
		t.Run(text, func(t *testing.T) {
			m := goldenModel(t, cpu.New(kernel.Serial()), head.Mean, tensors)
			s := goldenSettings(text)
			s.Steps, s.Epochs = 0, 4
			tr := start(t, m, s, goldenExamples(tensors, m.Heads.Tasks)[:24])
			defer tr.Close()
			step := 0
			err := tr.Run(context.Background(), func(e Event) {
				if e, ok := e.(StepEvent); ok {
					near(t, step, "loss", e.Loss, want.Loss[step], lossTol)
					near(t, step, "norm", e.GradNorm, want.GradNorm[step], lossTol*max(1, want.GradNorm[step]))
					step++
				}
			})
			if err != nil || step != len(want.Loss) {
				t.Fatalf("error %v after %d steps, want %d", err, step, len(want.Loss))
			}
		})
	}
}

const gradual = "backbone; 1:layers:2; 2:none; 3:head:topic"

// TestScheduleResumes: a run with a schedule goes on from any step to the same bits, moments of frozen tensors included.
func TestScheduleResumes(t *testing.T) {
	s := toySettings(gradual)
	tr, m := toyTrainer(t, kernel.Serial(), s, head.HF)
	run(t, tr)
	want := values(t, m)
	for _, at := range []int{3, 6, 7, 12, 18, 20} {
		tr, _ := toyTrainer(t, kernel.Serial(), s, head.HF)
		file := stopAt(t, tr, at)
		m2 := tinyModel(t, cpu.New(kernel.Serial()))
		tr2, err := Resume(m2, bytes.NewReader(file), toyData())
		if err != nil {
			t.Fatal(err)
		}
		run(t, tr2)
		sameBits(t, fmt.Sprintf("resumed at %d", at), want, values(t, m2))
	}
}

// stopAt runs to a step and returns the checkpoint.
func stopAt(t *testing.T, tr *Trainer, at int) []byte {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := tr.Run(ctx, func(e Event) {
		if e, ok := e.(StepEvent); ok && e.Step == at {
			cancel()
		}
	})
	if err != nil || tr.Steps() != at {
		t.Fatalf("stopped at step %d with %v, want %d", tr.Steps(), err, at)
	}
	var file bytes.Buffer
	if err := tr.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestSetFreeze: by hand, between two steps, is the same as by schedule; the plan, the cache and the proof follow.
func TestSetFreeze(t *testing.T) {
	s := toySettings("backbone; 2:layers:2")
	tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
	run(t, tr)
	want := values(t, m)

	s.Freeze = "backbone"
	byHand, m2 := toyTrainer(t, kernel.Serial(), s, head.Mean)
	file := stopAt(t, byHand, 12) // two epochs of six steps
	plan, err := byHand.SetFreeze("layers:2")
	if err != nil || plan.Freeze != "layers:2" || plan.CacheStage != 3 {
		t.Fatalf("plan %+v, error %v", plan, err)
	}
	events := run(t, byHand)
	sameBits(t, "by hand", want, values(t, m2))
	if proof := events[slices.IndexFunc(events, isProof)].(FrozenEvent); !proof.Equal || proof.Tensors == 0 {
		t.Errorf("proof: %+v", proof)
	}

	// The checkpoint was written under the old policy and goes on under it.
	m3 := tinyModel(t, cpu.New(kernel.Serial()))
	old, err := Resume(m3, bytes.NewReader(file), toyData())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.SetFreeze("layers:2"); err != nil {
		t.Fatal(err)
	}
	run(t, old)
	sameBits(t, "by hand after a resume", want, values(t, m3))
}

func isProof(e Event) bool {
	_, ok := e.(FrozenEvent)
	return ok
}

// TestProofOfParts: tensors that were frozen for a part of a run are proved for that part.
func TestProofOfParts(t *testing.T) {
	tr, m := toyTrainer(t, kernel.Serial(), toySettings(gradual), head.HF)
	events := run(t, tr)
	proof := events[slices.IndexFunc(events, isProof)].(FrozenEvent)
	if !proof.Equal || len(proof.List) != proof.Tensors {
		t.Errorf("proof: equal %v, %d tensors, %d in the list", proof.Equal, proof.Tensors, len(proof.List))
	}
	seen := map[string]int{}
	for _, f := range proof.List {
		seen[f.Name]++
	}
	for _, p := range m.Params.Params() {
		if p.Group == "layer.0" && seen[p.Name] == 0 {
			t.Errorf("%s was frozen for two epochs and is not in the proof", p.Name)
		}
	}
}

func TestSetFreezeRefuses(t *testing.T) {
	tr, m := toyTrainer(t, kernel.Serial(), toySettings("none"), head.Mean)
	before := values(t, m)
	for _, bad := range []string{"layers:9", "head:none", "none; 0:all", "probe", ""} {
		if _, err := tr.SetFreeze(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if tr.Settings().Freeze != "none" {
		t.Errorf("the policy is now %q", tr.Settings().Freeze)
	}
	sameBits(t, "after refusals", before, values(t, m))
}
