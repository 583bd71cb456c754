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

// Config is what config.json says, in our words. Sizes come from nowhere else.
type Config struct {
	Family    Family
	Vocab     int     // V
	Hidden    int     // H
	Layers    int     // L
	Heads     int     // N
	Inner     int     // F
	Positions int     // P
	Types     int     // kinds of token (segments), 0 where the family has none
	Pad       int32   // id of the padding token, -1 for none
	Eps       float64 // of LayerNorm
	Dropout   float64 // of hidden states
	Attention float64 // dropout of attention probabilities
	Head      float64 // dropout of the family's own classification head
	InitStd   float64 // of freshly made layers
}

// Limits keep a damaged file from asking for all memory.
const (
	maxWidth  = 1 << 15
	maxLayers = 256
	maxVocab  = 1 << 21
	maxParams = 1 << 30 // 4 GB of float32, three times BERT-large

	maxDropout = 0.999 // dropping everything would divide by zero
)

// LoadConfig reads a config.json. A missing or impossible field is an error that names it.
func LoadConfig(file []byte) (*Config, error) {
	var raw map[string]any
	if err := json.Unmarshal(file, &raw); err != nil {
		return nil, fmt.Errorf("%w: not a JSON object: %v", ErrConfig, err)
	}
	kind, _ := raw["model_type"].(string)
	if form := forms[Family(kind)]; form != nil {
		return form.config(Family(kind), &fields{raw: raw})
	}
	switch kind {
	case "roberta":
		return nil, fmt.Errorf("%w: model_type %q is not supported by this version; it reads bert (MiniLM, BERT) and distilbert", ErrConfig, kind)
	case "":
		return nil, fmt.Errorf("%w: model_type is missing; it says which kind of encoder this is, e.g. \"bert\"", ErrConfig)
	default:
		return nil, fmt.Errorf("%w: model_type %.40q is not supported; thaw trains bert (MiniLM, BERT) and distilbert encoders", ErrConfig, kind)
	}
}

// config reads the fields in the family's own words. A DistilBERT's sinusoidal_pos_embds says only how its positions
// began: they are a tensor of the checkpoint either way.
func (w words) config(family Family, f *fields) (*Config, error) {
	c := &Config{
		Family: family,
		Vocab:  f.int("vocab_size", maxVocab), Hidden: f.int(w.hidden, maxWidth),
		Layers: f.int(w.layers, maxLayers), Heads: f.int(w.heads, maxWidth),
		Inner: f.int(w.inner, 4*maxWidth), Positions: f.int("max_position_embeddings", maxVocab), Eps: fixedEps,
		Dropout: f.float(w.dropout, 0, maxDropout), Attention: f.float(w.attention, 0, maxDropout),
		InitStd: f.float("initializer_range", 0, 10),
	}
	if w.types != "" {
		c.Types = f.int(w.types, maxWidth)
	}
	if w.eps != "" {
		c.Eps = f.float(w.eps, 0, 1)
	}
	c.Head = w.headDropout
	if c.Head == sameDropout {
		c.Head = c.Dropout
	}
	c.Head = f.optionalFloat(w.classification, c.Head, 0, maxDropout)
	c.Pad = f.optionalID("pad_token_id", c.Vocab)
	f.word(w.activation, "gelu")
	f.optionalWord("position_embedding_type", "absolute")
	f.forbid("is_decoder")
	if len(f.faults) == 0 && c.Hidden%c.Heads != 0 {
		f.fault("%s %d is not a multiple of %s %d", w.hidden, c.Hidden, w.heads, c.Heads)
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
	n := h*int64(c.Vocab+c.Positions+c.Types) + int64(c.Layers)*(4*h*h+2*h*int64(c.Inner))
	if c.form().pooler != "" {
		n += h * h
	}
	return n
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

// optionalFloat is a number that may be missing or null.
func (f *fields) optionalFloat(key string, missing, lo, hi float64) float64 {
	if f.raw[key] == nil {
		return missing
	}
	return f.float(key, lo, hi)
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
