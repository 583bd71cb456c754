package train

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend/cpu"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/nn"
)

// distilBERT is the random DistilBERT of three layers with fresh heads for the toy's tasks.
func distilBERT(t testing.TB, pool kernel.Pool, style head.Style) *model.Model {
	t.Helper()
	m := familyModel(t, cpu.New(pool), "distilbert")
	if err := m.SetHeads(style, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	return m
}

func distilTrainer(t testing.TB, pool kernel.Pool, s Settings, style head.Style) (*Trainer, *model.Model) {
	t.Helper()
	m := distilBERT(t, pool, style)
	tr, err := New(m, s, toyData())
	if err != nil {
		t.Fatal(err)
	}
	return tr, m
}

// TestDistilPolicies counts the tensors that each policy freezes among the 52 of the encoder and the 8 of the heads, by the
// family's names, with its prefix and without.
func TestDistilPolicies(t *testing.T) {
	names := distilBERT(t, kernel.Serial(), head.HF).Names()
	if len(names) != 60 {
		t.Fatalf("%d parameters: %v", len(names), names)
	}
	for policy, want := range map[string]int{
		"none": 0, "all": 60, "backbone": 52, "layers:0": 4, "layers:1": 20, "layers:3": 52, "head:topic": 4, "backbone,!*layer_norm*": 40,
		"backbone,!*LayerNorm*,!*layer_norm*,!*.bias": 20, "*.attention.*": 24, "transformer.layer.1.*": 16, "distilbert.transformer.layer.1.*": 16,
		"*.q_lin.weight": 3, "*pre_classifier*": 4, "embeddings.*": 4, "layers:2,!*.v_lin.*": 32,
	} {
		p, err := freeze.Parse(policy)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(names, 3); err != nil {
			t.Error(err)
		}
		frozen := 0
		for _, n := range names {
			if !p.Trains(n) {
				frozen++
			}
		}
		if frozen != want {
			t.Errorf("%s freezes %d tensors, want %d", policy, frozen, want)
		}
	}
}

// TestDistilLearns: the losses fall, what is frozen keeps its bits and what is thawed does not, q, k and v partly frozen included.
func TestDistilLearns(t *testing.T) {
	for _, policy := range []string{"none", "backbone", "layers:1", "head:topic", "*.q_lin.weight,*.k_lin.bias", "backbone,!*layer_norm*,!*.v_lin.*"} {
		for _, style := range []head.Style{head.Mean, head.HF} {
			t.Run(policy+"/"+string(style), func(t *testing.T) {
				tr, m := distilTrainer(t, kernel.Serial(), toySettings(policy), style)
				before := values(t, m)
				events := run(t, tr)
				var first, last float64
				for _, e := range events {
					switch e := e.(type) {
					case StepEvent:
						if e.Step <= 6 {
							first += e.Loss
						}
						if e.Step > e.Steps-6 {
							last += e.Loss
						}
					case FrozenEvent:
						if !e.Equal {
							t.Error("a frozen tensor changed")
						}
					}
				}
				if last > 0.8*first {
					t.Errorf("the mean loss went from %g to %g only", first/6, last/6)
				}
				after := values(t, m)
				for name, v := range before {
					p, _ := m.Params.Lookup(name)
					if equal := slices.Equal(v, after[name]); equal != !p.Thawed() {
						t.Errorf("%s: thawed %v, bits equal %v", name, p.Thawed(), equal)
					}
				}
			})
		}
	}
}

// TestDistilSameBits: threads, the cache's budget and an interruption change nothing.
func TestDistilSameBits(t *testing.T) {
	for _, policy := range []string{"none", "layers:2", "backbone"} {
		s := toySettings(policy)
		tr, m := distilTrainer(t, kernel.Serial(), s, head.HF)
		run(t, tr)
		want := values(t, m)
		s.CacheBytes = 9000
		tr, m = distilTrainer(t, kernel.Goroutines(2), s, head.HF)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		err := tr.Run(ctx, func(e Event) {
			if e, ok := e.(StepEvent); ok && e.Step == 7 {
				cancel()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := tr.Save(&file); err != nil {
			t.Fatal(err)
		}
		m = familyModel(t, cpu.New(kernel.Serial()), "distilbert")
		if tr, err = Resume(m, &file, toyData()); err != nil {
			t.Fatal(err)
		}
		run(t, tr)
		sameBits(t, policy, want, values(t, m))
	}
}

// TestDistilDropout: transformers' DistilBERT drops after the embeddings, in attention, behind the feed-forward block and in its
// own head, but not behind attention's projection; a module of frozen tensors drops nothing.
func TestDistilDropout(t *testing.T) {
	m := distilBERT(t, kernel.Serial(), head.HF)
	logits := func(training bool) (all []float32) {
		tape := autograd.NewTape(m.Params.Ops())
		tape.Training, tape.Seed, tape.Step = training, 5, 3
		b := nn.Batch{IDs: []int32{2, 7, 9, 3, 2, 30, 31, 32, 3}, Offsets: []int32{0, 4, 9}}
		x := m.Encoder.Forward(tape, b, nil, 0, m.Encoder.Stages())
		for _, l := range m.Heads.Logits(m.Heads.Pool(x, tape.Ints(b.Offsets))) {
			v := make([]float32, l.Rows()*l.Cols())
			if err := m.Params.Ops().Read(v, l.Value()); err != nil {
				t.Fatal(err)
			}
			all = append(all, v...)
		}
		return all
	}
	still := logits(false)
	for part, drops := range map[string]bool{
		"word_embeddings": true, "embeddings.LayerNorm": true, "layer.0.attention.q_lin.bias": true, "layer.2.attention.v_lin": true,
		"layer.1.ffn.lin2": true, "layer.1.output_layer_norm": true, "topic.pre_classifier": true, "topic.classifier": true,
		"layer.1.ffn.lin1": false, "attention.out_lin": false, "sa_layer_norm": false, "nothing": false,
	} {
		m.Params.Thaw(func(name string) bool { return strings.Contains(name, part) })
		got := logits(true)
		if slices.Equal(got, still) == drops {
			t.Errorf("with %s thawed there is dropout: %v, want %v", part, !drops, drops)
		}
		mood := len(still) - 2*2 // the second task's logits come last: two sentences, two labels
		if strings.HasPrefix(part, "topic.") && (slices.Equal(got[:mood], still[:mood]) || !slices.Equal(got[mood:], still[mood:])) {
			t.Errorf("with %s thawed dropout belongs to its task alone", part)
		}
	}
	m.Params.Thaw(func(string) bool { return true })
	if again := fmt.Sprint(logits(true)); again != fmt.Sprint(logits(true)) {
		t.Error("the same step must drop the same elements")
	}
}
