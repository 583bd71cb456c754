package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/nn"
	"thaw/core/safetensors"
)

// ErrCheckpoint is the root of every fault of a checkpoint.
var ErrCheckpoint = errors.New("checkpoint")

// state is what a checkpoint says beside its tensors, as JSON in the file's metadata. The order of the data follows from
// step, seed and number of examples.
type state struct {
	Version  int         `json:"version"`
	Settings Settings    `json:"settings"`
	Head     head.Style  `json:"head"`
	Tasks    []head.Task `json:"tasks"`
	Step     int         `json:"step"`
	Updates  int         `json:"updates"` // of the optimizer
	// Missed is how many of them a tensor was frozen for.
	Missed map[string]int `json:"missed"`
	// Scored is the step of the last evaluation, Skipped the steps in a row without a finite gradient.
	Scored  int        `json:"scored"`
	Skipped int        `json:"skipped"`
	Best    *bestState `json:"best,omitempty"`
	// Halved is how often the run went back, Anchor the step of the tensors anchor.NAME that it would go back to. Where there
	// are none, those of this file are.
	Halved int `json:"halved,omitempty"`
	Anchor int `json:"anchor,omitempty"`

	Examples int `json:"examples"`
	Tokens   int `json:"tokens"`
	// Data is the digest of all examples; a checkpoint of an earlier version has none.
	Data string `json:"data,omitempty"`
}

// bestState is what early stopping knows; the weights are tensors best.NAME.
type bestState struct {
	Loss  float64 `json:"loss"`
	Step  int     `json:"step"`
	Since int     `json:"since"`
}

const stateVersion = 1

// Save writes the run as one safetensors file: every parameter under its name, the moments of those that train or did as
// optim.m.NAME and optim.v.NAME, the weights to go back to as anchor.NAME, and the state. It is called between steps.
func (t *Trainer) Save(w io.Writer) error {
	text, err := json.Marshal(t.state())
	if err != nil {
		return err
	}
	var ts []safetensors.Tensor
	err = t.each(func(name string, shape []int, b backend.Buffer) error {
		v, err := t.host(b)
		ts = append(ts, safetensors.Tensor{Name: name, Shape: shape, F32: v})
		return err
	})
	if err != nil {
		return err
	}
	t.eachAnchor(func(t safetensors.Tensor) { ts = append(ts, t) })
	return safetensors.Encode(w, ts, map[string]string{"thaw": string(text)})
}

// state is what a checkpoint says of now.
func (t *Trainer) state() state {
	updates, missed := t.optim.Counts()
	s := state{
		Version: stateVersion, Settings: t.settings, Head: t.model.Heads.Style, Tasks: t.model.Heads.Tasks,
		Step: t.done, Scored: t.scored, Skipped: t.bad, Best: t.best.state(), Updates: updates, Missed: missed, Examples: len(t.train.examples), Tokens: data.Tokens(t.train.examples),
		Data: data.Digest(t.train.examples),
	}
	s.Halved = t.halved
	if t.anchored() {
		s.Anchor = t.anchor.step
	}
	return s
}

// eachAnchor calls f with the weights to go back to, where they are others than those of now.
func (t *Trainer) eachAnchor(f func(safetensors.Tensor)) {
	if !t.anchored() {
		return
	}
	for _, p := range t.model.Params.Params() {
		if v := t.anchor.values[p]; v != nil {
			f(safetensors.Tensor{Name: "anchor." + p.Name, Shape: p.Shape, F32: v})
		}
	}
}

// host is a buffer's elements, without a copy where the device's memory is the host's.
func (t *Trainer) host(b backend.Buffer) ([]float32, error) {
	if h, ok := t.ops.(backend.Host); ok {
		return h.Elements(b, false), nil
	}
	v := make([]float32, b.Len())
	return v, t.ops.Read(v, b)
}

// each calls f with every tensor of a checkpoint, in order.
func (t *Trainer) each(f func(name string, shape []int, b backend.Buffer) error) error {
	for _, a := range t.model.Params.Arenas {
		for _, p := range a.Params {
			if err := t.eachOf(a, p, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Trainer) eachOf(a *nn.Arena, p *nn.Param, f func(string, []int, backend.Buffer) error) error {
	if err := f(p.Name, p.Shape, p.Value); err != nil {
		return err
	}
	if t.best != nil && t.best.values[p] != nil {
		if err := f("best."+p.Name, p.Shape, t.best.values[p]); err != nil {
			return err
		}
	}
	m, v := t.optim.Moments(a, p)
	if m == nil {
		return nil
	}
	if err := f("optim.m."+p.Name, p.Shape, m); err != nil {
		return err
	}
	return f("optim.v."+p.Name, p.Shape, v)
}

// anchored says whether the weights to go back to are others than those of now.
func (t *Trainer) anchored() bool { return t.anchor != nil && t.anchor.step != t.done }

// state is nil before the first evaluation.
func (b *best) state() *bestState {
	if b == nil || len(b.values) == 0 {
		return nil
	}
	return &bestState{Loss: b.loss, Step: b.step, Since: b.since}
}

// Resume goes on with a saved run, on the same encoder and the same data. The steps that follow are those the run would have
// taken, bit for bit.
func Resume(m *model.Model, r io.Reader, d Data) (*Trainer, error) {
	// Tensors come in any order of names, so all are held until the heads are known.
	tensors, meta, err := safetensors.Load(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	var s state
	if err := json.Unmarshal([]byte(meta["thaw"]), &s); err != nil {
		return nil, fmt.Errorf("%w: it does not say what run it is of: %v", ErrCheckpoint, err)
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("%w: version %d, this program reads version %d", ErrCheckpoint, s.Version, stateVersion)
	}
	if err := m.SetHeads(s.Head, s.Tasks, s.Settings.Seed); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	t, err := New(m, s.Settings, d)
	if err != nil {
		return nil, err
	}
	if n, tokens := len(t.train.examples), data.Tokens(t.train.examples); n != s.Examples || tokens != s.Tokens {
		return nil, fmt.Errorf("%w: it is of %d examples with %d tokens, the data has %d with %d; go on with the same data",
			ErrCheckpoint, s.Examples, s.Tokens, n, tokens)
	}
	if s.Data != "" && s.Data != data.Digest(t.train.examples) {
		return nil, fmt.Errorf("%w: its %d examples differ from the data in texts, labels or order; go on with the same data", ErrCheckpoint, s.Examples)
	}
	if err := s.check(t.schedule.Steps); err != nil {
		return nil, err
	}
	return t, t.restore(tensors, s)
}

// check says whether the numbers of a state can be those of a run of so many steps; a damaged one would be read as places
// in the data.
func (s *state) check(steps int) error {
	for _, n := range []struct {
		what        string
		value, most int
	}{{"step", s.Step, steps}, {"updates", s.Updates, s.Step}, {"skipped", s.Skipped, s.Step}} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("%w: its %s is %d, want 0 to %d; the file is damaged", ErrCheckpoint, n.what, n.value, n.most)
		}
	}
	for name, n := range s.Missed {
		if n < 0 || n > s.Updates {
			return fmt.Errorf("%w: %.80q has missed %d updates, want 0 to %d; the file is damaged", ErrCheckpoint, name, n, s.Updates)
		}
	}
	return nil
}

// restore writes parameters and moments to the device.
func (t *Trainer) restore(tensors map[string]safetensors.Tensor, s state) error {
	t.done, t.scored, t.bad, t.halved = s.Step, s.Scored, s.Skipped, s.Halved
	if s.Best != nil && t.best != nil {
		t.best.loss, t.best.step, t.best.since = s.Best.Loss, s.Best.Step, s.Best.Since
	}
	if err := t.rethaw(tensors); err != nil {
		return err
	}
	err := t.each(func(name string, shape []int, b backend.Buffer) error {
		v, ok := tensors[name]
		if !ok || v.F32 == nil || !slices.Equal(v.Shape, shape) {
			return fmt.Errorf("%w: tensor %s is missing or not float32 %v; it is of another model", ErrCheckpoint, name, shape)
		}
		t.ops.Write(b, v.F32)
		return nil
	})
	if err != nil {
		return err
	}
	t.optim.SetCounts(s.Updates, s.Missed)
	if err := t.reanchor(tensors, s.Anchor); err != nil {
		return err
	}
	return t.ops.Sync()
}

// reanchor takes the weights to go back to out of a checkpoint that has them.
func (t *Trainer) reanchor(tensors map[string]safetensors.Tensor, step int) error {
	a := &anchor{step: step, values: map[*nn.Param][]float32{}}
	for _, p := range t.model.Params.Params() {
		v, ok := tensors["anchor."+p.Name]
		if !ok || !p.Thawed() {
			continue
		}
		if v.F32 == nil || !slices.Equal(v.Shape, p.Shape) {
			return fmt.Errorf("%w: tensor anchor.%s is not float32 %v; it is of another model", ErrCheckpoint, p.Name, p.Shape)
		}
		a.values[p] = slices.Clone(v.F32) // it is written into, and a snapshot is kept
	}
	if len(a.values) > 0 {
		t.anchor = a
	}
	return nil
}

// rethaw thaws what was thawed when the checkpoint was written, and makes room for the moments of what had been before.
func (t *Trainer) rethaw(tensors map[string]safetensors.Tensor) error {
	per := t.settings.stepsOfEpoch(len(t.train.examples))
	// The policy of an epoch comes into force with its first step.
	if p := t.freezing.At(max(0, t.done-1) / per); p.String() != t.policy.String() {
		if err := t.refreeze(p); err != nil {
			return err
		}
	}
	for _, p := range t.model.Params.Params() {
		if _, had := tensors["optim.m."+p.Name]; had && !p.Thawed() {
			t.optim.Park(p)
		}
		if _, had := tensors["best."+p.Name]; had && t.best != nil {
			t.best.keep(t.ops, p)
		}
	}
	return nil
}
