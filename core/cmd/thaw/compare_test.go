package main

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
)

// scoresOf is one figure of every set and task of a scenario, in order.
func scoresOf(row map[string]any, field string) (values []float64) {
	for _, s := range row["scores"].([]any) {
		values = append(values, s.(map[string]any)[field].(float64))
	}
	return values
}

// TestCompare runs the scenarios of the seed on a random encoder. All begin alike; the control does not move.
func TestCompare(t *testing.T) {
	encoder, file := tiny(t), synthetic(t, "60")
	args := []string{"compare", "--encoder", encoder, "--data", file, "--epochs", "2", "--json"}
	rows := objects(t, must(t, "", args...).out)
	var policies []string
	for _, r := range rows {
		policies = append(policies, r["policy"].(string))
		for _, field := range []string{"control", "recommended", "trainable", "parameters", "share", "steps", "seconds", "memoryBytes", "scores", "frozenTensors", "sha256"} {
			if _, has := r[field]; !has {
				t.Errorf("%s lacks %s", r["policy"], field)
			}
		}
		if want := scoresOf(rows[0], "lossBefore"); !reflect.DeepEqual(scoresOf(r, "lossBefore"), want) {
			t.Errorf("%s begins with losses %v, the control with %v", r["policy"], scoresOf(r, "lossBefore"), want)
		}
		if (r["control"] == true) != (r["policy"] == "all") || (r["recommended"] == true) != (r["policy"] == "layers:1") {
			t.Errorf("%s: control %v, recommended %v", r["policy"], r["control"], r["recommended"])
		}
	}
	if got := strings.Join(policies, " "); got != "all probe backbone head:sentiment layers:1 none" {
		t.Fatalf("policies %s", got)
	}
	all, probe, none := rows[0], rows[1], rows[5]
	if all["trainable"] != 0.0 || !reflect.DeepEqual(scoresOf(all, "lossAfter"), scoresOf(all, "lossBefore")) {
		t.Errorf("the control has moved: %v", all)
	}
	if probe["firstLoss"] != nil || probe["steps"] != 1.0 || reflect.DeepEqual(scoresOf(probe, "lossAfter"), scoresOf(probe, "lossBefore")) {
		t.Errorf("probe: %v", probe)
	}
	if share := none["share"].(float64); !(share > 0.9 && share < 1) || none["firstLoss"] == nil || none["memoryBytes"].(float64) <= all["memoryBytes"].(float64) {
		t.Errorf("none: %v", none)
	}
	if sets := all["scores"].([]any); len(sets) != 4 || sets[3].(map[string]any)["set"] != "natural" || sets[3].(map[string]any)["task"] != "topic" {
		t.Errorf("sets and tasks: %v", sets)
	}
}

// TestCompareByPolicy has the scenarios that are asked for, equal to what train gives, on one thread or two.
func TestCompareByPolicy(t *testing.T) {
	encoder, file := tiny(t), synthetic(t, "60")
	args := []string{"compare", "--encoder", encoder, "--data", file, "--epochs", "1", "--batch", "8", "--freeze", "backbone; 1:none", "--freeze", "none", "--json"}
	a := objects(t, must(t, "", append(args, "--threads", "1")...).out)
	b := objects(t, must(t, "", append(args, "--threads", "2")...).out)
	if len(a) != 2 || len(b) != 2 || a[0]["policy"] != "backbone; 1:none" {
		t.Fatalf("scenarios %v", a)
	}
	for i := range a {
		delete(a[i], "seconds")
		delete(b[i], "seconds")
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the same seed gave\n%v\n%v", a, b)
	}
	var last map[string]any
	for _, e := range objects(t, must(t, "", "train", "--encoder", encoder, "--data", file, "--epochs", "1", "--batch", "8", "--freeze", "none", "--out", t.TempDir()+"/m", "--json").out) {
		if e["event"] == "eval" {
			last = e["tasks"].(map[string]any)["topic"].(map[string]any)
		}
	}
	if got := scoresOf(a[1], "lossAfter")[1]; got != last["loss"] {
		t.Errorf("none ends with a loss of topic of %v, train with %v", got, last["loss"])
	}
	table := must(t, "", append(args[:len(args)-1], "--freeze", "all")...).out
	for _, part := range []string{"backbone; 1:none", "control", "share of all", "heldout topic accuracy", "natural sentiment loss", "In the control nothing trains"} {
		if !strings.Contains(table, part) {
			t.Errorf("the table lacks %q:\n%s", part, table)
		}
	}
}

func TestTransfer(t *testing.T) {
	encoder, file := tiny(t), synthetic(t, "60")
	args := []string{"compare", "--encoder", encoder, "--data", file, "--epochs", "1", "--transfer", "topic,sentiment", "--seeds", "2"}
	arms := objects(t, must(t, "", append(args, "--json")...).out)
	if len(arms) != 3 || arms[0]["run"] != "B alone" || arms[1]["run"] != "A then B" || arms[2]["run"] != "A and B together" {
		t.Fatalf("runs %v", arms)
	}
	for i, arm := range arms {
		if arm["steps"] != arms[0]["steps"] || arm["sentences"] != arms[0]["sentences"] || (arm["stepsOfA"].(float64) > 0) != (i == 1) {
			t.Errorf("%s is not fair: %v", arm["run"], arm)
		}
		losses := arm["losses"].([]any)
		x, y := losses[0].(float64), losses[1].(float64)
		sum := arm["loss"].(map[string]any)
		if len(losses) != 2 || math.Abs(sum["mean"].(float64)-(x+y)/2) > 1e-12 || math.Abs(sum["spread"].(float64)-math.Abs(x-y)/math.Sqrt2) > 1e-12 {
			t.Errorf("%s: losses %v, summary %v", arm["run"], losses, sum)
		}
	}
	if reflect.DeepEqual(arms[0]["losses"], arms[1]["losses"]) || reflect.DeepEqual(arms[0]["losses"], arms[2]["losses"]) {
		t.Error("A makes no difference at all")
	}
	for _, field := range []string{"cosineStart", "cosineEnd"} {
		for _, c := range arms[2][field].([]any) {
			if v := c.(float64); v == 0 || math.Abs(v) >= 1 {
				t.Errorf("%s %v", field, v)
			}
		}
	}
	table := must(t, "", append(args, "--freeze", "backbone")...).out
	if !strings.Contains(table, "A is topic, B is sentiment, freeze backbone") || strings.Contains(table, "cosine") {
		t.Errorf("with the encoder frozen:\n%s", table)
	}
	same := objects(t, must(t, "", append(args, "--freeze", "backbone", "--json")...).out)
	if !reflect.DeepEqual(same[0]["losses"], same[1]["losses"]) {
		t.Errorf("a frozen encoder learnt A: B alone %v, A then B %v", same[0]["losses"], same[1]["losses"])
	}
}

func TestCompareFaults(t *testing.T) {
	encoder, file := tiny(t), synthetic(t, "40")
	for _, c := range []struct{ args, sentence string }{
		{"compare", "--encoder is missing"},
		{"compare --encoder e", "--data is missing"},
		{"compare --encoder e --data d --out o", "not defined: -out"},
		{"compare --encoder e --data d --steps 0", "--steps is 0"},
		{"compare --encoder e --data d --steps 4 --epochs 2", "exclude each other"},
		{"compare --encoder e --data d --head big", "want mean or hf"},
		{"compare --encoder e --data d --freeze layers:x", "want layers:K"},
		{"compare --encoder e --data d --seeds 2", "--seeds is for --transfer"},
		{"compare --encoder e --data d --transfer a,b --seeds 0", "--seeds is 0"},
		{"compare --encoder e --data d --transfer a,b --freeze all --freeze none", "--transfer takes one --freeze"},
		{"compare --encoder ENCODER --data FILE --transfer topic", "want two tasks as A,B"},
		{"compare --encoder ENCODER --data FILE --transfer topic,mood", `--transfer names "mood"; the tasks are sentiment, topic`},
		{"compare --encoder ENCODER --data FILE --freeze all --freeze layers:9", "layers:9"},
		{"compare --encoder ENCODER --data FILE --freeze head:mood", "names no parameter"},
	} {
		args := strings.Fields(strings.NewReplacer("ENCODER", encoder, "FILE", file).Replace(c.args))
		fails(t, exitUsage, c.sentence, args...)
	}
}

// A comparison that is stopped has the exit code of an interruption and prints no half of a table.
func TestCompareStopped(t *testing.T) {
	encoder, file := tiny(t), synthetic(t, "40")
	for _, more := range [][]string{nil, {"--transfer", "topic,sentiment"}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, said strings.Builder
		args := append([]string{"compare", "--encoder", encoder, "--data", file, "--freeze", "none"}, more...)
		if code := run(ctx, args, streams{nil, &out, &said}); code != exitInterrupted || out.Len() > 0 || !strings.Contains(said.String(), "stopped; nothing was written") {
			t.Errorf("%v: exit code %d, printed %q, said %s", more, code, out.String(), said.String())
		}
	}
}

// Heads that were learnt would not begin alike in the three runs.
func TestTransferFromTrained(t *testing.T) {
	_, file, dir := trained(t)
	fails(t, exitFailure, "has learnt tasks already", "compare", "--encoder", dir, "--data", file, "--transfer", "topic,sentiment")
	rows := objects(t, must(t, "", "compare", "--encoder", dir, "--data", file, "--freeze", "all", "--freeze", "head:topic", "--steps", "2", "--json").out)
	if !reflect.DeepEqual(scoresOf(rows[0], "lossBefore"), scoresOf(rows[1], "lossBefore")) {
		t.Errorf("scenarios of a trained model do not begin alike: %v", rows)
	}
}
