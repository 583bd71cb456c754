package encoder_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend/cpu"
	"thaw/core/encoder"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/nn"
	"thaw/core/safetensors"
)

// hiddenTol is the greatest difference to transformers: the design's bound for hidden states.
const hiddenTol = 1e-4

// TestHiddenStates compares every layer of small random encoders with transformers (weights/golden/bert_random.py and
// distilbert_random.py).
func TestHiddenStates(t *testing.T) {
	for _, name := range []string{"bert", "bert2", "distilbert", "distilbert2"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			e, set := open(t, dir)
			g := check.Golden(t, filepath.Join(dir, "golden.safetensors"))
			b := nn.Batch{IDs: g["ids"].I32, Offsets: g["offsets"].I32}
			tape := autograd.NewTape(set.Ops())
			var x *autograd.Var
			for stage := range e.Stages() {
				x = e.Forward(tape, b, x, stage, stage+1)
				want := g["hidden."+string(rune('0'+stage))]
				got := make([]float32, len(want.F32))
				if err := set.Ops().Read(got, x.Value()); err != nil {
					t.Fatal(err)
				}
				check.Close(t, "hidden state", got, want.F32, hiddenTol)
			}
			if e.Pooler == nil {
				return
			}
			pooled := autograd.Tanh(e.Pooler.Forward(set, autograd.Pool(x, tape.Ints(b.Offsets), false)))
			got := make([]float32, len(g["pooler"].F32))
			if err := set.Ops().Read(got, pooled.Value()); err != nil {
				t.Fatal(err)
			}
			check.Close(t, "pooler", got, g["pooler"].F32, hiddenTol)
		})
	}
}

// open builds an encoder and fills it from a folder, names mapped here so that the test stands below package model.
func open(t *testing.T, dir string) (*encoder.Encoder, *nn.Set) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := encoder.LoadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	set := nn.NewSet(cpu.New(kernel.Serial()))
	e := encoder.New(c, set)
	set.Alloc()
	weights := map[string]safetensors.Tensor{}
	files, err := filepath.Glob(filepath.Join(dir, "model*.safetensors")) // one, or shards
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		maps.Copy(weights, check.Golden(t, file))
	}
	for _, p := range set.Params() {
		bare := strings.TrimPrefix(p.Name, c.Prefix())
		old := strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace(p.Name)
		for _, n := range []string{bare, p.Name, old} {
			if w, ok := weights[n]; ok {
				set.Ops().Write(p.Value, w.F32)
			}
		}
	}
	return e, set
}
