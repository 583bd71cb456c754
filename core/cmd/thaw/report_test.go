package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"thaw/core/report"
)

// trained makes a model of a random encoder whose lowest layer was frozen, and its data.
func trained(t *testing.T) (encoder, file, dir string) {
	t.Helper()
	encoder, file, dir = tiny(t), synthetic(t, "60"), filepath.Join(t.TempDir(), "model")
	must(t, "", "train", "--encoder", encoder, "--data", file, "--out", dir, "--freeze", "layers:1", "--epochs", "1")
	return encoder, file, dir
}

// byReport sorts the objects of a report.
func byReport(t *testing.T, lines string) map[string][]map[string]any {
	t.Helper()
	sorted := map[string][]map[string]any{}
	for _, o := range objects(t, lines) {
		kind := o["report"].(string)
		sorted[kind] = append(sorted[kind], o)
	}
	return sorted
}

func TestReport(t *testing.T) {
	encoder, file, dir := trained(t)
	r := byReport(t, must(t, "", "report", "--model", dir, "--data", file, "--encoder", encoder, "--json").out)
	scores := objects(t, must(t, "", "eval", "--model", dir, "--data", file, "--json").out)
	if len(r["task"]) != 2 || len(r["drift"]) != 5 || len(r["cka"]) != 4 || len(r["pca"]) != 1 {
		t.Fatalf("report: %d tasks, %d layers, %d stages, %d pictures", len(r["task"]), len(r["drift"]), len(r["cka"]), len(r["pca"]))
	}
	for i, task := range r["task"] {
		if task["task"] != scores[i]["task"] || task["accuracy"] != scores[i]["accuracy"] || task["loss"] != scores[i]["loss"] {
			t.Errorf("report %v, eval %v", task, scores[i])
		}
		f1, n := 0.0, 0.0
		for _, c := range task["classes"].([]any) {
			f1 += c.(map[string]any)["f1"].(float64)
			n += c.(map[string]any)["n"].(float64)
		}
		calibration := task["calibration"].(map[string]any)
		if math.Abs(f1/float64(len(task["labels"].([]any)))-task["macroF1"].(float64)) > 1e-12 || n != task["n"] || calibration["n"] != task["n"] {
			t.Errorf("%s: classes %v, calibration of %v, want %v texts", task["task"], task["classes"], calibration["n"], task["n"])
		}
		right := 0.0
		for _, b := range calibration["bins"].([]any) {
			right += b.(map[string]any)["n"].(float64) * b.(map[string]any)["accuracy"].(float64)
		}
		if math.Abs(right/n-task["accuracy"].(float64)) > 1e-12 {
			t.Errorf("%s: %v right answers in the bins", task["task"], right)
		}
	}
	for _, l := range r["drift"] {
		name := l["layer"].(string)
		moved := name == "layer.1" || name == "layer.2"
		if (l["relative"].(float64) > 0) != moved || (l["cosine"] == 1.0) == moved || len(l["tensors"].([]any)) < 2 {
			t.Errorf("%s has drifted: %v, %v, %v", name, l["relative"], l["cosine"], l["maxAbs"])
		}
	}
	for i, want := range []string{"embeddings", "layer.0", "layer.1", "layer.2"} {
		c := r["cka"][i]
		if c["stage"] != want || c["n"] != 60.0 || (c["cka"].(float64) > 1-1e-12) != (i < 2) {
			t.Errorf("stage %d: %v", i, c)
		}
	}
	points := r["pca"][0]["points"].([]any)
	first := points[0].(map[string]any)
	if len(points) != 60 || len(first["after"].([]any)) != 2 || len(first["before"].([]any)) != 2 || first["text"] == "" || first["labels"] == nil {
		t.Errorf("%d points, the first %v", len(points), first)
	}
}

// A report for people, and one of a model alone: no layers, but a picture in JSON.
func TestReportForPeople(t *testing.T) {
	encoder, file, dir := trained(t)
	table := must(t, "", "report", "--model", dir, "--data", file, "--encoder", encoder).out
	for _, part := range []string{"true \\ given", "precision", "(ECE)", "CKA on 60 sentences", "layer.2", "pooler"} {
		if !strings.Contains(table, part) {
			t.Errorf("the report lacks %q:\n%s", part, table)
		}
	}
	if alone := must(t, "", "report", "--model", dir, "--data", file).out; strings.Contains(alone, "CKA") {
		t.Errorf("layers without an origin:\n%s", alone)
	}
	r := byReport(t, must(t, "", "report", "--model", dir, "--data", file, "--json").out)
	if len(r["drift"]) != 0 || len(r["cka"]) != 0 || r["pca"][0]["points"].([]any)[0].(map[string]any)["before"] != nil {
		t.Errorf("layers without an origin: %v", r)
	}
}

// The most sentences of each part, spread over the file; and one sentence, which makes no picture.
func TestReportOfManyAndOne(t *testing.T) {
	encoder, file, dir := trained(t)
	many := put(t, filepath.Join(t.TempDir(), "many.jsonl"), must(t, "", "synth", "--n", "450").out)
	r := byReport(t, must(t, "", "report", "--model", dir, "--data", many, "--encoder", encoder, "--json").out)
	if n := len(r["pca"][0]["points"].([]any)); n != mostPictured || r["cka"][0]["n"] != float64(mostAligned) {
		t.Errorf("%d points, CKA on %v sentences", n, r["cka"][0]["n"])
	}
	line, _, _ := strings.Cut(read(t, file), "\n")
	one := put(t, filepath.Join(t.TempDir(), "one.jsonl"), line)
	alone := must(t, "", "report", "--model", dir, "--data", one, "--json")
	if !strings.Contains(alone.err, "no principal components: ") || len(objects(t, alone.out)) != 1 {
		t.Errorf("one sentence: %s%s", alone.out, alone.err)
	}
	fails(t, exitFailure, "hidden states before and after: embeddings", "report", "--model", dir, "--data", one, "--encoder", encoder)
}

func TestReportFaults(t *testing.T) {
	_, file, dir := trained(t)
	fails(t, exitUsage, "--model is missing", "report", "--data", "d")
	fails(t, exitUsage, "--data is missing", "report", "--model", "m")
	fails(t, exitUsage, `"more" is not expected here`, "report", "more")
	fails(t, exitFailure, "has no task heads", "report", "--model", tiny(t), "--data", file)
	mood := put(t, filepath.Join(t.TempDir(), "mood.jsonl"), `{"text":"a","labels":{"mood":"good"}}`)
	fails(t, exitFailure, `the task "mood" is not known`, "report", "--model", dir, "--data", mood)
	other := tiny(t)
	for _, name := range []string{"config.json", "model.safetensors"} {
		copyFile(t, "../../encoder/testdata/distilbert/"+name, filepath.Join(other, name))
	}
	fails(t, exitFailure, "is not what", "report", "--model", dir, "--data", file, "--encoder", other)
}

// TestClassesByHand has 4 texts of a, 2 of b and none of c; a is given 3 times, b twice and c once.
func TestClassesByHand(t *testing.T) {
	got := classes(report.Scores{Labels: []string{"a", "b", "c"}, Confusion: [][]int{{3, 1, 0}, {0, 1, 1}, {0, 0, 0}}})
	want := []classReport{
		{Label: "a", N: 4, Given: 3, Precision: 1, Recall: 0.75, F1: 6. / 7},
		{Label: "b", N: 2, Given: 2, Precision: 0.5, Recall: 0.5, F1: 0.5},
		{Label: "c", N: 0, Given: 1},
	}
	for i, c := range got {
		if c != want[i] {
			t.Errorf("%+v, want %+v", c, want[i])
		}
	}
}
