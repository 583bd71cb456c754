package bridge

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// compared is a comparison's events and its reply.
type compared struct {
	events []map[string]any
	reply  Compared
}

// compare runs a comparison to its end; each, unless nil, is called with every event.
func (p *page) compare(args any, with func(*Message), each func(map[string]any)) (c compared) {
	p.t.Helper()
	id := p.post("compare", args, with)
	for {
		a := p.hear()
		switch {
		case a.ID != id:
			continue
		case a.Error != nil:
			p.t.Fatalf("compare: %s: %s", a.Error.Code, a.Error.Message)
		case a.Event == nil:
			if err := json.Unmarshal(a.Reply, &c.reply); err != nil {
				p.t.Fatal(err)
			}
			return c
		}
		c.events = append(c.events, a.Event)
		if each != nil {
			each(a.Event)
		}
	}
}

// of are the events of a kind, without what depends on the clock.
func (c compared) of(kind string) (list []map[string]any) {
	for _, e := range c.events {
		if e["event"] == kind {
			delete(e, "seconds")
			list = append(list, e)
		}
	}
	return list
}

func (p *page) predicted() string {
	p.t.Helper()
	return string(p.call("predict", Predict{Texts: []string{"a goal", "a warm story"}}, nil).Reply)
}

// TestCompare runs the scenarios of the seed: all begin alike, the control stays where it was, and the same seed gives the same rows.
func TestCompare(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 6)
	first := p.compare(args, nil, nil)
	rows := first.of("row")
	var policies []string
	for i, r := range rows {
		policies = append(policies, r["policy"].(string))
		score := r["scores"].([]any)[0].(map[string]any)
		if r["index"].(float64) != float64(i) || score["lossBefore"] != rows[0]["scores"].([]any)[0].(map[string]any)["lossBefore"] {
			t.Errorf("%s begins with %v", r["policy"], score)
		}
		if (score["lossAfter"] == score["lossBefore"]) != (r["policy"] == "all") {
			t.Errorf("%s ends with %v", r["policy"], score)
		}
	}
	if got := strings.Join(policies, " "); got != "all probe backbone head:topic layers:1 none" {
		t.Errorf("rows of %s", got)
	}
	last := first.events[len(first.events)-1]
	if n := len(first.of("begun")); n != 6 || len(first.of("scenarios")) != 1 || len(first.of("progress")) < 5 || last["event"] != "compared" || first.reply.Stopped {
		t.Errorf("%d began, the last event is %v", n, last)
	}
	if second := p.compare(args, nil, nil).of("row"); !reflect.DeepEqual(rows, second) {
		t.Errorf("the same seed gave\n%v\n%v", rows, second)
	}
}

// TestCompareLeavesTheModel trains, compares and finds what was learnt, and the run that can be saved, as they were. The
// scenarios begin with the weights as they were loaded, not with those of the run.
func TestCompareLeavesTheModel(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 4)
	three := map[string]any{"policies": []string{"layers:1", "none", "all"}}
	for k, v := range args {
		three[k] = v
	}
	fresh := p.compare(three, nil, nil).of("row")
	p.run(args)
	before, saved := p.predicted(), new(bytes.Buffer)
	p.must("save", nil, func(m *Message) { m.Sink = saved }, nil)
	files, message := offer(tinyFiles(t), nil)
	three["files"] = files.Files
	var during string
	worn := p.compare(three, message, func(e map[string]any) {
		if e["event"] == "begun" && during == "" {
			p.post("pause", nil, nil)
			p.post("continue", nil, nil)
			during = p.predicted()
		}
	}).of("row")
	if !reflect.DeepEqual(fresh, worn) {
		t.Errorf("after a run the rows are\n%v\nbefore it\n%v", worn, fresh)
	}
	again := new(bytes.Buffer)
	p.must("save", nil, func(m *Message) { m.Sink = again }, nil)
	if after := p.predicted(); after != before || during != before || !bytes.Equal(saved.Bytes(), again.Bytes()) {
		t.Errorf("predicted %s before, %s during and %s after", before, during, after)
	}
	delete(three, "files")
	p.refused("message", "compare", three, nil)
}

// TestCompareStops pauses and stops a comparison: it rests, then ends with the rows it has.
func TestCompareStops(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 3000)
	two := map[string]any{"policies": []string{"all", "none"}}
	for k, v := range args {
		two[k] = v
	}
	var state State
	c := p.compare(two, nil, func(e map[string]any) {
		if e["event"] != "progress" || e["index"] != 1.0 || state.State != "" {
			return
		}
		p.must("pause", nil, nil, &state)
		p.refused("busy", "train", args, nil)
		p.must("stop", nil, nil, nil)
	})
	if state.State != "paused" || !c.reply.Stopped || len(c.of("row")) != 1 {
		t.Errorf("state %q, %+v, %d rows", state.State, c.reply, len(c.of("row")))
	}
	if _, reply := p.run(with(args, "steps", 2)); reply.Step != 2 {
		t.Errorf("the run after it ended as %+v", reply)
	}
}

func TestCompareTransfer(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(args, "steps", 4)
	names := []string{}
	for _, task := range args["tasks"].([]any) {
		names = append(names, task.(map[string]any)["name"].(string))
	}
	args["transfer"] = map[string]any{"a": names[0], "b": names[1], "seeds": 2}
	c := p.compare(args, nil, nil)
	whole := c.of("transfer")
	if len(c.of("arm")) != 6 || len(whole) != 1 || len(whole[0]["arms"].([]any)) != 3 || len(whole[0]["seeds"].([]any)) != 2 {
		t.Fatalf("events %v", c.events)
	}
	verdict := whole[0]["verdict"].(map[string]any)
	if !strings.Contains(verdict["sentence"].(string), names[1]) || len(verdict["gains"].([]any)) != 2 {
		t.Errorf("verdict %v", verdict)
	}
	if list := c.of("scenarios")[0]["list"].([]any); len(list) != 6 || list[4].(map[string]any)["run"] != "A then B" || list[4].(map[string]any)["seed"] != 4.0 {
		t.Errorf("scenarios %v", list)
	}
}

func TestCompareRefuses(t *testing.T) {
	p := newPage(t)
	args, _ := tiny(t)
	p.refused("state", "compare", args, nil)
	p.loadTiny()
	p.refused("data", "compare", map[string]any{}, nil)
	p.refused("settings", "compare", with(args, "batch", 0), nil)
	for code, more := range map[string]map[string]any{
		"policy":  {"policies": []string{"all", "layers:9"}},
		"task":    {"transfer": map[string]any{"a": "topic", "b": "nobody"}},
		"message": {"transfer": map[string]any{"a": "topic", "b": "x", "seeds": 1000}},
	} {
		for k, v := range args {
			more[k] = v
		}
		p.refused(code, "compare", more, nil)
	}
	p.refused("message", "compare", map[string]any{"policy": "all"}, nil)
}

// TestDiverged trains with absurd rates: the run ends with a sentence, and the worker goes on answering.
func TestDiverged(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	args = with(with(with(args, "steps", 200), "lr", 1e30), "headLr", 1e30)
	id := p.post("train", args, nil)
	back := 0
	for {
		a := p.hear()
		if a.ID == id && a.Event["event"] == "rollback" {
			back++
		}
		if a.ID != id || a.Event != nil {
			continue
		}
		if a.Error == nil || !strings.Contains(a.Error.Message, "try a smaller lr") || back != 5 {
			t.Errorf("after %d rollbacks: %s %+v", back, a.Reply, a.Error)
		}
		break
	}
	p.must("predict", Predict{Texts: []string{"a goal"}}, nil, nil)
	p.must("hello", nil, nil, nil)
}

// TestUnwritable answers with an error where JSON cannot carry a reply.
func TestUnwritable(t *testing.T) {
	p := &page{t: t, out: make(chan answer, 2)}
	s := &session{port: p}
	s.event(1, map[string]float64{"loss": math.NaN()})
	s.answer(1, map[string]float64{"loss": math.NaN()}, nil)
	if a := p.hear(); s.broken != nil || a.Error == nil || a.Error.Code != "diverged" {
		t.Errorf("%+v, %v", a, s.broken)
	}
}
