package bridge

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTrainsAsRecorded(t *testing.T) {
	p := newPage(t)
	l := p.loadTiny()
	if l.Family != "bert" || l.Layers != 3 || l.Hidden != 36 || len(l.Parameters) == 0 {
		t.Fatalf("loaded %+v", l)
	}
	args, want := tiny(t)
	events, reply := p.run(args)
	got := lossesOf(events)
	if len(got) != len(want) {
		t.Fatalf("losses %v, want %v", got, want)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-4 {
			t.Errorf("step %d: loss %v, want %v", i+1, got[i], want[i])
		}
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e["event"].(string))
		if e["event"] == "frozen" && e["equal"] != true {
			t.Error("frozen tensors have changed")
		}
	}
	if text := strings.Join(kinds, " "); text != "plan eval step step step eval frozen done" {
		t.Errorf("events %s", text)
	}
	if reply.Step != 3 || reply.Steps != 3 || reply.Stopped || reply.Freeze != "layers:1" {
		t.Errorf("the run ended as %+v", reply)
	}
}

func TestAnswersDuringARun(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	id := p.post("train", with(args, "steps", 400), nil)
	p.must("pause", nil, nil, nil)
	for range 3 {
		var said Predictions
		p.must("predict", Predict{Texts: []string{"the team won"}}, nil, &said)
		if len(said.Predictions) != 1 || len(said.Predictions[0]["topic"].Scores) != 2 {
			t.Fatalf("predicted %+v", said)
		}
	}
	p.refused("busy", "setFreeze", SetFreeze{"probe"}, nil)
	p.refused("busy", "train", args, nil)
	var state State
	p.must("continue", nil, nil, &state)
	if state.State != "training" {
		t.Errorf("state %q after continue", state.State)
	}
	p.must("evaluate", map[string]any{"data": args["data"]}, nil, nil)
	p.must("plan", map[string]any{"tasks": args["tasks"]}, nil, nil)
	p.must("stop", nil, nil, nil)
	events, reply := p.follow(id, nil)
	last := events[len(events)-1]
	if !reply.Stopped || last["event"] != "done" || last["stopped"] != true {
		t.Errorf("after stop: %+v, %v", reply, last)
	}
	p.must("setFreeze", SetFreeze{"backbone"}, nil, nil)
}

// TestPauseHoldsStill pauses a run and looks that no step comes until it goes on.
func TestPauseHoldsStill(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	id := p.post("train", with(args, "steps", 30), nil)
	p.must("pause", nil, nil, nil)
	held := len(p.out)
	for range 5 {
		p.must("hello", nil, nil, nil)
	}
	if n := len(p.out); n > held {
		t.Errorf("%d messages came while the run was paused", n-held)
	}
	p.must("continue", nil, nil, nil)
	if _, reply := p.follow(id, nil); reply.Step != 30 || reply.Stopped {
		t.Errorf("the run ended as %+v", reply)
	}
}

// TestQuestionsChangeNothing trains with and without predictions in between: the same losses.
func TestQuestionsChangeNothing(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 12)
	plain, _ := p.run(args)
	p.loadTiny()
	id := p.post("train", args, nil)
	asked, _ := p.follow(id, func(event map[string]any) {
		if event["event"] == "step" {
			p.post("predict", Predict{Texts: []string{"a goal", "a warm story and a bad film"}}, nil)
		}
	})
	if a, b := lossesOf(plain), lossesOf(asked); !slices.Equal(a, b) {
		t.Errorf("losses with questions %v, without %v", b, a)
	}
}

func TestResumeGoesOnWithTheSameBits(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 10)
	whole, _ := p.run(args)
	p.loadTiny()
	var file bytes.Buffer
	id := p.post("train", args, nil)
	var saved Run
	p.must("save", nil, func(m *Message) { m.Sink = &file }, &saved)
	p.must("stop", nil, nil, nil)
	p.follow(id, nil)
	if saved.Step >= 10 || file.Len() == 0 {
		t.Fatalf("saved %d bytes at step %d", file.Len(), saved.Step)
	}
	p.loadTiny()
	var resumed Run
	p.must("resume", map[string]any{"tasks": saved.Tasks, "data": args["data"], "evals": args["evals"], "settings": saved.Settings}, func(m *Message) {
		m.Open = func(string) (Stream, error) { return source{bytes.NewReader(file.Bytes()), nil}, nil }
	}, &resumed)
	if resumed.Step != saved.Step || resumed.Steps != 10 {
		t.Errorf("resumed %+v, saved %+v", resumed, saved)
	}
	rest, reply := p.run(Train{})
	if a, b := lossesOf(whole)[saved.Step:], lossesOf(rest); !slices.Equal(a, b) {
		t.Errorf("losses after resuming %v, in the whole run %v", b, a)
	}
	if reply.Step != 10 || reply.Stopped {
		t.Errorf("the resumed run ended as %+v", reply)
	}
}

func TestSaveWaitsForItsStep(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	p.refused("state", "save", nil, func(m *Message) { m.Sink = new(bytes.Buffer) })
	id := p.post("train", with(args, "steps", 200), nil)
	p.must("pause", nil, nil, nil)
	var file bytes.Buffer
	p.must("save", nil, func(m *Message) { m.Sink = &file }, nil) // answers although the run is paused
	var state State
	p.must("stop", nil, nil, &state)
	p.follow(id, nil)
	if file.Len() == 0 {
		t.Error("nothing was written")
	}
	p.must("save", nil, func(m *Message) { m.Sink = &file }, nil)
}

func TestEncode(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	a := p.call("encode", Encode{Texts: []string{"the team", "won"}, Pool: "mean"}, nil)
	if a.Error != nil || len(a.Binary) != 2 || len(floats(a.Binary[0])) != 36 {
		t.Fatalf("encoded %s %v in %d arrays", a.Reply, a.Error, len(a.Binary))
	}
	b := p.call("encode", Encode{Texts: []string{"the team"}, Pool: "none"}, nil)
	rows := floats(b.Binary[0])
	var sum float32
	for i := 0; i < len(rows); i += 36 {
		sum += rows[i]
	}
	if mean := sum / float32(len(rows)/36); math.Abs(float64(mean-floats(a.Binary[0])[0])) > 1e-6 {
		t.Errorf("the mean of the rows is %v, the pooled one %v", mean, floats(a.Binary[0])[0])
	}
	p.refused("failed", "encode", Encode{Texts: []string{"x"}, Pool: "sum"}, nil)
}

func TestRefusals(t *testing.T) {
	p := newPage(t)
	args, _ := tiny(t)
	for _, cmd := range []string{"train", "plan"} {
		p.refused("state", cmd, argsOf(args, cmd), nil)
	}
	p.refused("state", "predict", Predict{Texts: []string{"x"}}, nil)
	p.refused("state", "setFreeze", SetFreeze{"none"}, nil)
	p.refused("message", "nonsense", nil, nil)
	p.refused("synth", "synth", map[string]any{"spec": map[string]any{"n": -1}}, nil)
	p.loadTiny()
	p.refused("settings", "train", with(args, "epoch", 3), nil)
	p.refused("settings", "train", with(args, "batch", 0), nil)
	p.refused("settings", "train", with(args, "batch", "many"), nil)
	p.refused("policy", "train", with(args, "freeze", "layers:9"), nil)
	p.refused("policy", "setFreeze", SetFreeze{"head:nobody"}, nil)
	p.refused("data", "train", Train{}, nil)
	p.refused("task", "train", map[string]any{"tasks": []Task{{Name: "text", Labels: []string{"a", "b"}}}, "data": args["data"]}, nil)
	p.refused("state", "train", map[string]any{"resume": true}, nil)
	p.refused("checkpoint", "resume", map[string]any{"data": args["data"]}, func(m *Message) {
		m.Open = func(string) (Stream, error) { return source{strings.NewReader("no checkpoint"), nil}, nil }
	})
	p.must("hello", nil, nil, nil) // and it still answers
}

// argsOf are the arguments of a job that a command has.
func argsOf(args map[string]any, cmd string) map[string]any {
	if cmd == "train" {
		return args
	}
	return map[string]any{"tasks": args["tasks"]}
}

// TestPlanLeavesNoTrace plans with another seed before the run: the losses are those of the run alone.
func TestPlanLeavesNoTrace(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, want := tiny(t)
	var planned Planned
	p.must("plan", map[string]any{"tasks": args["tasks"], "data": args["data"], "settings": map[string]any{"seed": 99, "freeze": "backbone"}}, nil, &planned)
	if planned.Trainable != 2*(2*36+2) || planned.StepMS == nil || planned.Freeze != "backbone" {
		t.Errorf("planned %+v", planned)
	}
	var other Planned
	p.must("plan", map[string]any{"tasks": []Task{{Name: "mood", Labels: []string{"a", "b", "c"}}}, "settings": map[string]any{"freeze": "backbone"}}, nil, &other)
	if other.Trainable != 3*36+3 {
		t.Errorf("planned %+v for another task", other)
	}
	events, _ := p.run(args)
	for i, l := range lossesOf(events) {
		if math.Abs(l-want[i]) > 1e-4 {
			t.Errorf("step %d: loss %v, want %v", i+1, l, want[i])
		}
	}
}

// TestBadRunsTakeNothing asks for runs that cannot be: the heads that have learnt stay.
func TestBadRunsTakeNothing(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	p.run(args)
	before := p.call("predict", Predict{Texts: []string{"a goal"}}, nil)
	other := map[string]any{"data": map[string]any{"records": []map[string]any{
		{"text": "x", "labels": map[string]string{"mood": "a"}}, {"text": "y", "labels": map[string]string{"mood": "b"}},
	}}, "settings": map[string]any{}}
	p.refused("settings", "train", with(other, "batch", 0), nil)
	p.refused("policy", "train", with(other, "freeze", "head:topic"), nil)
	p.refused("policy", "train", with(other, "freeze", "layers:99"), nil)
	if after := p.call("predict", Predict{Texts: []string{"a goal"}}, nil); string(after.Reply) != string(before.Reply) {
		t.Errorf("predicted %s before and %s after", before.Reply, after.Reply)
	}
}

// TestQuestionsBeforeARun asks for a load, a run and a plan at once, so that the plan waits when the run begins: its answer comes in the
// run and not behind it.
func TestQuestionsBeforeARun(t *testing.T) {
	p := newPage(t)
	load, files := offer(tinyFiles(t), nil)
	args, _ := tiny(t)
	p.post("load", load, files)
	run := p.post("train", with(args, "steps", 50), nil)
	question := p.post("plan", argsWithSettings(args), nil)
	for {
		a := p.hear()
		if a.ID == question {
			if a.Error != nil {
				t.Fatal(a.Error.Message)
			}
			break
		}
		if a.ID == run && a.Event == nil {
			t.Fatal("the run is over and the question that came before it has no answer")
		}
	}
	p.follow(run, nil)
}
