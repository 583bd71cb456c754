package train

import (
	"context"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/model"
)

// epochTol is how far a whole epoch on the real MiniLM may be from PyTorch's losses.
const epochTol = 1e-3

// miniLM is the real model with heads for the recorded tasks.
func miniLM(t testing.TB, records []data.Record) *model.Model {
	t.Helper()
	m, err := model.Open(cpu.New(kernel.Goroutines(runtime.NumCPU())), os.DirFS(check.MiniLM(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetHeads(head.Mean, data.Tasks(records), 1); err != nil {
		t.Fatal(err)
	}
	return m
}

func epochRecords(t testing.TB) []data.Record {
	t.Helper()
	records, err := data.ReadFile("testdata/minilm/epoch.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func epochSettings(policy string) Settings {
	s := Defaults(6)
	s.Freeze, s.Epochs, s.Dropout, s.Shuffle = policy, 1, 0, false
	return s
}

// TestMiniLMEpoch runs one epoch from texts to losses for three policies (weights/golden/minilm.py).
func TestMiniLMEpoch(t *testing.T) {
	if testing.Short() {
		t.Skip("trains the real MiniLM for three epochs")
	}
	records := epochRecords(t)
	for policy, want := range logs(t, "minilm/epoch.json") {
		t.Run(policy, func(t *testing.T) {
			m := miniLM(t, records)
			setHeads(t, m, check.Golden(t, "testdata/minilm/heads.safetensors"))
			tr, err := New(m, epochSettings(policy), Data{Train: records})
			if err != nil {
				t.Fatal(err)
			}
			begin, step := time.Now(), 0
			err = tr.Run(context.Background(), func(e Event) {
				switch e := e.(type) {
				case StepEvent:
					near(t, step, "loss", e.Loss, want.Loss[step], epochTol)
					near(t, step, "topic", e.Losses["topic"], want.Topic[step], epochTol)
					near(t, step, "sentiment", e.Losses["sentiment"], want.Sentiment[step], epochTol)
					step++
				case FrozenEvent:
					if !e.Equal {
						t.Error("a frozen tensor changed")
					}
				}
			})
			if err != nil || step != len(want.Loss) {
				t.Fatalf("error %v after %d steps, want %d", err, step, len(want.Loss))
			}
			t.Logf("%s: %d steps in %v", policy, step, time.Since(begin))
		})
	}
}

// TestMiniLMGradients compares norms, greatest entries and 64 entries of each tensor's gradient.
func TestMiniLMGradients(t *testing.T) {
	records := epochRecords(t)
	g := check.Golden(t, "testdata/minilm/gradients.safetensors")
	m := miniLM(t, records)
	setHeads(t, m, g)
	tr := start(t, m, epochSettings("none"), goldenExamples(g, m.Heads.Tasks))
	if err := tr.firstGradients(); err != nil {
		t.Fatal(err)
	}
	all := 0.0
	for name, w := range g {
		if strings.HasPrefix(name, "max.") {
			all = max(all, float64(w.F32[0]))
		}
	}
	seen := 0
	for _, p := range m.Params.Params() {
		if !p.Thawed() {
			continue
		}
		got := make([]float32, p.Size())
		if err := m.Params.Ops().Read(got, p.Grad); err != nil {
			t.Fatal(err)
		}
		tol := gradTol * max(float64(g["max."+p.Name].F32[0]), gradFloor*all)
		if strings.HasSuffix(p.Name, "key.bias") {
			tol = gradTol * gradFloor * all
		}
		var picked []float32
		for _, i := range g["index."+p.Name].I32 {
			picked = append(picked, got[i])
		}
		check.Close(t, p.Name, picked, g["value."+p.Name].F32, tol)
		if want := float64(g["norm."+p.Name].F32[0]); math.Abs(length(got)-want) > tol*math.Sqrt(float64(len(got))) {
			t.Errorf("%s: norm %g, want %g", p.Name, length(got), want)
		}
		seen++
	}
	if seen != 105 {
		t.Errorf("%d gradients compared, want 105", seen)
	}
}

func length(x []float32) float64 {
	var sum float64
	for _, e := range x {
		sum += float64(e) * float64(e)
	}
	return math.Sqrt(sum)
}

// counting is a device that counts its products.
type counting struct {
	backend.Backend
	products int
}

func (c *counting) MatMul(a backend.MatMul) {
	c.products++
	c.Backend.MatMul(a)
}

// TestMiniLMHeadsOnly: once the features are cached, an epoch of the heads alone runs no layer of the encoder. It prints how
// much quicker than the first epoch, which computes them, that is.
func TestMiniLMHeadsOnly(t *testing.T) {
	records := epochRecords(t)
	device := &counting{Backend: cpu.New(kernel.Goroutines(runtime.NumCPU()))}
	m, err := model.Open(device, os.DirFS(check.MiniLM(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetHeads(head.Mean, data.Tasks(records), 1); err != nil {
		t.Fatal(err)
	}
	s := epochSettings("backbone")
	s.Epochs = 3
	tr, err := New(m, s, Data{Train: records})
	if err != nil {
		t.Fatal(err)
	}
	var took [3]time.Duration
	var products [3]int
	for i := range took {
		begin, before := time.Now(), device.products
		for range s.stepsOfEpoch(len(records)) {
			if err := tr.Step(func(Event) {}); err != nil {
				t.Fatal(err)
			}
		}
		took[i], products[i] = time.Since(begin), device.products-before
	}
	t.Logf("epochs of the heads: %v; the third is %.0f times quicker than the first", took, float64(took[0])/float64(took[2]))
	// Forward and the weight's gradient, for two heads.
	if want := 4 * s.stepsOfEpoch(len(records)); products[1] != want || products[2] != want || products[0] <= want {
		t.Errorf("products an epoch: %v, want %d once the features are cached", products, want)
	}
}

// TestMemoryIsFlat: after the first steps, more steps take no more memory on the tape.
func TestMemoryIsFlat(t *testing.T) {
	s := toySettings("none")
	s.Epochs = 6
	tr, _ := toyTrainer(t, kernel.Serial(), s, head.HF)
	var sizes []int64
	for range tr.schedule.Steps {
		if err := tr.Step(func(Event) {}); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, tr.tape.Bytes())
	}
	if half := sizes[len(sizes)/2]; sizes[len(sizes)-1] != half {
		t.Errorf("the tape grew from %d to %d bytes in the second half of the run", half, sizes[len(sizes)-1])
	}
}
