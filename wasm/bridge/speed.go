package bridge

import (
	"slices"
	"strings"
	"time"

	"thaw/core/backend"
	"thaw/core/model"
	"thaw/core/train"
)

// speed is how long work takes on this machine. Loading a model times a short forward pass; every step of a run says more.
type speed struct {
	perGFLOP float64 // milliseconds, 0 until something was timed
	forward  float64 // milliseconds of the pass that was timed last
	tokens   int     // in that pass
}

// newest is the share of the last step in what is expected of the next.
const newest = 0.1

// short is a sentence such as people try.
const short = "the quick brown fox jumps over the lazy dog and goes home before the rain begins to fall"

// sample is what devices are timed on: a few sentences, or a batch of them where a graphics card is among the devices, for it is
// slow at little.
func (s *session) sample() []string {
	n := 4
	if s.devices.Look() {
		n = 16
	}
	return slices.Repeat([]string{short}, n)
}

// time times the devices by the model's own forward pass over some texts and keeps what the quickest took. A device elsewhere gets a copy
// of the model.
func (s *session) time(m *model.Model, texts []string) error {
	best := speed{}
	err := s.devices.Time(func(ops backend.Backend) (float64, error) {
		on := m
		if m.Params.Ops() != ops {
			var err error
			if on, err = m.CloneTo(ops); err != nil {
				return 0, err
			}
			defer free(on)
		}
		v, err := timed(on, texts)
		if err == nil && (best.forward == 0 || v.forward < best.forward) {
			best = v
		}
		return v.forward, err
	})
	if best.forward > 0 {
		s.speed = best
	}
	return err
}

// A device is timed for settled, but for 2 passes at least and 8 at most: a browser still compiles the program in threads of its own
// while a model is loaded, and takes a core from those that are timed then. With two passes three of six loads in Chromium on two cores
// chose one thread (48 ms against 48 to 65 of two), with these none of six (42 against 23 to 28).
const (
	settled = 300 * time.Millisecond
	passes  = 8
)

// timed measures a forward pass over texts, the best of some, after one that packs the weights.
func timed(m *model.Model, texts []string) (v speed, err error) {
	if _, err := m.Encode(texts[:1], model.PoolMean, defaultLength); err != nil {
		return v, err
	}
	first := time.Now()
	for i := 0; i < 2 || i < passes && time.Since(first) < settled; i++ {
		begin := time.Now()
		if _, err := m.Encode(texts, model.PoolMean, defaultLength); err != nil {
			return v, err
		}
		if ms := milliseconds(time.Since(begin)); i == 0 || ms < v.forward {
			v.forward = ms
		}
	}
	for _, text := range texts {
		v.tokens += len(m.Tokenizer.Encode(text, defaultLength).IDs)
	}
	v.perGFLOP = v.forward / (float64(v.tokens) * float64(m.Encoder.Config.Layers) * layer(m))
	return v, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// layer is the GFLOP of one layer's forward pass for one token: four products of H by H and two of H by F.
func layer(m *model.Model) float64 {
	h, f := float64(m.Encoder.Config.Hidden), float64(m.Encoder.Config.Inner)
	return 2 * (4*h*h + 2*h*f) / 1e9
}

// step learns from a step that was taken. Of later epochs nothing is learnt: how much came out of the cache is not known.
func (v *speed) step(m *model.Model, e train.StepEvent) {
	tokens := e.TokensPerSecond * e.MS / 1000
	if e.Epoch > 1 || tokens <= 0 {
		return
	}
	thawed := 0
	for _, p := range m.Params.Params() {
		if k, ok := layerOf(p.Group); ok && p.Thawed() {
			thawed = max(thawed, m.Encoder.Config.Layers-k)
		}
	}
	ms := e.MS / (tokens * layer(m) * float64(m.Encoder.Config.Layers+2*thawed))
	if v.perGFLOP == 0 {
		v.perGFLOP = ms
	}
	v.perGFLOP += newest * (ms - v.perGFLOP)
}

// expect is the mean time of a step: forward through all layers, where the frozen ones below count in the first epoch only,
// and twice that back through the thawed. It is nil where nothing has been timed.
func (v *speed) expect(m *model.Model, s train.Settings, perText float64, parameters []Trainable) *float64 {
	if v.perGFLOP == 0 {
		return nil
	}
	layers := m.Encoder.Config.Layers
	thawed := 0
	for _, p := range parameters {
		if !p.Trainable {
			continue
		}
		if strings.Contains(p.Name, "embeddings.") {
			thawed = layers
		}
		if q, ok := m.Params.Lookup(p.Name); ok {
			if k, ok := layerOf(q.Group); ok {
				thawed = max(thawed, layers-k)
			}
		}
	}
	passes := float64(layers-thawed)/float64(s.Epochs) + 3*float64(thawed)
	ms := v.perGFLOP * layer(m) * perText * float64(s.Batch*s.Accumulate) * passes
	return &ms
}

// layerOf is K of the group "layer.K".
func layerOf(group string) (k int, ok bool) {
	digits, ok := strings.CutPrefix(group, "layer.")
	if !ok || digits == "" {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		k = 10*k + int(d-'0')
	}
	return k, true
}
