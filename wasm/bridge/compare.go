package bridge

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"thaw/core/compare"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// The events of a comparison, in the order in which they come: one Scenarios, then for each of its entries a Begun, some
// Progress, and a Row or, of a transfer, an Arm; of a transfer its Arms and the verdict; last Compared.
type (
	// Scenarios says what will be run.
	Scenarios struct {
		Event string     `json:"event"` // "scenarios"
		List  []Scenario `json:"list"`
	}
	// Scenario is one run of a comparison.
	Scenario struct {
		Policy string `json:"policy"` // canonical
		Run    string `json:"run"`    // of a transfer: "B alone", "A then B", "A and B together"
		Seed   uint64 `json:"seed"`
	}
	// Begun says which one begins.
	Begun struct {
		Event string `json:"event"` // "begun"
		Index int    `json:"index"`
	}
	// Progress is a step of it.
	Progress struct {
		Event string  `json:"event"` // "progress"
		Index int     `json:"index"`
		Step  int     `json:"step"`
		Steps int     `json:"steps"`
		Loss  float64 `json:"loss"`
	}
	// Row is what it gave.
	Row struct {
		Event string `json:"event"` // "row"
		Index int    `json:"index"`
		compare.Row
	}
	// Arm is what a run of a transfer has given so far, over the seeds.
	Arm struct {
		Event string `json:"event"` // "arm"
		Index int    `json:"index"`
		compare.Arm
	}
	// Transferred is the whole of a transfer.
	Transferred struct {
		Event   string          `json:"event"` // "transfer"
		A       string          `json:"a"`
		B       string          `json:"b"`
		Policy  string          `json:"policy"`
		Seeds   []uint64        `json:"seeds"`
		Arms    []compare.Arm   `json:"arms"`
		Verdict compare.Verdict `json:"verdict"`
	}
)

// comparison is one that goes on.
type comparison struct {
	course
	s        *session
	base     *model.Model // the encoder as it was loaded
	style    head.Style
	tasks    []head.Task
	settings train.Settings
	data     train.Data
	list     []Scenario
	index    int
	steps    int
	told     time.Time
}

// compare runs a comparison to its end, a stop or a fault. What it trains are copies of the encoder.
func (s *session) compare(id int, a *Compare, open func(string) (Stream, error)) (any, error) {
	c, err := s.comparison(id, a)
	if err != nil {
		return nil, err
	}
	c.going, s.course = true, &c.course
	defer func() { c.going, c.paused = false, false }()
	begin := time.Now()
	base, done, err := s.pristine(a.Files, open)
	if err == nil {
		c.base = base
		err = c.all(s.works[len(s.works)-1].ctx, a.Transfer)
		done()
	}
	stopped := errors.Is(err, compare.ErrStopped) || err != nil && c.stopping
	s.ops.Sync() // what a stop has left pending
	if err != nil && !stopped {
		return nil, err
	}
	reply := Compared{Event: "compared", Seconds: time.Since(begin).Seconds(), Stopped: stopped}
	s.event(id, reply)
	return reply, nil
}

// comparison finds out what is to be run, and whether it can be.
func (s *session) comparison(id int, a *Compare) (*comparison, error) {
	if s.model == nil {
		return nil, notLoaded("comparing")
	}
	if a.Data == nil {
		return nil, fault("data", "Give records, or {synthetic: {n: 2000, seed: 1}}.", "there are no data to train on")
	}
	settings, err := s.settings(a.Settings)
	if err != nil {
		return nil, err
	}
	c := &comparison{course: course{id: id, what: "comparing"}, s: s, style: style(a.Head), settings: settings}
	if c.data, c.tasks, err = gather(&s.words, a.Data, a.Evals, a.Tasks, settings.Seed); err != nil {
		return nil, err
	}
	policies := a.Policies
	switch {
	case a.Transfer != nil:
		policies = []string{settings.Freeze}
	case policies == nil:
		policies = compare.Policies(s.model.Encoder.Config.Layers, c.style, c.tasks)
	}
	for _, p := range policies {
		settings.Freeze = p
		if err := s.fits(settings, c.style, c.tasks); err != nil {
			return nil, err
		}
		schedule, err := freeze.ParseSchedule(p)
		if err != nil {
			return nil, err
		}
		c.list = append(c.list, Scenario{Policy: schedule.String(), Seed: settings.Seed})
	}
	if a.Transfer == nil {
		return c, nil
	}
	return c, c.transfers(a.Transfer)
}

// transfers lists the runs of a transfer in place of the scenario.
func (c *comparison) transfers(t *Transfer) error {
	for _, name := range []string{t.A, t.B} {
		if c.task(name) < 0 {
			return fault("task", "Name two of the tasks that are trained.", "a transfer is between two tasks, and %.80q is none of them", name)
		}
	}
	if t.A == t.B {
		return fault("task", "Name two of the tasks that are trained.", "a transfer is between two tasks, and %q is named twice", t.A)
	}
	if len(c.s.origin.tasks) > 0 {
		return fault("state", "Load a pretrained encoder.", "the loaded model has learnt tasks already, and a transfer begins with a pretrained encoder")
	}
	t.Seeds = max(1, t.Seeds)
	policy := c.list[0].Policy
	c.list = nil
	for i := range t.Seeds {
		for _, run := range []string{compare.Alone, compare.Then, compare.Together} {
			c.list = append(c.list, Scenario{policy, run, c.settings.Seed + uint64(i)})
		}
	}
	return nil
}

func (c *comparison) task(name string) int {
	return slices.IndexFunc(c.tasks, func(t head.Task) bool { return t.Name == name })
}

// pristine is the encoder as it was loaded: the model itself, or, where a run has changed it, a copy whose weights are read
// again. done gives it back.
func (s *session) pristine(files []File, open func(string) (Stream, error)) (base *model.Model, done func(), err error) {
	if !s.worn {
		return s.model, func() {}, nil
	}
	if base, err = s.model.Clone(); err != nil {
		return nil, nil, err
	}
	dropHeads(base)
	if len(s.origin.tasks) > 0 {
		err = base.SetHeads(s.origin.style, slices.Clone(s.origin.tasks), 0)
	}
	if err == nil {
		err = s.again(base, files, open)
	}
	if err != nil {
		base.Free()
		return nil, nil, err
	}
	return base, func() { free(base) }, nil
}

// all runs everything on the list.
func (c *comparison) all(ctx context.Context, t *Transfer) error {
	c.s.event(c.id, Scenarios{"scenarios", c.list})
	if t != nil {
		return c.transfer(ctx, t)
	}
	for i, scenario := range c.list {
		c.begin(i)
		row, err := c.scenario(ctx, scenario.Policy)
		if err != nil {
			return err
		}
		c.s.event(c.id, Row{"row", i, row})
	}
	return nil
}

// scenario trains a copy of the encoder under one policy.
func (c *comparison) scenario(ctx context.Context, policy string) (compare.Row, error) {
	m, err := c.fresh()
	if err != nil {
		return compare.Row{}, err
	}
	defer free(m)
	if err := m.SetHeads(c.style, slices.Clone(c.tasks), c.settings.Seed); err != nil {
		return compare.Row{}, err
	}
	settings := c.settings
	settings.Freeze = policy
	return compare.Scenario(ctx, m, settings, c.data, c.hear)
}

// transfer asks whether a task gains from another.
func (c *comparison) transfer(ctx context.Context, t *Transfer) error {
	x := compare.Transfer{
		A: c.tasks[c.task(t.A)], B: c.tasks[c.task(t.B)], Head: c.style, Settings: c.settings, Data: c.data,
		Open: c.fresh, Watch: c.hear,
		Begin: func(string, uint64) { c.begin(c.index + 1) },
		End:   func(arm compare.Arm, _ uint64) { c.s.event(c.id, Arm{"arm", c.index, arm}) },
	}
	c.index = -1
	var seeds []uint64
	for i := range t.Seeds {
		seeds = append(seeds, c.settings.Seed+uint64(i))
	}
	arms, err := x.Run(ctx, seeds)
	if err != nil {
		return err
	}
	c.s.event(c.id, Transferred{"transfer", t.A, t.B, c.list[0].Policy, seeds, arms, compare.Judge(t.A, t.B, arms)})
	return nil
}

// fresh is a copy of the encoder as it was loaded.
func (c *comparison) fresh() (*model.Model, error) {
	m, err := c.base.Clone()
	if err != nil {
		return nil, err
	}
	if len(c.s.origin.tasks) == 0 && m.Heads != nil {
		dropHeads(m) // a plan has made them
	}
	return m, nil
}

// free gives a copy back. The memory of a page never shrinks, so what it took has to be there for the next.
func free(m *model.Model) {
	m.Free()
	runtime.GC()
}

func (c *comparison) begin(index int) {
	c.index, c.steps, c.told = index, 0, time.Time{}
	c.s.event(c.id, Begun{"begun", index})
}

// hear passes a step on, ten times a second and at the end.
func (c *comparison) hear(e train.Event) {
	step, ok := e.(train.StepEvent)
	if !ok || time.Since(c.told) < breath && step.Step < step.Steps {
		return
	}
	c.told = time.Now()
	c.s.event(c.id, Progress{"progress", c.index, step.Step, step.Steps, step.Loss})
}
