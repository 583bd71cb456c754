package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/nn"
)

// planTol is how far a plan may be from what the device was then asked for.
const planTol = 0.1

// sized is a config.json of each family with the proportions of the real ones.
func sized(t testing.TB, family string) encoder.Config {
	t.Helper()
	file := map[string]string{
		"bert": `{"model_type": "bert", "vocab_size": 3000, "hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 12,
			"intermediate_size": 384, "max_position_embeddings": 128, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
			"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "pad_token_id": 0}`,
		"distilbert": `{"model_type": "distilbert", "vocab_size": 3000, "dim": 96, "n_layers": 3, "n_heads": 12, "hidden_dim": 384,
			"max_position_embeddings": 128, "activation": "gelu", "dropout": 0.1, "attention_dropout": 0.1, "initializer_range": 0.02,
			"seq_classif_dropout": 0.2, "pad_token_id": 0}`,
	}[family]
	c, err := encoder.LoadConfig([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return *c
}

// onDevice is a model of random weights on a fresh device.
func onDevice(t testing.TB, c encoder.Config, style head.Style) (*model.Model, *cpu.CPU) {
	t.Helper()
	device := cpu.New(kernel.Serial())
	m := &model.Model{Params: nn.NewSet(device)}
	m.Encoder = encoder.New(&c, m.Params)
	m.Params.Alloc()
	for _, p := range m.Params.Params() {
		m.Params.InitNormal(p, 0.02, 1)
	}
	if err := m.SetHeads(style, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	return m, device
}

// mixed is sentences of lengths from lo to hi.
func mixed(n, lo, hi int) []data.Example {
	r := rand.New(rand.NewPCG(2, 3))
	ex := make([]data.Example, n)
	for i := range ex {
		for range lo + r.IntN(hi-lo+1) {
			ex[i].IDs = append(ex[i].IDs, int32(1+r.IntN(2999)))
		}
		ex[i].Labels = []int32{int32(r.IntN(4)), int32(r.IntN(2))}
	}
	return ex
}

// TestPlan compares plans, of the run itself and of config.json and the mean length alone, with the most that the device was
// asked for in a run of one epoch and two evaluations.
func TestPlan(t *testing.T) {
	for _, family := range []string{"bert", "distilbert"} {
		for _, policy := range []string{"none", "layers:1", "backbone", "probe"} {
			for _, batch := range []int{4, 16, 48} {
				for _, lengths := range [][2]int{{64, 64}, {5, 60}} {
					t.Run(fmt.Sprintf("%s/%s/%dx%d-%d", family, policy, batch, lengths[0], lengths[1]), func(t *testing.T) {
						comparePlan(t, sized(t, family), policy, batch, lengths)
					})
				}
			}
		}
	}
}

func comparePlan(t *testing.T, c encoder.Config, policy string, batch int, lengths [2]int) {
	style := head.Style(head.Mean)
	if c.Family == "distilbert" && policy != "probe" {
		style = head.HF
	}
	s := Defaults(3)
	s.Freeze, s.Batch, s.Epochs, s.MaxLength = policy, batch, 1, lengths[1]
	m, device := onDevice(t, c, style)
	ex := mixed(48, lengths[0], lengths[1])
	tr, err := begin(m, s, &corpus{name: "train", examples: ex}, []*corpus{{name: "heldout", examples: mixed(12, lengths[0], lengths[1])}})
	if err != nil {
		t.Fatal(err)
	}
	plan := tr.plan()
	early, err := EstimateConfig(c, style, toyTasks(), s, len(ex), data.Tokens(ex))
	if err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	used := float64(device.Peak() + 4*int64(plan.Trainable)) // the weights to go back to lie beside the device
	for name, e := range map[string]PlanEvent{"the plan": plan, "the plan of config.json": early} {
		off := float64(e.MemoryBytes)/used - 1
		t.Logf("%s: %.2f MB, used %.2f MB: %+.1f %%", name, float64(e.MemoryBytes)/1e6, used/1e6, 100*off)
		if math.Abs(off) > planTol {
			t.Errorf("%s says %d bytes, %.0f were used: %+.1f %%; %+v", name, e.MemoryBytes, used, 100*off, e.Memory)
		}
		if e.Trainable != plan.Trainable || e.Frozen != plan.Frozen || e.CacheStage != plan.CacheStage {
			t.Errorf("%s counts %d, %d and stage %d, the other %d, %d and %d", name, e.Trainable, e.Frozen, e.CacheStage, plan.Trainable, plan.Frozen, plan.CacheStage)
		}
	}
}

// TestPlanOfRealSizes is DistilBERT's, 16 sentences of 64 tokens, against what design.md allows: the plan alone, for the
// device's figures are compared above.
func TestPlanOfRealSizes(t *testing.T) {
	c := sized(t, "distilbert")
	c.Vocab, c.Hidden, c.Layers, c.Inner, c.Positions = 30522, 768, 6, 3072, 512
	for policy, most := range map[string]int64{"none": 2e9, "layers:4": 700e6} {
		s := Defaults(6)
		s.Freeze, s.MaxLength = policy, 64
		e, err := EstimateConfig(c, head.HF, toyTasks(), s, 64, 64*64)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.0f MB, %+v", policy, float64(e.MemoryBytes)/1e6, e.Memory)
		if e.MemoryBytes > most {
			t.Errorf("%s: the plan says %d bytes, at most %d are allowed", policy, e.MemoryBytes, most)
		}
	}
}

// TestSteadySteps runs 1,000 steps of sentences of mixed lengths, with dropout and a part cached: once the largest batch
// has been seen the device is asked for nothing, the heap stays as it is, and a step leaves little to collect.
func TestSteadySteps(t *testing.T) {
	s := Defaults(3)
	s.Freeze, s.Steps, s.Batch = "embeddings.*", 1200, 8
	c := sized(t, "bert")
	c.Hidden, c.Inner, c.Vocab, c.Heads = 24, 48, 300, 2
	m, device := onDevice(t, c, head.Mean)
	ex := mixed(64, 3, 20)
	for i := range ex {
		for j := range ex[i].IDs {
			ex[i].IDs[j] %= 300
		}
	}
	tr, err := begin(m, s, &corpus{name: "train", examples: ex}, nil)
	if err != nil {
		t.Fatal(err)
	}
	step := func(n int) (heap, garbage uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			if err := tr.Step(func(Event) {}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		garbage = (after.TotalAlloc - before.TotalAlloc) / uint64(n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		return after.HeapAlloc, garbage
	}
	step(100)
	heap, _ := step(50)
	bytes := device.Bytes()
	end, garbage := step(1000)
	t.Logf("device %d bytes, heap %d and then %d bytes, %d bytes of garbage a step", bytes, heap, end, garbage)
	if device.Bytes() != bytes {
		t.Errorf("the device had %d bytes in use, %d after 1,000 steps", bytes, device.Bytes())
	}
	if end > heap+heap/100 {
		t.Errorf("the heap grew from %d to %d bytes in 1,000 steps", heap, end)
	}
	if garbage > 100_000 {
		t.Errorf("a step leaves %d bytes to collect", garbage)
	}
}
