// Package encoder builds pretrained text encoders from their config.json.
package encoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// ErrConfig is the root of every fault of a config.json.
var ErrConfig = errors.New("config.json")

// Family is a kind of encoder: the model_type of its config.json.
type Family string

// BERT is the family of bert-base, MiniLM and their like (arXiv 1810.04805).
const BERT Family = "bert"

// Config is what config.json says, in our words. Sizes come from nowhere else.
type Config struct {
	Family    Family
	Vocab     int     // V
	Hidden    int     // H
	Layers    int     // L
	Heads     int     // N
	Inner     int     // F
	Positions int     // P
	Types     int     // kinds of token (segments)
	Pad       int32   // id of the padding token, -1 for none
	Eps       float64 // of LayerNorm
	Dropout   float64 // of hidden states
	Attention float64 // dropout of attention probabilities
	InitStd   float64 // of freshly made layers
}

// Limits keep a damaged file from asking for all memory.
const (
	maxWidth  = 1 << 15
	maxLayers = 256
	maxVocab  = 1 << 21
	maxParams = 1 << 30 // 4 GB of float32, three times BERT-large
)

// LoadConfig reads a config.json. A missing or impossible field is an error that names it.
func LoadConfig(file []byte) (*Config, error) {
	var raw map[string]any
	if err := json.Unmarshal(file, &raw); err != nil {
		return nil, fmt.Errorf("%w: not a JSON object: %v", ErrConfig, err)
	}
	switch kind, _ := raw["model_type"].(string); kind {
	case string(BERT):
		return bertConfig(&fields{raw: raw})
	case "distilbert", "roberta":
		return nil, fmt.Errorf("%w: model_type %q is not supported by this version; it reads bert (MiniLM, BERT)", ErrConfig, kind)
	case "":
		return nil, fmt.Errorf("%w: model_type is missing; it says which kind of encoder this is, e.g. \"bert\"", ErrConfig)
	default:
		return nil, fmt.Errorf("%w: model_type %.40q is not supported; thaw trains bert encoders (MiniLM, BERT)", ErrConfig, kind)
	}
}

func bertConfig(f *fields) (*Config, error) {
	c := &Config{
		Family: BERT,
		Vocab:  f.int("vocab_size", maxVocab), Hidden: f.int("hidden_size", maxWidth),
		Layers: f.int("num_hidden_layers", maxLayers), Heads: f.int("num_attention_heads", maxWidth),
		Inner: f.int("intermediate_size", 4*maxWidth), Positions: f.int("max_position_embeddings", maxVocab),
		Types: f.int("type_vocab_size", maxWidth), Eps: f.float("layer_norm_eps", 0, 1),
		Dropout: f.float("hidden_dropout_prob", 0, 0.999), Attention: f.float("attention_probs_dropout_prob", 0, 0.999),
		InitStd: f.float("initializer_range", 0, 10),
	}
	c.Pad = f.optionalID("pad_token_id", c.Vocab)
	f.word("hidden_act", "gelu")
	f.optionalWord("position_embedding_type", "absolute")
	f.forbid("is_decoder")
	if len(f.faults) == 0 && c.Hidden%c.Heads != 0 {
		f.fault("hidden_size %d is not a multiple of num_attention_heads %d", c.Hidden, c.Heads)
	}
	if n := c.matrices(); n > maxParams {
		f.fault("the sizes make %d parameters, at most %d are allowed", n, maxParams)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// matrices is the number of elements of the weight matrices, which are nearly all parameters.
func (c *Config) matrices() int64 {
	h := int64(c.Hidden)
	return h*int64(c.Vocab+c.Positions+c.Types) + int64(c.Layers)*(4*h*h+2*h*int64(c.Inner)) + h*h
}

// fields reads a JSON object and collects what is wrong with it.
type fields struct {
	raw    map[string]any
	faults []string
}

func (f *fields) fault(format string, a ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, a...))
}

func (f *fields) number(key string) (float64, bool) {
	switch v := f.raw[key].(type) {
	case float64:
		return v, true
	case nil:
		f.fault("%s is missing", key)
	default:
		f.fault("%s is %.40q, want a number", key, fmt.Sprint(v))
	}
	return 0, false
}

func (f *fields) int(key string, limit int) int {
	v, ok := f.number(key)
	if ok && (v < 1 || v > float64(limit) || v != float64(int(v))) {
		f.fault("%s is %v, want a whole number from 1 to %d", key, v, limit)
		return 0
	}
	return int(v)
}

func (f *fields) float(key string, lo, hi float64) float64 {
	v, ok := f.number(key)
	if ok && (v < lo || v > hi) {
		f.fault("%s is %v, want %v to %v", key, v, lo, hi)
	}
	return v
}

// optionalID is a token's id: transformers' default of 0 where the key is missing, -1 for null.
func (f *fields) optionalID(key string, vocab int) int32 {
	v, ok := f.raw[key]
	if !ok {
		return 0
	}
	if v == nil {
		return -1
	}
	n, _ := f.number(key)
	if n < 0 || n >= float64(vocab) || n != float64(int(n)) {
		f.fault("%s is %v, want an id below vocab_size", key, v)
	}
	return int32(n)
}

func (f *fields) word(key, want string) {
	if f.raw[key] == nil {
		f.fault("%s is missing", key)
		return
	}
	f.optionalWord(key, want)
}

func (f *fields) optionalWord(key, want string) {
	if v, ok := f.raw[key]; ok && v != want && v != nil {
		f.fault("%s is %.40v, only %q is supported", key, v, want)
	}
}

func (f *fields) forbid(key string) {
	if f.raw[key] == true {
		f.fault("%s is true; an encoder is wanted", key)
	}
}

func (f *fields) err() error {
	if len(f.faults) == 0 {
		return nil
	}
	sort.Strings(f.faults)
	return fmt.Errorf("%w: %s", ErrConfig, strings.Join(f.faults, "; "))
}
