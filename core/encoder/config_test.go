package encoder

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
)

// The config.json of all-MiniLM-L6-v2 and of bert-base-uncased, as they are published.
const (
	minilm = `{
  "_name_or_path": "nreimers/MiniLM-L6-H384-uncased", "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1,
  "gradient_checkpointing": false, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 384, "initializer_range": 0.02,
  "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12,
  "num_hidden_layers": 6, "pad_token_id": 0, "position_embedding_type": "absolute", "transformers_version": "4.8.2", "type_vocab_size": 2,
  "use_cache": true, "vocab_size": 30522
}`
	bertBase = `{
  "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": false, "hidden_act": "gelu",
  "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
  "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
  "position_embedding_type": "absolute", "transformers_version": "4.6.0.dev0", "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
}`
)

func TestPublishedConfigs(t *testing.T) {
	small := Config{
		Family: BERT, Vocab: 30522, Hidden: 384, Layers: 6, Heads: 12, Inner: 1536, Positions: 512, Types: 2, Pad: 0,
		Eps: 1e-12, Dropout: 0.1, Attention: 0.1, Head: 0.1, InitStd: 0.02,
	}
	base := small
	base.Hidden, base.Layers, base.Inner = 768, 12, 3072
	for text, want := range map[string]Config{minilm: small, bertBase: base} {
		c, err := LoadConfig([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if *c != want {
			t.Errorf("got %+v, want %+v", *c, want)
		}
		if c.Prefix() != "bert." {
			t.Errorf("the prefix is %q", c.Prefix())
		}
	}
}

// with is MiniLM's config with some fields changed; gone takes a field out.
func with(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(minilm), &all); err != nil {
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

// gone marks a field to be taken out.
const gone = "\x00gone"

// TestMissingFields takes out each field that sizes or numbers come from: nothing has a silent default.
func TestMissingFields(t *testing.T) {
	for _, field := range []string{
		"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings", "type_vocab_size",
		"layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "hidden_act", "model_type",
	} {
		for _, v := range []any{gone, nil} {
			if _, err := LoadConfig(with(t, map[string]any{field: v})); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), field+" is missing") {
				t.Errorf("without %s: %v", field, err)
			}
		}
	}
	_, err := LoadConfig([]byte(`{"model_type": "bert"}`))
	if err == nil || strings.Count(err.Error(), " is missing") != 12 {
		t.Errorf("every missing field is named at once, got %v", err)
	}
}

// TestOptionalFields may be absent or null, as transformers has it.
func TestOptionalFields(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]any
		pad    int32
	}{
		"no pad":          {map[string]any{"pad_token_id": gone}, 0},
		"no padding":      {map[string]any{"pad_token_id": nil}, -1},
		"another pad":     {map[string]any{"pad_token_id": 30521}, 30521},
		"no kind":         {map[string]any{"position_embedding_type": gone}, 0},
		"a kind of null":  {map[string]any{"position_embedding_type": nil}, 0},
		"not a decoder":   {map[string]any{"is_decoder": false}, 0},
		"unknown fields":  {map[string]any{"quantization": map[string]any{"bits": 8}}, 0},
		"dropout of zero": {map[string]any{"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}, 0},
	} {
		if got, err := LoadConfig(with(t, c.change)); err != nil || got.Pad != c.pad {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestFaultyConfigs(t *testing.T) {
	for reason, change := range map[string]map[string]any{
		`hidden_size is "384", want a number`:                              {"hidden_size": "384"},
		`vocab_size is "[1]", want a number`:                               {"vocab_size": []int{1}},
		`layer_norm_eps is "true", want a number`:                          {"layer_norm_eps": true},
		"hidden_size is 0, want a whole number from 1 to 32768":            {"hidden_size": 0},
		"hidden_size is 384.5, want a whole number":                        {"hidden_size": 384.5},
		"num_hidden_layers is -1, want a whole number from 1 to 256":       {"num_hidden_layers": -1},
		"num_hidden_layers is 1000, want a whole number":                   {"num_hidden_layers": 1000},
		"vocab_size is 1e+18, want a whole number from 1 to 2097152":       {"vocab_size": 1e18},
		"intermediate_size is 1e+300, want":                                {"intermediate_size": 1e300},
		"hidden_dropout_prob is 1, want 0 to 0.999":                        {"hidden_dropout_prob": 1},
		"attention_probs_dropout_prob is -0.1, want":                       {"attention_probs_dropout_prob": -0.1},
		"layer_norm_eps is -1, want 0 to 1":                                {"layer_norm_eps": -1},
		"initializer_range is 11, want 0 to 10":                            {"initializer_range": 11},
		"hidden_size 384 is not a multiple of num_attention_heads 7":       {"num_attention_heads": 7},
		`hidden_act is gelu_new, only "gelu" is supported`:                 {"hidden_act": "gelu_new"},
		`hidden_act is relu, only "gelu" is supported`:                     {"hidden_act": "relu"},
		`hidden_act is 3, only "gelu" is supported`:                        {"hidden_act": 3},
		`position_embedding_type is relative_key, only "absolute" is`:      {"position_embedding_type": "relative_key"},
		"is_decoder is true; an encoder is wanted":                         {"is_decoder": true},
		"pad_token_id is 30522, want an id below vocab_size":               {"pad_token_id": 30522},
		"pad_token_id is -1, want an id":                                   {"pad_token_id": -1},
		"pad_token_id is 0.5, want an id":                                  {"pad_token_id": 0.5},
		`pad_token_id is "x", want a number`:                               {"pad_token_id": "x"},
		`model_type "gpt2" is not supported; thaw trains bert`:             {"model_type": "gpt2"},
		`model_type "roberta" is not supported by this version; it reads`:  {"model_type": "roberta"},
		"model_type is missing":                                            {"model_type": 7},
		"the sizes make 74088316928 parameters, at most 1073741824 are":    {"vocab_size": 1 << 21, "hidden_size": 1 << 15, "num_attention_heads": 8, "num_hidden_layers": 1, "intermediate_size": 1, "max_position_embeddings": 1, "type_vocab_size": 1},
		"hidden_size is 0, want a whole number from 1 to 32768; num_atten": {"hidden_size": 0, "num_attention_heads": 0}, // both at once
	} {
		if c, err := LoadConfig(with(t, change)); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %+v, %v, want an ErrConfig with %q", c, err, reason)
		}
	}
	for _, text := range []string{"", "[]", `"bert"`, "{", minilm + "x", "null", "\xff"} {
		if _, err := LoadConfig([]byte(text)); !errors.Is(err, ErrConfig) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// FuzzLoadConfig: whatever is accepted has sizes that fit each other and the limits.
func FuzzLoadConfig(f *testing.F) {
	f.Add([]byte(minilm))
	f.Add([]byte(bertBase))
	f.Add([]byte(distilBase))
	f.Add([]byte(`{"model_type":"bert","hidden_size":1e99}`))
	f.Add(with(f, map[string]any{"pad_token_id": nil, "num_attention_heads": 384}))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := LoadConfig(file)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Errorf("%v is no ErrConfig", err)
			}
			return
		}
		for _, n := range []int{c.Vocab, c.Hidden, c.Layers, c.Heads, c.Inner, c.Positions} {
			if n < 1 || c.Types < 0 {
				t.Errorf("a size below 1: %+v", c)
			}
		}
		for _, p := range []float64{c.Dropout, c.Attention, c.Head} {
			if !(p >= 0 && p < 1) {
				t.Errorf("a probability of %v", p)
			}
		}
		if c.Hidden%c.Heads != 0 || c.matrices() > maxParams || int(c.Pad) >= c.Vocab || c.Pad < -1 || math.IsNaN(c.Eps+c.InitStd) {
			t.Errorf("accepted %+v", c)
		}
	})
}
