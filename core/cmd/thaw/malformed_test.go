package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodLine = `{"text": "a good film", "labels": {"sentiment": "positive"}}` + "\n" +
	`{"text": "a bad film", "labels": {"sentiment": "negative"}}` + "\n"

// Data that cannot be learnt from is named by file, place and reason.
func TestMalformedData(t *testing.T) {
	encoder, dir := tiny(t), t.TempDir()
	for _, c := range []struct{ name, text, sentence string }{
		{"open.jsonl", goodLine + `{"text": "half`, "open.jsonl, line 3: "},
		{"field.jsonl", goodLine + `{"txt": "x"}`, `field.jsonl, line 3: the field "txt" is not known`},
		{"empty.jsonl", "", "empty.jsonl: there is no record in it"},
		{"format.txt", goodLine, "format.txt: the ending says no format"},
		{"cells.csv", "text,sentiment\ngood,positive,more\n", "cells.csv, line 2"},
		{"one.jsonl", `{"text": "good", "labels": {"sentiment": "positive"}}`, "at least two are needed to tell apart"},
		{"none.jsonl", `{"text": "good", "labels": {}}`, "none.jsonl: no record has a label, so there is no task to learn"},
	} {
		file := put(t, filepath.Join(dir, c.name), c.text)
		fails(t, exitFailure, c.sentence, "train", "--encoder", encoder, "--data", file, "--out", filepath.Join(dir, "model"))
	}
	good := put(t, filepath.Join(dir, "good.jsonl"), goodLine)
	train := func(more ...string) []string {
		return append([]string{"train", "--encoder", encoder, "--data", good, "--out", filepath.Join(dir, "model")}, more...)
	}
	fails(t, exitFailure, `"negative" is not a label of sentiment`, train("--task", "sentiment=positive,neutral")...)
	fails(t, exitFailure, "no record has a label of the task mood; the data has the tasks sentiment", train("--task", "mood=a,b")...)
	fails(t, exitFailure, "not a directory", "train", "--encoder", encoder, "--data", good, "--out", filepath.Join(good, "model"))
	fails(t, exitFailure, "no such file", train("--eval", filepath.Join(dir, "nowhere.jsonl"))...)
	stranger := put(t, filepath.Join(dir, "stranger.jsonl"), `{"text": "so so", "labels": {"sentiment": "positve"}}`)
	fails(t, exitFailure, `stranger.jsonl: data: record 1 ("so so"): "positve" is not a label of sentiment; did you mean "positive"?`,
		train("--eval", stranger)...)
	if _, err := os.Stat(filepath.Join(dir, "model")); err == nil {
		t.Error("a failed run left a model folder")
	}
	must(t, "", train("--steps", "1")...)
	fails(t, exitFailure, "did you mean", "eval", "--model", filepath.Join(dir, "model"), "--data", stranger)
	unlabelled := put(t, filepath.Join(dir, "unlabelled.jsonl"), `{"text": "so so"}`)
	fails(t, exitFailure, "no record has a label of a task of the model", "eval", "--model", filepath.Join(dir, "model"), "--data", unlabelled)
}

func TestMalformedSettings(t *testing.T) {
	encoder, dir := tiny(t), t.TempDir()
	file := put(t, filepath.Join(dir, "good.jsonl"), goodLine)
	for _, c := range []struct{ flags, sentence string }{
		{"--freeze layers:x", "want layers:K with K a whole number"},
		{"--freeze layers:9", "the encoder has 3 layers"},
		{"--freeze head:mood", "head:mood names no parameter of this model"},
		{"--freeze probe,none", "probe stands alone"},
		{"--freeze probe --head hf", "mean-pooled"},
		{"--freeze backbone;1:layers:x", "whole number"},
		{"--accumulate 0", "accumulate"},
		{"--patience -1", "patience"},
		{"--freeze=", "--freeze is empty; none freezes nothing"},
		{"--batch 0", "batch is 0, want 1 to 4096 sentences"},
		{"--epochs 0", "epochs is 0"},
		{"--steps -1", "steps is -1"},
		{"--max-length 41", "maxLength is 41, want 3 to 40 tokens"},
		{"--lr -1", "lr is -1"},
		{"--dropout 1", "dropout is 1"},
		{"--schedule step", "step"},
		{"--warmup 2", "2"},
	} {
		args := []string{"train", "--encoder", encoder, "--data", file, "--out", filepath.Join(dir, "model")}
		fails(t, exitUsage, c.sentence, append(args, strings.Fields(c.flags)...)...)
	}
}

// A folder that is not a whole encoder is named, with the file and what is wrong with it.
func TestMalformedEncoder(t *testing.T) {
	for _, c := range []struct {
		what, sentence string
		harm           func(dir string)
	}{
		{"cut weights", "cut short", func(dir string) { cut(t, filepath.Join(dir, "model.safetensors"), 70000) }},
		{"cut header", "model.safetensors", func(dir string) { cut(t, filepath.Join(dir, "model.safetensors"), 100) }},
		{"no weights", "model.safetensors", func(dir string) { os.Remove(filepath.Join(dir, "model.safetensors")) }},
		{"no tokenizer", "tokenizer", func(dir string) { os.Remove(filepath.Join(dir, "vocab.txt")) }},
		{"missing field", "hidden_size is missing", func(dir string) { replace(t, filepath.Join(dir, "config.json"), `"hidden_size"`, `"hidden"`) }},
		{"other size", "config.json makes it", func(dir string) {
			replace(t, filepath.Join(dir, "config.json"), `"intermediate_size": 52`, `"intermediate_size": 50`)
		}},
		{"not JSON", "config.json", func(dir string) { put(t, filepath.Join(dir, "config.json"), "{") }},
		{"bad card", "thaw.json", func(dir string) { put(t, filepath.Join(dir, "thaw.json"), "{") }},
		{"new card", "version 9", func(dir string) { put(t, filepath.Join(dir, "thaw.json"), `{"version": 9}`) }},
	} {
		dir := tiny(t)
		c.harm(dir)
		t.Run(c.what, func(t *testing.T) { fails(t, exitFailure, c.sentence, "encode", "--encoder", dir, "hello") })
	}
	dir := tiny(t)
	fails(t, exitFailure, "has no task heads (no thaw.json)", "predict", "--model", dir, "hello")
}

func TestMalformedCheckpoint(t *testing.T) {
	encoder, file, out := tiny(t), synthetic(t, "40"), filepath.Join(t.TempDir(), "model")
	job := []string{"train", "--encoder", encoder, "--data", file, "--out", out, "--batch", "8", "--json"}
	if code, said := interrupted(`"step":2,`, job...); code != exitInterrupted {
		t.Fatal(said)
	}
	checkpoint := filepath.Join(out, "checkpoint.safetensors")
	whole := read(t, checkpoint)
	for what, text := range map[string]string{"cut": whole[:len(whole)/2], "header": whole[:50], "empty": "", "weights": read(t, encoder, "model.safetensors")} {
		put(t, checkpoint, text)
		t.Run(what, func(t *testing.T) { fails(t, exitFailure, "checkpoint.safetensors: ", append(job, "--resume")...) })
	}
}

// cut shortens a file.
func cut(t *testing.T, path string, bytes int64) {
	t.Helper()
	if err := os.Truncate(path, bytes); err != nil {
		t.Fatal(err)
	}
}

// replace changes a file's text.
func replace(t *testing.T, path, old, new string) {
	t.Helper()
	text := read(t, path)
	if !strings.Contains(text, old) {
		t.Fatalf("%s lacks %s", path, old)
	}
	put(t, path, strings.ReplaceAll(text, old, new))
}
