package webgpu_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
	"thaw/wasm/webgpu"
)

// vocabularySize is that of both models, so that tables of words have their true size.
const vocabularySize = 30522

// configs are the shapes that are measured. What a product takes does not depend on its numbers.
var configs = map[string]string{
	"minilm": `{"model_type": "bert", "hidden_act": "gelu", "attention_probs_dropout_prob": 0.1, "hidden_dropout_prob": 0.1,
		"hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 12, "num_hidden_layers": 6, "max_position_embeddings": 512,
		"type_vocab_size": 2, "vocab_size": 30522, "layer_norm_eps": 1e-12, "initializer_range": 0.02, "pad_token_id": 0}`,
	"distilbert": `{"model_type": "distilbert", "activation": "gelu", "attention_dropout": 0.1, "dropout": 0.1, "dim": 768, "hidden_dim": 3072,
		"max_position_embeddings": 512, "n_heads": 12, "n_layers": 6, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
		"sinusoidal_pos_embds": false, "vocab_size": 30522, "initializer_range": 0.02}`,
}

// words are texts of random words, each a token: with the special ones n tokens long.
func words(texts, n int) []string {
	all, state := make([]string, texts), uint32(1)
	for i := range all {
		var s strings.Builder
		for range n - 2 {
			state = state*1664525 + 1013904223
			fmt.Fprintf(&s, "w%d ", (state>>8)%(vocabularySize-5))
		}
		all[i] = s.String()
	}
	return all
}

// random is a model of a shape with random weights.
func random(t *testing.T, g *webgpu.GPU, name string) *model.Model {
	t.Helper()
	var vocab strings.Builder
	vocab.WriteString("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
	for i := range vocabularySize - 5 {
		fmt.Fprintf(&vocab, "w%d\n", i)
	}
	m, err := model.Prepare(g, fstest.MapFS{"config.json": {Data: []byte(configs[name])}, "vocab.txt": {Data: []byte(vocab.String())}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params.Params() {
		switch {
		case len(p.Shape) > 1:
			m.Params.InitNormal(p, 0.02, 1)
		case !p.Decays() && strings.HasSuffix(p.Name, ".weight"): // of a layer norm
			g.Fill(p.Value, 1)
		}
	}
	if err := g.Sync(); err != nil {
		t.Fatal(err)
	}
	return m
}

// measureModels is forward passes and steps of whole models.
func measureModels(t *testing.T, g *webgpu.GPU, s scale) {
	for _, name := range s.models {
		m := random(t, g, name)
		for _, shape := range [][2]int{{s.sentences, s.length}, {1, min(32, s.length)}} {
			measureForward(t, g, s, m, name, shape[0], shape[1])
		}
		for _, policy := range s.policies {
			measureSteps(t, g, s, m, name, policy)
		}
		m.Free()
	}
}

// measureForward is Encode as the page calls it, which reads one row a sentence, and what its tokenizer takes of that.
func measureForward(t *testing.T, g *webgpu.GPU, s scale, m *model.Model, name string, sentences, length int) {
	texts := words(sentences, length)
	var whole, tokenizer times
	var cost webgpu.Count
	for i := range s.passes + 2 {
		if i == 2 {
			phase(fmt.Sprintf("%d passes, %s, %dx%d", s.passes, name, sentences, length))
		}
		before, begin := g.Count(), time.Now()
		if _, err := m.Encode(texts, model.PoolMean, length); err != nil {
			t.Fatal(err)
		}
		took := since(begin)
		cost = less(g.Count(), before)
		begin = time.Now()
		for _, text := range texts {
			m.Tokenizer.Encode(text, length)
		}
		if i > 1 {
			whole, tokenizer = append(whole, took), append(tokenizer, since(begin))
		}
	}
	phase("")
	f := whole.figures()
	f["model"], f["shape"], f["cost"], f["tokenizer"] = name, fmt.Sprintf("%dx%d", sentences, length), cost, tokenizer.figures()
	say("forward", f)
}

// measureSteps is steps of the first epoch, and of those behind it, in which the outputs of frozen layers are at hand.
func measureSteps(t *testing.T, g *webgpu.GPU, s scale, m *model.Model, name, policy string) {
	tasks := []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"a", "b", "c", "d"}, Weight: 1},
		{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"a", "b"}, Weight: 1},
	}
	if err := m.SetHeads(head.Mean, tasks, 1); err != nil {
		t.Fatal(err)
	}
	run := train.Defaults(6)
	run.Freeze, run.Steps, run.Batch, run.MaxLength, run.Shuffle = policy, 1000, s.sentences, s.length, false
	var d train.Data
	for i, text := range words((s.warm+s.first)*s.sentences, s.length) {
		d.Train = append(d.Train, data.Record{Text: text, Labels: map[string]string{"topic": "abcd"[i%4 : i%4+1], "sentiment": "ab"[i%2 : i%2+1]}})
	}
	tr, err := train.New(m, run, d)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	steps := func(n int) (ms times, cost webgpu.Count) {
		for range n {
			before, begin := g.Count(), time.Now()
			if err := tr.Step(func(train.Event) {}); err != nil {
				t.Fatal(err)
			}
			ms, cost = append(ms, since(begin)), less(g.Count(), before)
		}
		return ms, cost
	}
	epoch := func(when string, warm, n int) {
		steps(warm)
		phase(fmt.Sprintf("%d steps, %s, %s, %s epoch", n, name, policy, when))
		ms, cost := steps(n)
		phase("")
		f := ms.figures()
		f["model"], f["policy"], f["epoch"], f["shape"], f["cost"] = name, policy, when, fmt.Sprintf("%dx%d", s.sentences, s.length), cost
		say("step", f)
	}
	epoch("first", s.warm, s.first)
	epoch("later", 1, s.later)
}

// less is what was spent between two counts.
func less(a, b webgpu.Count) webgpu.Count {
	return webgpu.Count{Crossings: a.Crossings - b.Crossings, Waits: a.Waits - b.Waits, Submits: a.Submits - b.Submits,
		Dispatches: a.Dispatches - b.Dispatches, Objects: a.Objects - b.Objects}
}
