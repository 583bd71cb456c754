package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/safetensors"
)

// toy is records whose labels can be told from single letters, with some labels missing.
func toy(n, from int) []data.Record {
	out := make([]data.Record, n)
	for i := range out {
		k := from + i
		topic, mood := k%4, k/4%2
		text := strings.Repeat(string(rune('a'+topic))+" ", 1+k%5) + strings.Repeat(string(rune('w'+mood))+" ", 1+k%3) + string(rune('k'+k%7))
		out[i] = data.Record{Text: text, Labels: map[string]string{}}
		if k%5 != 0 {
			out[i].Labels["topic"] = fmt.Sprintf("t%d", topic)
		}
		if k%3 != 0 {
			out[i].Labels["mood"] = fmt.Sprintf("m%d", mood)
		}
	}
	return out
}

func toyTasks() []head.Task {
	return []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"t0", "t1", "t2", "t3"}, Weight: 1},
		{Name: "mood", Kind: head.SingleLabel, Labels: []string{"m0", "m1"}, Weight: 1},
	}
}

// toySettings are quick, with dropout and micro-batches.
func toySettings(policy string) Settings {
	s := Defaults(3)
	s.Freeze, s.Epochs, s.LR, s.HeadLR, s.Dropout, s.MaxLength, s.BatchTokens = policy, 4, 3e-3, 3e-2, 0.1, 40, 100
	return s
}

func toyData() Data {
	return Data{Train: toy(96, 1), Evals: []Set{{Name: "heldout", Records: toy(40, 1000)}}}
}

func toyTrainer(t testing.TB, pool kernel.Pool, s Settings, style head.Style) (*Trainer, *model.Model) {
	t.Helper()
	m := tinyModel(t, cpu.New(pool))
	if err := m.SetHeads(style, toyTasks(), s.Seed); err != nil {
		t.Fatal(err)
	}
	tr, err := New(m, s, toyData())
	if err != nil {
		t.Fatal(err)
	}
	return tr, m
}

// run runs to the end and returns the events.
func run(t testing.TB, tr *Trainer) (events []Event) {
	t.Helper()
	if err := tr.Run(context.Background(), func(e Event) { events = append(events, e) }); err != nil {
		t.Fatal(err)
	}
	return events
}

// values are all parameters' bits.
func values(t testing.TB, m *model.Model) map[string][]uint32 {
	t.Helper()
	out := map[string][]uint32{}
	for _, p := range m.Params.Params() {
		v := make([]float32, p.Size())
		if err := m.Params.Ops().Read(v, p.Value); err != nil {
			t.Fatal(err)
		}
		for _, e := range v {
			out[p.Name] = append(out[p.Name], math.Float32bits(e))
		}
	}
	return out
}

func sameBits(t testing.TB, what string, a, b map[string][]uint32) {
	t.Helper()
	for name, v := range a {
		if !slices.Equal(v, b[name]) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

// TestLearns: every policy but all makes the losses fall, keeps what it freezes and changes what it thaws.
func TestLearns(t *testing.T) {
	for _, policy := range []string{"none", "all", "backbone", "layers:1", "layers:3", "head:topic", "backbone,!*LayerNorm*", "*.query.weight,*.key.bias"} {
		for _, style := range []head.Style{head.Mean, head.HF} {
			t.Run(policy+"/"+string(style), func(t *testing.T) { learns(t, policy, style) })
		}
	}
}

func learns(t *testing.T, policy string, style head.Style) {
	tr, m := toyTrainer(t, kernel.Serial(), toySettings(policy), style)
	before := values(t, m)
	var first, last float64
	var evals []EvalEvent
	var frozen FrozenEvent
	for _, e := range run(t, tr) {
		switch e := e.(type) {
		case StepEvent:
			if e.Step <= 6 {
				first += e.Loss / 6
			}
			if e.Step > e.Steps-6 {
				last += e.Loss / 6
			}
		case EvalEvent:
			evals = append(evals, e)
		case FrozenEvent:
			frozen = e
		}
	}
	if policy == "all" {
		if d := math.Abs(first - last); d > 0.15 {
			t.Errorf("everything is frozen, yet the mean loss went from %g to %g", first, last)
		}
	} else if last > 0.8*first {
		t.Errorf("the mean loss went from %g to %g only", first, last)
	}
	if !frozen.Equal {
		t.Error("a frozen tensor changed")
	}
	after, still := values(t, m), 0
	for name, v := range before {
		p, _ := tr.model.Params.Lookup(name)
		if equal := slices.Equal(v, after[name]); equal != !p.Thawed() {
			t.Errorf("%s: thawed %v, bits equal %v", name, p.Thawed(), equal)
		} else if equal {
			still++
		}
	}
	if still != frozen.Tensors {
		t.Errorf("%d tensors kept their bits, the proof names %d", still, frozen.Tensors)
	}
	if len(evals) != 5 || evals[0].Step != 0 || evals[4].Tasks["topic"].N == 0 {
		t.Errorf("evaluations: %+v", evals)
	}
	if up := evals[4].Tasks["topic"].Accuracy - evals[0].Tasks["topic"].Accuracy; policy == "none" && up < 0.2 {
		t.Errorf("held-out accuracy rose by %g only", up)
	}
}

// TestThreadsAndRuns: one thread and several give the same bits, and so does a second run.
func TestThreadsAndRuns(t *testing.T) {
	for _, policy := range []string{"none", "layers:1"} {
		tr, m := toyTrainer(t, kernel.Serial(), toySettings(policy), head.HF)
		run(t, tr)
		want := values(t, m)
		for _, n := range []int{1, 2, 3} {
			tr, m := toyTrainer(t, kernel.Goroutines(n), toySettings(policy), head.HF)
			run(t, tr)
			sameBits(t, fmt.Sprintf("%s, %d threads", policy, n), want, values(t, m))
		}
	}
}

// TestCache: a cached prefix, one that the budget cuts short and none give the same bits.
func TestCache(t *testing.T) {
	for _, policy := range []string{"layers:0", "layers:2", "backbone"} {
		var want map[string][]uint32
		for _, budget := range []int64{1 << 30, 20000, 0} {
			s := toySettings(policy)
			s.CacheBytes = budget
			tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
			run(t, tr)
			if want == nil {
				want = values(t, m)
			}
			sameBits(t, fmt.Sprintf("%s, budget %d", policy, budget), want, values(t, m))
		}
	}
}

// TestResume: a run that is stopped at any step, saved and resumed ends with the bits of one that was not.
func TestResume(t *testing.T) {
	for _, policy := range []string{"none", "layers:2", "backbone"} {
		s := toySettings(policy)
		tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
		var whole []Event
		whole = run(t, tr)
		want := values(t, m)
		for _, at := range []int{1, 5, 6, 17} {
			tr, _ := toyTrainer(t, kernel.Serial(), s, head.Mean)
			ctx, cancel := context.WithCancel(context.Background())
			err := tr.Run(ctx, func(e Event) {
				if e, ok := e.(StepEvent); ok && e.Step == at {
					cancel()
				}
			})
			cancel()
			if err != nil || tr.Steps() != at {
				t.Fatalf("stopped at step %d with %v, want %d", tr.Steps(), err, at)
			}
			var file bytes.Buffer
			if err := tr.Save(&file); err != nil {
				t.Fatal(err)
			}
			m2 := tinyModel(t, cpu.New(kernel.Serial()))
			tr2, err := Resume(m2, &file, toyData())
			if err != nil {
				t.Fatal(err)
			}
			events := run(t, tr2)
			sameBits(t, fmt.Sprintf("%s, resumed at %d", policy, at), want, values(t, m2))
			sameSteps(t, whole, events, at)
		}
	}
}

// sameSteps compares the losses of the steps after at.
func sameSteps(t *testing.T, whole, rest []Event, at int) {
	t.Helper()
	losses := func(es []Event, from int) (l []float64) {
		for _, e := range es {
			if e, ok := e.(StepEvent); ok && e.Step > from {
				l = append(l, e.Loss)
			}
		}
		return l
	}
	if a, b := losses(whole, at), losses(rest, 0); !slices.Equal(a, b) {
		t.Errorf("losses after step %d: %v, uninterrupted %v", at, b, a)
	}
}

// TestTickStops: an error between any two operations of a step ends it without touching a parameter, and the run as stopped.
func TestTickStops(t *testing.T) {
	ended := false
	for after := 1; !ended; after += 7 {
		ended = stopAfter(t, after)
	}
}

// stopAfter stops a run some operations into its fourth step; it says whether the step was over before.
func stopAfter(t *testing.T, after int) (over bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls, at := 0, 0
	device := cpu.New(kernel.Serial(), cpu.Tick(func() error {
		if calls++; calls == at {
			cancel()
		}
		return ctx.Err()
	}))
	m := tinyModel(t, device)
	if err := m.SetHeads(head.Mean, toyTasks(), 1); err != nil {
		t.Fatal(err)
	}
	tr, err := New(m, toySettings("none"), Data{Train: toy(96, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var last map[string][]uint32
	stopped := false
	err = tr.Run(ctx, func(e Event) {
		switch e := e.(type) {
		case StepEvent:
			if last = values(t, m); e.Step == 3 {
				at = calls + after
			}
		case DoneEvent:
			stopped = e.Stopped
		}
	})
	if err != nil || !stopped || tr.Steps() < 3 || tr.Steps() > 4 {
		t.Fatalf("error %v, stopped %v at step %d", err, stopped, tr.Steps())
	}
	sameBits(t, fmt.Sprintf("stopped %d operations after step 3", after), last, values(t, m))
	return tr.Steps() == 4
}

func TestSettingsAreChecked(t *testing.T) {
	bad := map[string]func(*Settings){
		"epochs": func(s *Settings) { s.Epochs = 0 }, "batch": func(s *Settings) { s.Batch = -1 },
		"maxLength": func(s *Settings) { s.MaxLength = 41 }, "lr": func(s *Settings) { s.LR = math.NaN() },
		"dropout": func(s *Settings) { s.Dropout = 1 }, "schedule": func(s *Settings) { s.Schedule = "step" },
		"warmup": func(s *Settings) { s.Warmup = 1 }, "layers": func(s *Settings) { s.Freeze = "layers:9" },
		"names no parameter": func(s *Settings) { s.Freeze = "head:mood2" },
	}
	for want, change := range bad {
		s := toySettings("none")
		change(&s)
		m := tinyModel(t, cpu.New(kernel.Serial()))
		if err := m.SetHeads(head.Mean, toyTasks(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := New(m, s, toyData()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	tr, _ := toyTrainer(t, kernel.Serial(), toySettings("none"), head.Mean)
	var file bytes.Buffer
	if err := tr.Save(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	other := toyData()
	other.Train = other.Train[1:]
	turned := toyData()
	turned.Train = append(slices.Clone(turned.Train[1:]), turned.Train[0])
	for want, r := range map[string]struct {
		file []byte
		data Data
	}{
		"go on with the same data":                       {whole, other},
		"differ from the data in texts, labels or order": {whole, turned},
		"checkpoint":                     {whole[:len(whole)-7], toyData()},
		"its step is -1, want 0 to":      {changed(t, whole, "step", -1), toyData()},
		"its step is 99999, want 0 to":   {changed(t, whole, "step", 99999), toyData()},
		"its updates is 7, want 0 to 0":  {changed(t, whole, "updates", 7), toyData()},
		"its skipped is -2, want 0":      {changed(t, whole, "skipped", -2), toyData()},
		`"heads.x" has missed 3 updates`: {changed(t, whole, "missed", map[string]int{"heads.x": 3}), toyData()},
	} {
		m := tinyModel(t, cpu.New(kernel.Serial()))
		if _, err := Resume(m, bytes.NewReader(r.file), r.data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

// changed is a checkpoint with another value in its state.
func changed(t *testing.T, file []byte, field string, value any) []byte {
	t.Helper()
	tensors, meta, err := safetensors.Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal([]byte(meta["thaw"]), &state); err != nil {
		t.Fatal(err)
	}
	state[field] = value
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := safetensors.Encode(&out, slices.Collect(maps.Values(tensors)), map[string]string{"thaw": string(text)}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
