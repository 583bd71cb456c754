package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"thaw/core/train"
)

// messages are the fixtures that site/test/protocol.test.js reads as well.
type messages struct {
	Commands []struct {
		JSON    string  `json:"json"`
		Command string  `json:"command"`
		Error   *string `json:"error"` // what its message holds
	} `json:"commands"`
	Answers []struct{ JSON, Kind, Of string } `json:"answers"`
}

func fixtures(t *testing.T) (m messages) {
	text, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDecode(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fixtures(t).Commands {
		c, err := Decode([]byte(f.JSON))
		switch {
		case f.Error == nil && err != nil:
			t.Errorf("%s: %v", f.JSON, err)
		case f.Error == nil && c.Name != f.Command:
			t.Errorf("%s: decoded as %q", f.JSON, c.Name)
		case f.Error != nil && (!errors.Is(err, ErrMessage) || !strings.Contains(err.Error(), *f.Error)):
			t.Errorf("%s: error %v, want an ErrMessage with %q", f.JSON, err, *f.Error)
		}
		seen[c.Name] = true
	}
	for _, name := range commands {
		if !seen[name] {
			t.Errorf("no fixture has the command %s", name)
		}
	}
}

// commands are all commands; the twin's test compares its table with the fixtures, too.
var commands = []string{
	"hello", "load", "plan", "outlook", "synth", "natural", "leakage", "train", "pause", "continue", "stop", "setFreeze", "setDevice", "predict",
	"evaluate", "encode", "save", "resume", "compare", "report", "cancel", "close",
}

func TestDecodeKeepsWhatItReads(t *testing.T) {
	c, err := Decode([]byte(`{"id":8,"cmd":"train","args":{"tasks":[{"name":"a","labels":["x","y"],"weight":0}],` +
		`"data":{"records":[{"text":"caf\u00e9","labels":{"a":"x"}}]},"settings":{"batch":4},"resume":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	a := c.Args.(*Train)
	if c.ID != 8 || *a.Tasks[0].Weight != 0 || a.Data.Records[0].Text != "café" || string(a.Settings) != `{"batch":4}` || *a.Resume {
		t.Errorf("decoded as %+v", a)
	}
}

func TestLimits(t *testing.T) {
	for _, args := range []string{
		`{"id":1,"cmd":"predict","args":{"texts":["x"` + strings.Repeat(`,"x"`, maxTexts) + `]}}`,
		`{"id":1,"cmd":"load","args":{"files":[{}` + strings.Repeat(`,{}`, maxFiles) + `]}}`,
		`{"id":1,"cmd":"train","args":{"tasks":[{}` + strings.Repeat(`,{}`, maxTasks) + `]}}`,
		`{"id":1,"cmd":"evaluate","args":{"data":{}}}`,
		`{"id":1,"cmd":"evaluate","args":{"data":{"records":[],"synthetic":{"n":1}}}}`,
	} {
		if _, err := Decode([]byte(args)); !errors.Is(err, ErrMessage) {
			t.Errorf("%.60s…: %v, want an ErrMessage", args, err)
		}
	}
}

// TestAnswers writes each answer of the fixtures from Go's types again: the same fields, the same bytes.
func TestAnswers(t *testing.T) {
	for _, f := range fixtures(t).Answers {
		into := answerOf(f.Kind, f.Of)
		var envelope map[string]json.RawMessage
		if err := json.Unmarshal([]byte(f.JSON), &envelope); err != nil {
			t.Fatal(err)
		}
		if err := strict(envelope[f.Kind], into); err != nil {
			t.Errorf("%s: %v", f.JSON, err)
			continue
		}
		text, err := json.Marshal(into)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, envelope[f.Kind]) {
			t.Errorf("%s %s is written %s", f.Kind, f.Of, text)
		}
	}
}

func answerOf(kind, of string) any {
	if kind == "error" {
		return new(Fault)
	}
	all := map[string]map[string]any{
		"reply": {
			"hello": new(Greeting), "load": new(Loaded), "plan": new(Planned), "natural": new(Records), "pause": new(State),
			"setFreeze": new(Frozen), "setDevice": new(Greeting), "predict": new(Predictions), "evaluate": new(Evaluated), "encode": new(Encoded), "save": new(Run),
			"compare": new(Compared), "outlook": new(Outlooked), "report": new(Reported),
		},
		"event": {
			"device": new(Changed),
			"plan":   new(train.PlanEvent), "step": new(train.StepEvent), "eval": new(train.EvalEvent), "frozen": new(train.FrozenEvent),
			"skipped": new(train.SkippedEvent), "rollback": new(train.RollbackEvent), "probe": new(train.ProbeEvent), "done": new(train.DoneEvent),
			"scenarios": new(Scenarios), "begun": new(Begun), "progress": new(Progress), "row": new(Row), "arm": new(Arm), "transfer": new(Transferred),
		},
	}
	return all[kind][of]
}

// TestTwins compares the opening paragraphs of the two protocol files.
func TestTwins(t *testing.T) {
	ours, theirs := paragraph(t, "protocol.go", "// "), paragraph(t, "../../site/worker/protocol.js", " * ")
	if ours != theirs {
		t.Errorf("the twins open differently:\n%s\n%s", ours, theirs)
	}
}

func paragraph(t *testing.T, file, mark string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			lines = append(lines, rest)
		} else if len(lines) > 0 {
			break
		}
	}
	return strings.Join(lines, "\n")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":1,"cmd":"hello"}`))
	f.Add([]byte(`{"id":1,"cmd":"train","args":{"data":{"synthetic":{"n":3,"edits":{"tasks":[{"name":"a"}]}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Decode(text)
		if err != nil && !errors.Is(err, ErrMessage) {
			t.Errorf("%q: %v wraps no ErrMessage", text, err)
		}
		if err == nil && reflect.TypeOf(c.Args) != reflect.TypeOf(newArgs(c.Name)) {
			t.Errorf("%q: %T for %s", text, c.Args, c.Name)
		}
	})
}
