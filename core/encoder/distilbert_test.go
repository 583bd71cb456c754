package encoder

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/kernel"
	"thaw/core/nn"
)

// The config.json of distilbert-base-uncased, as it is published.
const distilBase = `{
  "activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1, "dim": 768, "dropout": 0.1, "hidden_dim": 3072,
  "initializer_range": 0.02, "max_position_embeddings": 512, "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "pad_token_id": 0,
  "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": false, "tie_weights_": true, "transformers_version": "4.10.0.dev0",
  "vocab_size": 30522
}`

func TestPublishedDistilBERT(t *testing.T) {
	c, err := LoadConfig([]byte(distilBase))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Family: DistilBERT, Vocab: 30522, Hidden: 768, Layers: 6, Heads: 12, Inner: 3072, Positions: 512,
		Eps: 1e-12, Dropout: 0.1, Attention: 0.1, Head: 0.2, InitStd: 0.02,
	}
	if *c != want {
		t.Errorf("got %+v, want %+v", *c, want)
	}
	if c.Prefix() != "distilbert." || c.HeadDense() != "pre_classifier" {
		t.Errorf("the prefix is %q, the head's dense layer %q", c.Prefix(), c.HeadDense())
	}
}

// distilWith is the config of distilbert-base-uncased with some fields changed; gone takes a field out.
func distilWith(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(distilBase), &all); err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == gone })
	file, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestMissingDistilFields: sizes come from the family's own words, and BERT's are no stand-in.
func TestMissingDistilFields(t *testing.T) {
	fields := []string{
		"vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings", "dropout", "attention_dropout",
		"initializer_range", "activation",
	}
	for _, field := range fields {
		change := map[string]any{field: gone, "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "hidden_act": "gelu"}
		_, err := LoadConfig(distilWith(t, change))
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), field+" is missing") {
			t.Errorf("without %s: %v", field, err)
		}
	}
	_, err := LoadConfig([]byte(`{"model_type": "distilbert"}`))
	if err == nil || strings.Count(err.Error(), " is missing") != len(fields) {
		t.Errorf("every missing field is named at once, got %v", err)
	}
}

func TestFaultyDistilConfigs(t *testing.T) {
	for reason, change := range map[string]map[string]any{
		"dim 768 is not a multiple of n_heads 7":               {"n_heads": 7},
		`activation is relu, only "gelu" is supported`:         {"activation": "relu"},
		"n_layers is 0, want a whole number from 1 to 256":     {"n_layers": 0},
		"seq_classif_dropout is 1, want 0 to 0.999":            {"seq_classif_dropout": 1},
		"attention_dropout is -1, want 0 to 0.999":             {"attention_dropout": -1},
		`dim is "768", want a number`:                          {"dim": "768"},
		"pad_token_id is 30522, want an id below vocab_size":   {"pad_token_id": 30522},
		"the sizes make 51539673088 parameters, at most 10737": {"dim": 1 << 15, "hidden_dim": 1 << 15, "n_layers": 8, "n_heads": 8, "vocab_size": 1, "max_position_embeddings": 1},
	} {
		if c, err := LoadConfig(distilWith(t, change)); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %+v, %v, want an ErrConfig with %q", c, err, reason)
		}
	}
}

// TestHeadDropout: where the head's own word is missing or null transformers takes the hidden states' in BERT, 0.2 in DistilBERT.
func TestHeadDropout(t *testing.T) {
	for what, c := range map[string]struct {
		file []byte
		want float64
	}{
		"bert":                 {with(t, map[string]any{"hidden_dropout_prob": 0.3}), 0.3},
		"bert, null":           {with(t, map[string]any{"hidden_dropout_prob": 0.3, "classifier_dropout": nil}), 0.3},
		"bert, a word":         {with(t, map[string]any{"classifier_dropout": 0}), 0},
		"distilbert, a word":   {distilWith(t, map[string]any{"seq_classif_dropout": 0}), 0},
		"distilbert, no word":  {distilWith(t, map[string]any{"seq_classif_dropout": gone, "dropout": 0.3}), 0.2},
		"positions of a curve": {distilWith(t, map[string]any{"sinusoidal_pos_embds": true}), 0.2},
	} {
		if got, err := LoadConfig(c.file); err != nil || got.Head != c.want {
			t.Errorf("%s: %+v, %v; want %g", what, got, err, c.want)
		}
	}
}

// TestDistilNames: every tensor of DistilBertModel in its shape, no token types and no pooler, and biases and norms without decay.
func TestDistilNames(t *testing.T) {
	c, err := LoadConfig(distilWith(t, map[string]any{
		"dim": 6, "hidden_dim": 10, "n_heads": 2, "n_layers": 2, "vocab_size": 7, "max_position_embeddings": 5,
	}))
	if err != nil {
		t.Fatal(err)
	}
	s := nn.NewSet(cpu.New(kernel.Serial()))
	if e := New(c, s); e.Pooler != nil || e.Stages() != 3 {
		t.Errorf("pooler %v, %d stages", e.Pooler, e.Stages())
	}
	want := map[string][]int{
		"distilbert.embeddings.word_embeddings.weight": {7, 6}, "distilbert.embeddings.position_embeddings.weight": {5, 6},
		"distilbert.embeddings.LayerNorm.weight": {6}, "distilbert.embeddings.LayerNorm.bias": {6},
	}
	for _, layer := range []string{"distilbert.transformer.layer.0.", "distilbert.transformer.layer.1."} {
		for part, shape := range map[string][2]int{
			"attention.q_lin": {6, 6}, "attention.k_lin": {6, 6}, "attention.v_lin": {6, 6}, "attention.out_lin": {6, 6}, "ffn.lin1": {10, 6}, "ffn.lin2": {6, 10},
		} {
			want[layer+part+".weight"], want[layer+part+".bias"] = shape[:], shape[:1]
		}
		for _, part := range []string{"sa_layer_norm", "output_layer_norm"} {
			want[layer+part+".weight"], want[layer+part+".bias"] = []int{6}, []int{6}
		}
	}
	got := map[string][]int{}
	for _, p := range s.Params() {
		got[p.Name] = p.Shape
		if decays := len(p.Shape) == 2; p.Decays() != decays {
			t.Errorf("%s decays: %v", p.Name, p.Decays())
		}
	}
	if !maps.EqualFunc(got, want, func(a, b []int) bool { return len(a) == len(b) && a[0] == b[0] && a[len(a)-1] == b[len(b)-1] }) {
		t.Errorf("got %v, want %v", got, want)
	}
}
