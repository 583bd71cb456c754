package webgpu_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/train"
)

const (
	steps = 50
	// Losses drift as roundings add up; the design allows 1e-3 over fifty steps.
	lossTol = 1e-3
)

// run is what fifty steps of the random BERT say.
type run struct {
	losses []float64
	frozen train.FrozenEvent
}

// vocabulary is special tokens and letters.
func vocabulary() string {
	v := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
	for c := 'a'; c <= 'z'; c++ {
		v += string(c) + "\n##" + string(c) + "\n"
	}
	return v
}

// tiny is a random encoder of core/encoder's tests with two heads.
func tiny(t testing.TB, ops backend.Backend, family string, style head.Style) *model.Model {
	t.Helper()
	fsys := fstest.MapFS{"vocab.txt": {Data: []byte(vocabulary())}}
	for _, name := range []string{"config.json", "model.safetensors"} {
		file, err := os.ReadFile(filepath.Join("../../core/encoder/testdata", family, name))
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: file}
	}
	m, err := model.Open(ops, fsys)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetHeads(style, []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"t0", "t1", "t2", "t3"}, Weight: 1},
		{Name: "mood", Kind: head.SingleLabel, Labels: []string{"m0", "m1"}, Weight: 0.5},
	}, 1); err != nil {
		t.Fatal(err)
	}
	return m
}

// records have labels that single letters tell, some missing, and lengths from 1 to the maximum.
func records(n int) []data.Record {
	out := make([]data.Record, n)
	for k := range out {
		topic, mood := k%4, k/4%2
		text := strings.Repeat(string(rune('a'+topic))+" ", 1+k%5) + strings.Repeat(string(rune('w'+mood))+" ", 1+k*7%29) + string(rune('k'+k%7))
		out[k] = data.Record{Text: text, Labels: map[string]string{}}
		if k%5 != 0 {
			out[k].Labels["topic"] = fmt.Sprintf("t%d", topic)
		}
		if k%3 != 0 {
			out[k].Labels["mood"] = fmt.Sprintf("m%d", mood)
		}
	}
	return out
}

// fifty trains with dropout, clipping, micro-batches and a warm-up.
func fifty(t testing.TB, ops backend.Backend, family, policy string, style head.Style) (r run) {
	t.Helper()
	m := tiny(t, ops, family, style)
	defer m.Free()
	s := train.Defaults(3)
	s.Freeze, s.Steps, s.Batch, s.LR, s.HeadLR, s.Dropout, s.MaxLength, s.BatchTokens = policy, steps, 8, 3e-3, 3e-2, 0.1, 40, 120
	tr, err := train.New(m, s, train.Data{Train: records(96)})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	err = tr.Run(context.Background(), func(e train.Event) {
		switch e := e.(type) {
		case train.StepEvent:
			r.losses = append(r.losses, e.Loss)
		case train.FrozenEvent:
			r.frozen = e
		case train.SkippedEvent:
			t.Errorf("step %d was skipped: %s", e.Step, e.Why)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFiftySteps trains the same run here and on the processor: losses agree, what is frozen keeps its bytes, and a second
// run here gives the same bits.
func TestFiftySteps(t *testing.T) {
	g := open(t)
	for _, c := range []struct {
		family, policy string
		style          head.Style
		twice          bool
	}{{"bert", "none", head.Mean, true}, {"bert", "layers:2", head.HF, false}, {"distilbert", "none", head.HF, false}} {
		t.Run(c.family+"/"+c.policy, func(t *testing.T) {
			want := fifty(t, cpu.New(kernel.Serial()), c.family, c.policy, c.style)
			got := fifty(t, g, c.family, c.policy, c.style)
			worst := 0.0
			for i, l := range want.losses {
				d := math.Abs(got.losses[i] - l)
				worst = max(worst, d)
				if d > lossTol {
					t.Fatalf("step %d: the loss is %.6f, on the processor %.6f", i+1, got.losses[i], l)
				}
			}
			t.Logf("losses from %.4f to %.4f, off by %.2g at most", want.losses[0], want.losses[steps-1], worst)
			if !got.frozen.Equal || got.frozen.SHA256 != want.frozen.SHA256 {
				t.Errorf("frozen tensors: equal %v, digest %s, on the processor %s", got.frozen.Equal, got.frozen.SHA256, want.frozen.SHA256)
			}
			if c.twice && !slices.Equal(fifty(t, g, c.family, c.policy, c.style).losses, got.losses) {
				t.Error("a second run gives other losses")
			}
		})
	}
}
