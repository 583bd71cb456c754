package bridge

import (
	"strings"
	"time"

	"thaw/core/model"
	"thaw/core/train"
)

// speed is how long work takes on this machine. Loading a model times a short forward pass; every step of a run says more.
type speed struct {
	perGFLOP float64 // milliseconds, 0 until something was timed
	forward  float64 // milliseconds of the pass that loading has timed
}

// newest is the share of the last step in what is expected of the next.
const newest = 0.1

// time times the devices by the model's own forward pass and keeps what the quickest took.
func (s *session) time(m *model.Model) error {
	var passes []speed
	err := s.devices.Time(func() (float64, error) {
		var v speed
		err := v.time(m)
		passes = append(passes, v)
		return v.forward, err
	})
	for i, v := range passes {
		if i == 0 || v.forward < s.speed.forward {
			s.speed = v
		}
	}
	return err
}

// time measures a forward pass of a few short texts, the better of two, after one that packs the weights.
func (v *speed) time(m *model.Model) error {
	text := "the quick brown fox jumps over the lazy dog and goes home before the rain begins to fall"
	if _, err := m.Encode([]string{text}, model.PoolMean, defaultLength); err != nil {
		return err
	}
	for i := range 2 {
		begin := time.Now()
		if _, err := m.Encode([]string{text, text, text, text}, model.PoolMean, defaultLength); err != nil {
			return err
		}
		if ms := milliseconds(time.Since(begin)); i == 0 || ms < v.forward {
			v.forward = ms
		}
	}
	tokens := float64(4 * len(m.Tokenizer.Encode(text, defaultLength).IDs))
	v.perGFLOP = v.forward / (tokens * float64(m.Encoder.Config.Layers) * layer(m))
	return nil
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
