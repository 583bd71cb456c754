package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/nn"
	"thaw/core/optim"
)

// Data is what a run learns from and is judged by.
type Data struct {
	Train []data.Record
	Evals []Set
}

// Set is a labelled set to evaluate on.
type Set struct {
	Name    string // "heldout", "natural"
	Records []data.Record
}

// Trainer is one run over one model. One goroutine uses it.
type Trainer struct {
	model    *model.Model
	settings Settings
	freezing freeze.Schedule // over epochs
	policy   freeze.Policy   // in force

	train *corpus
	most  []int // lengths of the sentences in the largest micro-batch
	evals []*corpus

	ops      backend.Backend
	ahead    bool  // ops does a step as a whole
	stop     error // that the device reported of a step that was taken
	tape     *autograd.Tape
	optim    *optim.AdamW
	schedule optim.Schedule
	sums     backend.Buffer   // [tasks] summed losses of a step
	sum      []backend.Buffer // views of its elements
	stages   int              // frozen stages from the bottom

	done   int               // steps so far
	bad    int               // steps in a row whose gradient was not finite
	before map[string]string // digests of the tensors that are frozen now, from when they were frozen
	proved []FrozenTensor    // of tensors that were frozen for a part of the run

	scored int   // step of the last evaluation, -1 before the first
	best   *best // weights of the best evaluation so far, nil without early stopping

	anchor *anchor // weights to go back to, nil before the run
	halved int     // times the run went back, each with half the rate

	undo func() // puts the model's own dropout back
}

// corpus is examples and what the frozen prefix makes of them.
type corpus struct {
	name     string
	examples []data.Example
	cut      int // texts that were longer than maxLength
	cache    *cache
}

// New prepares a run: it checks settings, tasks and records, tokenizes, and gives gradients and moments to what the
// policy thaws. The model has its heads.
func New(m *model.Model, s Settings, d Data) (*Trainer, error) {
	if m.Heads == nil {
		return nil, errors.New("train: the model has no task heads; call SetHeads first")
	}
	if _, err := validate(m, s, s.Freeze); err != nil {
		return nil, err
	}
	train, err := read(m, s, Set{Name: "train", Records: d.Train})
	if err != nil {
		return nil, err
	}
	var evals []*corpus
	for _, e := range d.Evals {
		c, err := read(m, s, e)
		if err != nil {
			return nil, err
		}
		evals = append(evals, c)
	}
	return begin(m, s, train, evals)
}

// begin prepares a run over tokenized examples.
func begin(m *model.Model, s Settings, train *corpus, evals []*corpus) (*Trainer, error) {
	freezing, err := validate(m, s, s.Freeze)
	if err != nil {
		return nil, err
	}
	if len(train.examples) == 0 {
		return nil, errors.New("train: there are no records to train on")
	}
	if freezing.At(0).Probe() {
		if m.Heads.Style != head.Mean {
			return nil, fmt.Errorf("%w: probe fits linear heads on mean-pooled features; take the head %q instead of %q", ErrSettings, head.Mean, m.Heads.Style)
		}
		s.Epochs, s.Steps = 1, 1 // the fit counts as one step
	}
	t := &Trainer{model: m, settings: s, freezing: freezing, policy: freezing.At(0), ops: m.Params.Ops(), scored: -1}
	_, t.ahead = t.ops.(backend.Ahead)
	t.tape = autograd.NewTape(t.ops)
	t.train, t.evals = train, evals
	t.schedule = s.schedule(s.steps(len(train.examples)))
	if s.Patience > 0 {
		if len(evals) == 0 {
			return nil, fmt.Errorf("%w: patience is %d and there is no set to evaluate on; give one, or patience 0", ErrSettings, s.Patience)
		}
		t.best = newBest()
	}
	t.most = t.largest()
	t.tape.Expect(sum(t.most))
	t.thrift(true)
	t.setDropout()
	t.thaw()
	return t, nil
}

// validate says what is wrong with the settings for this model and reads the schedule of policies.
func validate(m *model.Model, s Settings, policies string) (freeze.Schedule, error) {
	if err := s.Check(m.Encoder.Config.Positions); err != nil {
		return freeze.Schedule{}, err
	}
	f, err := freeze.ParseSchedule(policies)
	if err != nil {
		return f, err
	}
	return f, f.Check(m.Names(), m.Encoder.Config.Layers)
}

// read checks and tokenizes a set.
func read(m *model.Model, s Settings, set Set) (*corpus, error) {
	if err := data.Check(m.Heads.Tasks, set.Records); err != nil {
		return nil, fmt.Errorf("%s: %w", set.Name, err)
	}
	ex, cut := data.Examples(m.Tokenizer, m.Heads.Tasks, set.Records, s.MaxLength)
	return &corpus{name: set.Name, examples: ex, cut: cut}, nil
}

// setDropout puts the run's dropout in place of the configuration's.
func (t *Trainer) setDropout() {
	c, h := t.model.Encoder.Config, t.model.Heads
	hidden, attention, classifier := c.Dropout, c.Attention, h.Dropout
	t.undo = func() { c.Dropout, c.Attention, h.Dropout = hidden, attention, classifier }
	if p := t.settings.Dropout; p >= 0 {
		c.Dropout, c.Attention, h.Dropout = p, p, p
	}
}

// trains says whether a parameter trains: its policy thaws it and the loss reaches it.
func (t *Trainer) trains(name string) bool {
	p, ok := t.model.Params.Lookup(name)
	return ok && t.policy.Trains(name) && t.model.Heads.Uses(p)
}

// thaw gives gradients and moments to what trains and plans the cache of the rest.
func (t *Trainer) thaw() {
	m, s := t.model, t.settings
	m.Params.Thaw(t.trains)
	t.planCaches()
	t.optim = optim.NewAdamW(m.Params, s.WeightDecay, s.Clip, rates(s, m.Encoder.Config))
	t.sums = t.ops.Alloc(len(m.Heads.Tasks))
	for i := range m.Heads.Tasks {
		t.sum = append(t.sum, t.sums.View(i, 1))
	}
}

// planCaches plans anew what is kept of the frozen stages.
func (t *Trainer) planCaches() {
	t.stages = t.model.Encoder.Frozen()
	budget := t.settings.CacheBytes
	for _, c := range t.corpora() {
		if c.cache != nil {
			c.cache.free(t.ops)
		}
		c.cache = newCache(t, c.examples, &budget)
	}
}

// corpora are the training set and the evaluation sets.
func (t *Trainer) corpora() []*corpus { return append([]*corpus{t.train}, t.evals...) }

// rates is the factor of each parameter's rate, the schedule's factor times that being the rate: the encoder's or the
// heads', with layer-wise decay d: layer i at d^(L-1-i), the embeddings at d^L.
func rates(s Settings, c *encoder.Config) func(*nn.Param) float64 {
	return func(p *nn.Param) float64 {
		switch {
		case strings.HasPrefix(p.Group, "heads."):
			return s.HeadLR
		case p.Group == "embeddings":
			return s.LR * math.Pow(s.LayerDecay, float64(c.Layers))
		}
		for i := range c.Layers {
			if p.Group == encoder.LayerGroup(i) {
				return s.LR * math.Pow(s.LayerDecay, float64(c.Layers-1-i))
			}
		}
		return s.LR
	}
}

// Run trains to the end and calls emit with what happens. When ctx is done it stops after the last whole step and returns
// nil; it can be called again to go on.
func (t *Trainer) Run(ctx context.Context, emit func(Event)) error {
	begin := time.Now()
	emit(t.plan())
	if err := t.digest(); err != nil {
		return t.stopped(ctx, err, begin, emit)
	}
	if t.anchor == nil {
		if err := t.hold(); err != nil {
			return t.stopped(ctx, err, begin, emit)
		}
	}
	for {
		if ctx.Err() != nil {
			return t.stopped(ctx, ctx.Err(), begin, emit)
		}
		if t.due() {
			sound, err := t.evaluate(emit)
			if err != nil {
				return t.stopped(ctx, err, begin, emit)
			}
			if sound && t.bad == 0 {
				err = t.hold()
			}
			if err != nil {
				return t.stopped(ctx, err, begin, emit)
			}
		}
		if t.over() {
			t.restoreBest()
			if err := t.finish(begin, false, emit); err != nil {
				return t.stopped(ctx, err, begin, emit)
			}
			return nil
		}
		if err := t.advance(emit); err != nil {
			return t.stopped(ctx, err, begin, emit)
		}
		if err := t.next(emit); err != nil {
			return t.stopped(ctx, err, begin, emit)
		}
	}
}

// due says whether an evaluation belongs here: before the first step, after each epoch and at the end.
func (t *Trainer) due() bool {
	whole := t.done%t.settings.stepsOfEpoch(len(t.train.examples)) == 0 || t.done == t.schedule.Steps
	return whole && t.scored != t.done
}

// over says whether the run is at its last step, or has lost its patience.
func (t *Trainer) over() bool {
	return t.done >= t.schedule.Steps || t.best != nil && t.best.since >= t.settings.Patience
}

// next is a step, or the fit of all heads under the policy probe.
func (t *Trainer) next(emit func(Event)) error {
	if t.policy.Probe() {
		return t.fit(emit)
	}
	return t.Step(emit)
}

// stopped ends a run that was asked to stop, or returns the error that ended it.
func (t *Trainer) stopped(ctx context.Context, err error, begin time.Time, emit func(Event)) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	return t.finish(begin, true, emit)
}

// finish proves what was frozen and says that the run is over.
func (t *Trainer) finish(begin time.Time, stopped bool, emit func(Event)) error {
	t.ops.Sync()
	if t.before != nil {
		e, err := t.proof(stopped)
		if err != nil {
			return err
		}
		emit(e)
	}
	t.model.Card.Freeze, t.model.Card.Trained.Steps = t.freezing.String(), t.done
	t.model.Card.Trained.Examples = len(t.train.examples)
	d := DoneEvent{Event: "done", Steps: t.done, Seconds: time.Since(begin).Seconds(), Stopped: stopped}
	if t.best != nil && !stopped {
		d.Early, d.BestStep = t.done < t.schedule.Steps, t.best.step
	}
	emit(d)
	return nil
}

// Steps is the number of steps so far, and Settings those of the run.
func (t *Trainer) Steps() int { return t.done }

// Settings are those of the run.
func (t *Trainer) Settings() Settings { return t.settings }

// thrift asks the device not to keep weights in other forms during the run.
func (t *Trainer) thrift(on bool) {
	if d, ok := t.ops.(backend.Thrifty); ok {
		d.Thrift(on)
	}
}

// Close gives back what the run took: gradients, moments, activations, cache. The model stays.
func (t *Trainer) Close() {
	t.undo()
	t.thrift(false)
	t.tape.Free()
	t.best.free(t.ops)
	t.optim.Free()
	for _, c := range t.corpora() {
		c.cache.free(t.ops)
	}
	t.model.Params.Thaw(func(string) bool { return false })
}
