package bridge

import (
	"reflect"
	"slices"
	"testing"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/synth"
)

func record(text string, labels ...string) data.Record {
	r := data.Record{Text: text, Labels: map[string]string{}}
	for i := 0; i < len(labels); i += 2 {
		r.Labels[labels[i]] = labels[i+1]
	}
	return r
}

func TestTasksFrom(t *testing.T) {
	records := []data.Record{
		record("a", "topic", "world"), record("b", "topic", "sports"), record("c", "topic", "business"), record("d", "topic", "sci/tech"),
		record("e", "mood", "sad"), record("f", "mood", "glad"),
	}
	half := 0.5
	for _, c := range []struct {
		name  string
		given []Task
		want  []head.Task
	}{
		{"found, in the grammar's order where it is the grammar's task", nil, []head.Task{
			{Name: "mood", Kind: head.SingleLabel, Labels: []string{"glad", "sad"}, Weight: 1},
			{Name: "topic", Kind: head.SingleLabel, Labels: synth.Tasks()[0].Labels, Weight: 1},
		}},
		{"labels found", []Task{{Name: "mood"}}, []head.Task{{Name: "mood", Kind: head.SingleLabel, Labels: []string{"glad", "sad"}, Weight: 1}}},
		{"given", []Task{{Name: "mood", Labels: []string{"sad", "glad", "mad"}, Weight: &half}}, []head.Task{
			{Name: "mood", Kind: head.SingleLabel, Labels: []string{"sad", "glad", "mad"}, Weight: 0.5}}},
	} {
		got, err := tasksFrom(c.given, records)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	for _, given := range [][]Task{{{Name: "nothing"}}, {{Name: "mood", Kind: "regression", Labels: []string{"a", "b"}}}} {
		if _, err := tasksFrom(given, records); asFaultCode(err) != "task" {
			t.Errorf("%+v: %v, want an error of code task", given, err)
		}
	}
}

func asFaultCode(err error) string {
	if err == nil {
		return ""
	}
	return asFault(err).Code
}

func TestGather(t *testing.T) {
	var records []data.Record
	for i := range 40 {
		records = append(records, record("text", "a", []string{"x", "y"}[i%2], "b", []string{"p", "q"}[i/2%2]))
	}
	natural := []data.Record{record("n", "a", "x"), record("n", "a", "unknown"), record("n", "b", "p")}
	only := []Task{{Name: "a", Labels: []string{"x", "y"}}}
	d, tasks, err := gather(builtIn(), &Source{Records: records}, &Evals{Natural: &Source{Records: natural}}, only, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks) != 1 || len(d.Train) != 36 || d.Evals[0].Name != "heldout" || len(d.Evals[0].Records) != 4 {
		t.Errorf("%d tasks, %d to train on, %+v", len(tasks), len(d.Train), d.Evals)
	}
	if got := d.Evals[1]; got.Name != "natural" || len(got.Records) != 1 {
		t.Errorf("natural set %+v, want the one record whose label is known", got)
	}
	if slices.ContainsFunc(d.Train, func(r data.Record) bool { return r.Labels["b"] != "" }) {
		t.Error("labels of a task that is not learnt are left")
	}
	again, _, _ := gather(builtIn(), &Source{Records: records}, nil, only, 1)
	if !reflect.DeepEqual(again.Evals[0], d.Evals[0]) {
		t.Error("the same seed holds out other records")
	}
}

func TestSyntheticSource(t *testing.T) {
	sentiment := []Task{{Name: "sentiment", Labels: []string{"negative", "positive"}}}
	s := Source{Synthetic: &synth.Spec{N: 20, Seed: 1}}
	records, err := s.records(builtIn(), sentiment)
	if err != nil || len(records) != 20 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		if r.Labels["sentiment"] == "" || r.Labels["topic"] != "" {
			t.Errorf("text for another task: %+v", r)
		}
	}
	if _, err := s.records(builtIn(), []Task{{Name: "urgency", Labels: []string{"low", "high"}}}); asFaultCode(err) != "synth" {
		t.Errorf("a task that the grammar does not know: %v", err)
	}
	if len(s.Synthetic.Tasks) != 0 {
		t.Error("the request was changed")
	}
}

func TestSample(t *testing.T) {
	n, some, err := sample(builtIn(), &Source{Synthetic: &synth.Spec{N: 5000, Seed: 1}}, nil)
	if err != nil || n != 5000 || len(some) != sampled {
		t.Errorf("%d texts, %d sampled, %v", n, len(some), err)
	}
	many := make([]data.Record, 1000)
	for i := range many {
		many[i] = record(string(rune('a' + i/100)))
	}
	n, some, _ = sample(builtIn(), &Source{Records: many}, nil)
	if n != 1000 || len(some) != sampled || some[0].Text == some[sampled-1].Text {
		t.Errorf("%d texts, %d sampled from one end", n, len(some))
	}
}

func TestLayerOf(t *testing.T) {
	for group, want := range map[string]int{"layer.0": 0, "layer.11": 11} {
		if k, ok := layerOf(group); !ok || k != want {
			t.Errorf("layerOf(%q) = %d, %v", group, k, ok)
		}
	}
	for _, group := range []string{"embeddings", "layer.", "layer.x", "heads.layer.1", "pooler"} {
		if _, ok := layerOf(group); ok {
			t.Errorf("layerOf(%q) is true", group)
		}
	}
}
