package train

import (
	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/freeze"
	"thaw/core/model"
)

// plan is the run's first event.
func (t *Trainer) plan() PlanEvent {
	e := estimate(t.model, t.settings, t.policy, len(t.train.examples), t.tokens())
	e.Steps = t.schedule.Steps
	for _, c := range t.corpora() {
		e.Cut += c.cut
	}
	return e
}

// tokens is that of all sets.
func (t *Trainer) tokens() (n int) {
	for _, c := range t.corpora() {
		n += data.Tokens(c.examples)
	}
	return n
}

// Estimate says what a run would train and take, for a number of examples and of their tokens, without beginning it.
func Estimate(m *model.Model, s Settings, examples, tokens int) (PlanEvent, error) {
	f, err := validate(m, s, s.Freeze)
	if err != nil {
		return PlanEvent{}, err
	}
	e := estimate(m, s, f.At(0), examples, tokens)
	e.Steps = s.steps(examples)
	return e, nil
}

// estimate counts parameters and adds up memory: weights and their packed copies, gradients and two moments of what trains,
// the weights to go back to, activations of a micro-batch, and the cache.
func estimate(m *model.Model, s Settings, policy freeze.Policy, examples, tokens int) PlanEvent {
	c := m.Encoder.Config
	e := PlanEvent{Event: "plan", Freeze: policy.String(), Examples: examples}
	stage := 1 + c.Layers
	for _, p := range m.Params.Params() {
		if !policy.Trains(p.Name) || m.Heads != nil && !m.Heads.Uses(p) {
			e.Frozen += p.Size()
			continue
		}
		e.Trainable += p.Size()
		stage = min(stage, stageOf(c, p.Group))
	}
	h, f := int64(c.Hidden), int64(c.Inner)
	batch := int64(s.BatchTokens)
	if most := int64(s.Batch) * int64(tokens) / int64(max(1, examples)) * 2; most < batch {
		batch = max(most, int64(s.MaxLength))
	}
	thawed := int64(1 + c.Layers - stage)
	// Kept for the way back, in rows of H: input, qkv (3), mixed values, projection, sum and norm twice, the second
	// projection; u and Gelu(u) of F; as much again for their gradients.
	perLayer := 2 * (10*h + 2*f)
	activations := 4 * batch * (thawed*perLayer + 10*h + 2*f)
	weights := 4 * int64(e.Trainable+e.Frozen)
	packed := 4 * int64(c.Layers) * (4*h*h + 2*h*f)
	rows := int64(tokens)
	if stage == 1+c.Layers {
		rows = int64(examples)
	}
	store := int64(0)
	if stage > 0 {
		store = min(s.CacheBytes, 4*rows*h)
	}
	e.MemoryBytes = weights + packed + BytesPerTrainable(s)*int64(e.Trainable) + activations + store
	e.CacheStage = stage
	return e
}

// BytesPerTrainable is the memory that a weight takes more than a frozen one: its gradient, two moments, its value to go back to
// and, with patience, its best value.
func BytesPerTrainable(s Settings) int64 {
	if s.Patience > 0 {
		return 20
	}
	return 16
}

// stageOf is the stage of the encoder that a group belongs to; heads and pooler lie above all stages.
func stageOf(c *encoder.Config, group string) int {
	if group == "embeddings" {
		return 0
	}
	for i := range c.Layers {
		if group == encoder.LayerGroup(i) {
			return 1 + i
		}
	}
	return 1 + c.Layers
}
