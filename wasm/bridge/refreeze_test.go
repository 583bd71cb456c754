package bridge

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestRefreezeARun changes what is frozen while a run goes on, and while it is paused: the run hears a plan, goes on to its last
// step, keeps every tensor that was frozen at its end, and its checkpoint carries the new policy.
func TestRefreezeARun(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	id := p.post("train", with(args, "steps", 400), nil)
	var first, second Frozen
	p.must("setFreeze", SetFreeze{"backbone"}, nil, &first)
	p.must("pause", nil, nil, nil)
	p.must("setFreeze", SetFreeze{"layers:2 ; 1:layers:1"}, nil, &second)
	if first.Freeze != "backbone" || first.Step < 2 || first.MemoryBytes == 0 {
		t.Errorf("the first change: %+v", first)
	}
	if second.Freeze != "layers:2; 1:layers:1" || second.Step < first.Step || second.Trainable <= first.Trainable {
		t.Errorf("the second change: %+v", second)
	}
	var file bytes.Buffer
	var saved Run
	p.must("save", nil, func(m *Message) { m.Sink = &file }, &saved)
	if saved.Freeze != second.Freeze {
		t.Errorf("saved under %q", saved.Freeze)
	}
	p.refused("policy", "setFreeze", SetFreeze{"layers:9"}, nil)
	p.must("continue", nil, nil, nil)
	events, reply := p.follow(id, nil)
	if reply.Step != 400 || reply.Stopped || reply.Freeze != second.Freeze {
		t.Errorf("the run ended as %+v", reply)
	}
	for _, e := range events {
		if e["event"] == "frozen" && e["equal"] != true {
			t.Error("frozen tensors have changed")
		}
	}
}

// TestRefreezeTellsTheRun changes what is frozen during the first step: the events of the run have the new plan after it.
func TestRefreezeTellsTheRun(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	id := p.post("train", with(args, "steps", 40), nil)
	p.post("setFreeze", SetFreeze{"all"}, nil) // comes during the first step
	events, _ := p.follow(id, nil)
	var plans []string
	steps := 0
	for _, e := range events {
		switch e["event"] {
		case "step":
			steps++
		case "plan":
			plans = append(plans, fmt.Sprintf("%v after %d", e["freeze"], steps))
		}
	}
	if !slices.Equal(plans, []string{"layers:1 after 0", "all after 1"}) || steps != 40 {
		t.Errorf("plans %v in %d steps", plans, steps)
	}
	var next Planned
	p.must("plan", map[string]any{"tasks": args["tasks"]}, nil, &next)
	if next.Freeze != "all" {
		t.Errorf("the next run would be under %q", next.Freeze)
	}
}

// TestProbe fits heads at once: no steps, one fit a task, scores before and after, and a proof.
func TestProbe(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "freeze", "probe")
	var planned Planned
	p.must("plan", argsWithSettings(args), nil, &planned)
	if planned.Freeze != "probe" || planned.Steps != 1 || planned.Trainable != 2*(2*36+2) || planned.StepMS == nil {
		t.Errorf("planned %+v", planned)
	}
	events, reply := p.run(args)
	count := map[string]int{}
	for _, e := range events {
		count[e["event"].(string)]++
		if e["event"] == "probe" && (e["iterations"].(float64) < 1 || e["task"] == "") {
			t.Errorf("fitted %v", e)
		}
	}
	if count["step"] != 0 || count["probe"] != 2 || count["eval"] != 2 || count["frozen"] != 1 || reply.Freeze != "probe" || reply.Stopped {
		t.Errorf("events %v, %+v", count, reply)
	}
	p.refused("settings", "train", map[string]any{"tasks": args["tasks"], "data": args["data"], "head": "hf", "settings": args["settings"]}, nil)
}

// TestSchedules plans and trains with a policy that changes over the epochs.
func TestSchedules(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(with(args, "freeze", "backbone;1:layers:1"), "epochs", 2)
	delete(args["settings"].(map[string]any), "steps")
	var planned Planned
	p.must("plan", argsWithSettings(args), nil, &planned)
	if planned.Freeze != "backbone; 1:layers:1" || planned.Trainable != 2*(2*36+2) {
		t.Errorf("planned %+v", planned)
	}
	events, _ := p.run(args)
	plans := 0
	for _, e := range events {
		if e["event"] == "plan" {
			plans++
		}
	}
	if plans != 2 {
		t.Errorf("%d plans, want one for each stage", plans)
	}
	var next Frozen
	p.must("setFreeze", SetFreeze{"none;3:all"}, nil, &next)
	if next.Freeze != "none; 3:all" || next.Step != 0 || next.Frozen != 0 {
		t.Errorf("for the next run: %+v", next)
	}
}

// argsWithSettings are the arguments of a plan for a job.
func argsWithSettings(args map[string]any) map[string]any {
	return map[string]any{"tasks": args["tasks"], "data": args["data"], "settings": args["settings"]}
}
