package webgpu

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// distilBERT is its depth; its widths are not needed to count.
const distilBERT = `{"model_type": "distilbert", "activation": "gelu", "attention_dropout": 0.1, "dropout": 0.1, "dim": 64, "hidden_dim": 128,
	"max_position_embeddings": 512, "n_heads": 2, "n_layers": 6, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
	"sinusoidal_pos_embds": false, "vocab_size": 30, "initializer_range": 0.02}`

// counted is a trainer over a listener.
func counted(t *testing.T, policy string) (*train.Trainer, *GPU, *listener) {
	t.Helper()
	g, l := listen(t)
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n"
	m, err := model.Prepare(g, fstest.MapFS{"config.json": {Data: []byte(distilBERT)}, "vocab.txt": {Data: []byte(vocab)}})
	if err != nil {
		t.Fatal(err)
	}
	tasks := []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"a", "b", "c", "d"}, Weight: 1},
		{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"a", "b"}, Weight: 1},
	}
	if err := m.SetHeads(head.HF, tasks, 1); err != nil {
		t.Fatal(err)
	}
	s := train.Defaults(6)
	s.Freeze, s.Steps, s.Shuffle = policy, 100, false
	var d train.Data
	for i := range 160 {
		d.Train = append(d.Train, data.Record{Text: strings.Repeat("a b ", 1+i%16), Labels: map[string]string{"topic": "a", "sentiment": "b"}})
	}
	tr, err := train.New(m, s, d)
	if err != nil {
		t.Fatal(err)
	}
	return tr, g, l
}

// TestCost counts what a step of DistilBERT costs once the first has been taken, with two heads of Hugging Face's form.
func TestCost(t *testing.T) {
	for _, c := range []struct {
		policy string
		most   int
	}{{"none", 200}, {"layers:4", 90}, {"backbone", 40}} {
		t.Run(c.policy, func(t *testing.T) {
			tr, g, l := counted(t, c.policy)
			step := func() Count {
				before := g.Count()
				if err := tr.Step(func(train.Event) {}); err != nil {
					t.Fatal(err)
				}
				after := g.Count()
				return Count{after.Crossings - before.Crossings, after.Waits - before.Waits, after.Submits - before.Submits,
					after.Dispatches - before.Dispatches, after.Objects - before.Objects}
			}
			for range 21 { // an epoch that meets every length, one from the cache, and one more
				step()
			}
			l.take()
			got := step()
			kinds := map[string]int{}
			for _, name := range l.take() {
				kinds[name]++
			}
			t.Logf("%+v", got)
			for _, name := range slices.Sorted(maps.Keys(kinds)) {
				t.Log(fmt.Sprintf("%3d %s", kinds[name], name))
			}
			if got.Dispatches > c.most || got.Submits > 4 || got.Crossings > 1 || got.Objects != 0 {
				t.Errorf("a step costs %+v; at most %d dispatches, four submits, one crossing, no object", got, c.most)
			}
		})
	}
}
