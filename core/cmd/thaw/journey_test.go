package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestJourney goes the whole way: data, training, scores, answers.
func TestJourney(t *testing.T) {
	encoder, file, out := tiny(t), synthetic(t, "80"), filepath.Join(t.TempDir(), "model")
	r := must(t, "", "train", "--encoder", encoder, "--data", file, "--out", out, "--freeze", "layers:1", "--epochs", "2", "--batch", "8", "--json")

	var kinds []string
	var last map[string]any
	for _, e := range objects(t, r.out) {
		kind := e["event"].(string)
		if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
		if kind == "frozen" && (e["equal"] != true || e["tensors"].(float64) < 20) {
			t.Errorf("the proof: equal %v, %v tensors", e["equal"], e["tensors"])
		}
		last = e
	}
	if want := []string{"plan", "eval", "step", "eval", "step", "eval", "frozen", "done"}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	if last["steps"] != 18.0 || last["stopped"] != false {
		t.Errorf("done: %v", last)
	}
	for _, part := range []string{"72 to learn from, 8 held out", "frozen tensors, SHA-256 equal before and after", "macro F1", "the model is in"} {
		if !strings.Contains(r.err, part) {
			t.Errorf("standard error lacks %q:\n%s", part, r.err)
		}
	}

	scores := objects(t, must(t, "", "eval", "--model", out, "--data", file, "--json").out)
	if len(scores) != 2 || scores[0]["task"] != "sentiment" || scores[1]["task"] != "topic" {
		t.Fatalf("eval: %v", scores)
	}
	for _, s := range scores {
		for _, field := range []string{"n", "accuracy", "macroF1", "loss", "labels", "confusion"} {
			if s[field] == nil {
				t.Errorf("eval lacks %s: %v", field, s)
			}
		}
	}

	answers := objects(t, must(t, "a great game\n\nthe \xff bank <b>\n", "predict", "--model", out, "--json").out)
	if len(answers) != 3 || answers[1]["text"] != "" || answers[2]["text"] != "the � bank <b>" {
		t.Fatalf("predict: %v", answers)
	}
	topic := answers[0]["tasks"].(map[string]any)["topic"].(map[string]any)
	sum, best := 0.0, ""
	for label, score := range topic["scores"].(map[string]any) {
		sum += score.(float64)
		if best == "" || score.(float64) > topic["scores"].(map[string]any)[best].(float64) {
			best = label
		}
	}
	if sum < 0.999 || sum > 1.001 || topic["label"] != best {
		t.Errorf("predict: %v, sum %v", topic, sum)
	}
	if plain := must(t, "", "predict", "a great game", "--model", out).out; !strings.Contains(plain, "topic: "+best) || !strings.HasSuffix(plain, "\ta great game\n") {
		t.Errorf("predict for people: %q", plain)
	}
}

// Of so few texts none is held out: the run tells so and ends without a table of scores.
func TestNothingHeldOut(t *testing.T) {
	data := put(t, filepath.Join(t.TempDir(), "data.jsonl"), `{"text": "good", "labels": {"mood": "up"}}`+"\n"+`{"text": "bad", "labels": {"mood": "down"}}`)
	r := must(t, "", "train", "--encoder", tiny(t), "--data", data, "--out", filepath.Join(t.TempDir(), "model"), "--steps", "1")
	if !strings.Contains(r.err, "2 to learn from, 0 held out") || strings.Contains(r.err, "macro F1") {
		t.Errorf("standard error:\n%s", r.err)
	}
}

// Same seed, same bits, on one thread or two; another seed, others.
func TestSameBits(t *testing.T) {
	encoder, file, dir := tiny(t), synthetic(t, "40"), t.TempDir()
	for name, flags := range map[string][]string{
		"one": {"--threads", "1"}, "two": {"--threads", "2"}, "again": {"--threads", "2"}, "seed": {"--seed", "2"},
	} {
		args := []string{"train", "--encoder", encoder, "--data", file, "--out", filepath.Join(dir, name), "--steps", "6", "--freeze", "none", "--batch", "5"}
		must(t, "", append(args, flags...)...)
	}
	sameWeights(t, filepath.Join(dir, "one"), filepath.Join(dir, "two"))
	sameWeights(t, filepath.Join(dir, "one"), filepath.Join(dir, "again"))
	if read(t, dir, "one", "model.safetensors") == read(t, dir, "seed", "model.safetensors") {
		t.Error("another seed gave the same weights")
	}
}

// --from goes on with a model, heads included; --steps 0 only writes.
func TestFrom(t *testing.T) {
	encoder, file, dir := tiny(t), synthetic(t, "40"), t.TempDir()
	a, b, c := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	must(t, "", "train", "--encoder", encoder, "--data", file, "--out", a, "--steps", "3", "--head", "hf", "--batch", "4")
	must(t, "", "train", "--from", a, "--out", b, "--steps", "0")
	sameWeights(t, a, b)
	if got, want := must(t, "", "predict", "--json", "--model", b, "a bad film"), must(t, "", "predict", "--json", "--model", a, "a bad film"); got.out != want.out {
		t.Errorf("a copy predicts %s, want %s", got.out, want.out)
	}
	r := must(t, "", "train", "--from", a, "--data", file, "--out", c, "--freeze", "all", "--steps", "2")
	sameWeights(t, a, c)
	if !strings.Contains(r.err, "0 parameters train") {
		t.Errorf("freeze all: %s", r.err)
	}
	must(t, "", "train", "--from", a, "--data", file, "--out", a, "--steps", "2")
	if read(t, a, "model.safetensors") == read(t, b, "model.safetensors") {
		t.Error("a step on a model in its own folder changed nothing")
	}
}

func TestTasksOfTheCommandLine(t *testing.T) {
	encoder, file, out := tiny(t), synthetic(t, "40"), filepath.Join(t.TempDir(), "model")
	r := must(t, "", "train", "--encoder", encoder, "--data", file, "--out", out, "--steps", "1", "--task", "sentiment:0.5=positive,negative")
	if !strings.Contains(r.err, "not trained, for no --task names them: topic") {
		t.Errorf("the task that is left out is not told: %s", r.err)
	}
	card := read(t, out, "thaw.json")
	if !strings.Contains(card, `"weight": 0.5`) || strings.Index(card, `"positive"`) > strings.Index(card, `"negative"`) {
		t.Errorf("thaw.json: %s", card)
	}
	fails(t, exitFailure, "no record has a label of the task mood; the data has the tasks sentiment, topic",
		"train", "--encoder", encoder, "--data", file, "--out", out, "--steps", "1", "--task", "mood=a,b")
}

func TestTokenizeAndEncode(t *testing.T) {
	encoder := tiny(t)
	tokens := objects(t, must(t, "Bad Käse\n", "tokenize", "--encoder", encoder, "--json").out)
	if len(tokens) != 1 || len(tokens[0]["ids"].([]any)) != len(tokens[0]["tokens"].([]any)) || len(tokens[0]["offsets"].([]any)) != len(tokens[0]["ids"].([]any)) {
		t.Fatalf("tokenize: %v", tokens)
	}
	if got, want := must(t, "", "tokenize", "--encoder", encoder, "Bad Käse").out, "[CLS] bad k ##a ##s ##e [SEP]\n"; got != want {
		t.Errorf("tokenize: %q, want %q", got, want)
	}
	for pool, want := range map[string]int{"mean": 1, "first": 1, "none": 2} {
		o := objects(t, must(t, "the game\n", "encode", "--encoder", encoder, "--pool", pool, "--json").out)
		shape := o[0]["shape"].([]any)
		n := 1.0
		for _, d := range shape {
			n *= d.(float64)
		}
		if len(shape) != want || n != float64(len(o[0]["values"].([]any))) {
			t.Errorf("encode --pool %s: shape %v of %d values", pool, shape, len(o[0]["values"].([]any)))
		}
	}
	if plain := must(t, "", "encode", "--encoder", encoder, "--pool", "none", "the game").out; strings.Count(plain, "\n") != 5 {
		t.Errorf("encode for people: %d lines, want 4 tokens and an empty one", strings.Count(plain, "\n"))
	}
	long := strings.Repeat("game ", 60)
	if r := must(t, long+"\ngame\n", "encode", "--encoder", encoder); !strings.Contains(r.err, "texts cut to 40 tokens: 1") {
		t.Errorf("a cut text is not counted: %q", r.err)
	}
}

func TestSynth(t *testing.T) {
	a, b := must(t, "", "synth", "--n", "20"), must(t, "", "synth", "--n", "20", "--seed", "1", "--split", "train")
	if a.out != b.out || len(objects(t, a.out)) != 20 {
		t.Error("synth: the same seed gave other texts, or not 20")
	}
	for _, o := range objects(t, must(t, "", "synth", "--n", "10", "--tasks", "sentiment", "--split", "heldout").out) {
		if labels := o["labels"].(map[string]any); labels["sentiment"] == nil || len(labels) != 1 {
			t.Errorf("synth --tasks sentiment: %v", o)
		}
	}
	for _, o := range objects(t, must(t, "", "synth", "--n", "10", "--styles", "question").out) {
		if text := o["text"].(string); !strings.Contains(text, "?") {
			t.Errorf("synth --styles question: %q", text)
		}
	}
	if n := len(objects(t, must(t, "", "synth", "--split", "natural").out)); n < 200 {
		t.Errorf("%d natural sentences", n)
	}
	stats := objects(t, must(t, "", "synth", "--n", "50", "--stats").out)
	if len(stats) != 1 || stats[0]["n"] != 50.0 || stats[0]["leak"] == nil {
		t.Errorf("statistics: %v", stats)
	}
}

func TestBench(t *testing.T) {
	rows := objects(t, must(t, "", "bench", "--encoder", tiny(t), "--repeat", "1", "--threads", "2", "--json").out)
	count := map[string]int{}
	for _, r := range rows {
		count[r["bench"].(string)]++
		if ms, timed := r["ms"].(float64); timed && !(ms > 0) {
			t.Errorf("bench: %v", r)
		}
	}
	if count["machine"] != 1 || count["gemm"] != 8 || count["forward"] != 2 || count["step"] != 6 || count["epoch"] != 2 {
		t.Errorf("bench: %v", count)
	}
}

// Jobs come on standard input and go on after one that fails.
func TestBenchJobs(t *testing.T) {
	const tasks = `"tasks":[{"name":"topic","kind":"single-label","labels":["a","b"],"weight":1}],"labels":[{"topic":"b"}]`
	encoder := tiny(t)
	words := strings.Join([]string{
		`{"work":"forward","repeat":2,"texts":["a warm film"],"maxLength":8}`,
		`{"work":"step","repeat":3,"texts":["a warm film"],"maxLength":8,"freeze":"backbone",` + tasks + `}`,
		`{"work":"knit","repeat":1,"texts":["a"]}`, `{"work":"forward","repeat":0,"texts":["a"]}`, `{"work":"forward","repeat":1}`, `{`,
		`{"work":"step","repeat":1,"texts":["a"],"maxLength":8,"freeze":"sideways",` + tasks + `}`,
		`{"work":"forward","repeat":1,"texts":["a warm film"],"maxLength":8}`,
		`{"work":"tokenize","repeat":2,"texts":["a warm film","game"],"maxLength":8}`,
	}, "\n")
	answers := objects(t, must(t, words, "bench", "--jobs", "--encoder", encoder, "--threads", "2").out)
	if len(answers) != 9 {
		t.Fatalf("%d answers to 9 jobs: %v", len(answers), answers)
	}
	for i, n := range map[int]int{0: 2, 1: 3, 7: 1, 8: 2} {
		if ms := answers[i]["ms"].([]any); len(ms) != n || ms[0].(float64) <= 0 || answers[i]["error"] != nil {
			t.Errorf("job %d: %v, want %d times", i, answers[i], n)
		}
	}
	for i, part := range map[int]string{2: "knit", 3: "0 times", 4: "0 texts", 5: "JSON", 6: "sideways"} {
		if why, _ := answers[i]["error"].(string); !strings.Contains(why, part) {
			t.Errorf("job %d: error %q, want %q in it", i, why, part)
		}
	}
	var ids []any
	for _, o := range objects(t, must(t, "a warm film\ngame\n", "tokenize", "--encoder", encoder, "--json").out) {
		ids = append(ids, o["ids"].([]any)...)
	}
	for i, v := range answers[8]["sample"].([]any) {
		if want := ids[i*len(ids)/samples]; v != want {
			t.Fatalf("sample %d of the ids is %v, tokenize says %v", i, v, want)
		}
	}
	encoded := objects(t, must(t, "a warm film\n", "encode", "--encoder", encoder, "--pool", "mean", "--max-length", "8", "--json").out)
	values := encoded[0]["values"].([]any)
	for i, v := range answers[0]["sample"].([]any) {
		if want := values[i*len(values)/samples]; v != want {
			t.Fatalf("sample %d is %v, encode says %v", i, v, want)
		}
	}
}
