package train

import (
	"math"

	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/nn"
)

// Memory is what a run takes on the device when it takes most, in bytes.
type Memory struct {
	Weights     int64 // of encoder and heads
	Gradients   int64 // of what trains
	Moments     int64 // AdamW's two
	Activations int64 // values kept for the way back, and gradients on it
	Cache       int64 // outputs of the frozen stages, when it is full
	Kept        int64 // copies of what trains, to go back to, and small things
	Scratch     int64 // of single operations
}

// Total is the sum.
func (m Memory) Total() int64 {
	return m.Weights + m.Gradients + m.Moments + m.Activations + m.Cache + m.Kept + m.Scratch
}

// plan is the run's first event.
func (t *Trainer) plan() PlanEvent {
	c := *t.model.Encoder.Config
	s := t.settings
	s.Freeze = t.policy.String()
	e, err := rehearse(c, t.model.Heads.Style, t.model.Heads.Tasks, s, t.most, t.longestPass())
	if err != nil {
		panic(err) // these settings have begun this run
	}
	e.Examples, e.Steps = len(t.train.examples), t.schedule.Steps
	for _, c := range t.corpora() {
		e.Cut += c.cut
		e.Memory.Cache += c.cache.bytes()
	}
	e.MemoryBytes = e.Memory.Total()
	return e
}

// visits is about how many examples are looked at to find the largest micro-batch.
const visits = 1 << 17

// largest is the lengths of the sentences in the largest micro-batch of the run, or of its first epochs where they are many.
func (t *Trainer) largest() (lengths []int) {
	ex, s := t.train.examples, t.settings
	left := min(t.schedule.Steps*s.sentences(), max(visits, len(ex)))
	for epoch, most := 0, 0; left > 0; epoch++ {
		order := data.Order(len(ex), epoch, s.Shuffle, s.Seed)
		for len(order) > 0 && left > 0 {
			step := order[:min(len(order), s.sentences())]
			order, left = order[len(step):], left-s.sentences()
			for _, run := range data.Cut(ex, step, s.BatchTokens) {
				if n := data.Tokens(pick(ex, run)); n > most {
					most, lengths = n, lengthsOf(pick(ex, run))
				}
			}
		}
		if !s.Shuffle {
			break
		}
	}
	return lengths
}

func pick(ex []data.Example, index []int) []data.Example {
	out := make([]data.Example, len(index))
	for i, j := range index {
		out[i] = ex[j]
	}
	return out
}

func lengthsOf(ex []data.Example) []int {
	out := make([]int, len(ex))
	for i, e := range ex {
		out[i] = len(e.IDs)
	}
	return out
}

func sum(x []int) (n int) {
	for _, e := range x {
		n += e
	}
	return n
}

// Estimate says what a run would train and take, for a number of examples and of their tokens, without beginning it.
func Estimate(m *model.Model, s Settings, examples, tokens int) (PlanEvent, error) {
	if _, err := validate(m, s, s.Freeze); err != nil {
		return PlanEvent{}, err
	}
	style, tasks := head.Mean, []head.Task(nil)
	if m.Heads != nil {
		style, tasks = m.Heads.Style, m.Heads.Tasks
	}
	return EstimateConfig(*m.Encoder.Config, style, tasks, s, examples, tokens)
}

// EstimateConfig is Estimate for an encoder of which only config.json is known. Without tasks it counts a head of two labels.
func EstimateConfig(c encoder.Config, style head.Style, tasks []head.Task, s Settings, examples, tokens int) (PlanEvent, error) {
	if len(tasks) == 0 {
		tasks = []head.Task{{Name: "task", Kind: head.SingleLabel, Labels: []string{"a", "b"}, Weight: 1}}
	}
	e, err := rehearse(c, style, tasks, s, typical(s, examples, tokens), forwardTokens)
	if err != nil {
		return e, err
	}
	e.Examples, e.Steps = examples, s.steps(examples)
	if e.CacheStage > 0 {
		rows := int64(tokens)
		if e.CacheStage == 1+c.Layers {
			rows = int64(examples)
		}
		e.Memory.Cache = min(s.CacheBytes, 4*rows*int64(c.Hidden))
	}
	e.MemoryBytes = e.Memory.Total()
	return e, nil
}

// bytesPerTrainable is the memory that a weight takes more than a frozen one: its gradient, two moments, its value to go back to
// and, with patience, its best value.
func bytesPerTrainable(s Settings) int64 {
	if s.Patience > 0 {
		return 20
	}
	return 16
}

// typical is the lengths of the sentences in the largest micro-batch, where only the mean of all is known. Lengths deviate
// from it by about a half, the mean of b of them by 0.5/√b, and the largest of n such means by about 1.05 √(2 ln n) - 0.7 times
// that, which is what the expected maximum of n normal values comes to.
func typical(s Settings, examples, tokens int) []int {
	mean, b, spread := max(1, float64(tokens)/float64(max(1, examples))), s.sentences(), 0.0
	if b < examples {
		spread = max(0, 1.05*math.Sqrt(2*math.Log(float64(s.steps(examples))))-0.7)
	} else {
		b = max(1, examples)
	}
	length := int(math.Ceil(min(float64(s.MaxLength), mean*(1+0.5*spread/math.Sqrt(float64(b))))))
	out := make([]int, max(1, min(b, s.BatchTokens/length)))
	for i := range out {
		out[i] = length
	}
	return out
}

// longestPass is the most tokens of a pass that is not followed by a way back.
func (t *Trainer) longestPass() (most int) {
	sets := t.evals
	if t.policy.Probe() {
		sets = t.corpora()
	}
	for _, c := range sets {
		most = max(most, data.Tokens(c.examples))
	}
	return min(most, t.passTokens())
}

// rehearse takes a step of sentences of these lengths, and an evaluation of some tokens, on a device without memory. Cache and numbers of
// examples are left to the caller.
func rehearse(c encoder.Config, style head.Style, tasks []head.Task, s Settings, lengths []int, pass int) (PlanEvent, error) {
	d := &dry{}
	m := &model.Model{Params: nn.NewSet(d)}
	m.Encoder = encoder.New(&c, m.Params)
	m.Params.Alloc()
	if err := m.SetHeads(style, tasks, 0); err != nil {
		return PlanEvent{}, err
	}
	perWeight := bytesPerTrainable(s)
	s.Epochs, s.Steps, s.Patience, s.Accumulate, s.Shuffle, s.Batch = 1, 1, 0, 1, false, min(len(lengths), 4096)
	ex := blank(lengths, len(tasks))
	t, err := begin(m, s, &corpus{examples: ex}, []*corpus{{examples: filled(ex, pass)}})
	if err != nil {
		return PlanEvent{}, err
	}
	defer t.Close()
	if err := t.rehearse(); err != nil {
		return PlanEvent{}, err
	}
	e := PlanEvent{Event: "plan", Freeze: t.policy.String(), Trainable: m.Params.Trainable(), CacheStage: t.stages}
	e.Frozen = m.Params.Total() - e.Trainable
	e.Memory = Memory{
		Weights: 4 * int64(m.Params.Total()), Gradients: 4 * int64(e.Trainable), Moments: 8 * int64(e.Trainable),
		Activations: t.tape.Bytes(), Scratch: d.scratch(),
	}
	for _, c := range t.corpora() {
		d.peak -= c.cache.bytes()
	}
	e.Memory.Kept = max(0, d.peak-e.Memory.Total()+e.Memory.Scratch)
	e.Memory.Kept += (perWeight - 12) * int64(e.Trainable) // weights to go back to and the best ones
	return e, nil
}

func (t *Trainer) rehearse() error {
	ignore := func(Event) {}
	if t.policy.Probe() {
		if _, err := t.features(); err != nil {
			return err
		}
	} else if err := t.Step(ignore); err != nil {
		return err
	}
	_, err := t.evaluate(ignore)
	return err
}

// blank is sentences of the given lengths that have a label of each task.
func blank(lengths []int, tasks int) []data.Example {
	ex := make([]data.Example, len(lengths))
	for i, n := range lengths {
		ex[i] = data.Example{IDs: make([]int32, n), Labels: make([]int32, tasks)}
	}
	return ex
}

// filled repeats sentences until they have as many tokens.
func filled(ex []data.Example, tokens int) (out []data.Example) {
	for n, i := 0, 0; n < tokens; i++ {
		e := ex[i%len(ex)]
		out, n = append(out, e), n+len(e.IDs)
	}
	return out
}
