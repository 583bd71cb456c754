package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/core/train"
)

// stopAt is a standard output that interrupts the program when a line says something.
type stopAt struct {
	words string
	stop  context.CancelFunc
}

func (s stopAt) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.words)) {
		s.stop()
	}
	return len(p), nil
}

// interrupted runs the program until a line of its output has the words, and gives its exit code and what it said.
func interrupted(words string, args ...string) (int, string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var said strings.Builder
	code := run(ctx, args, streams{strings.NewReader(""), stopAt{words, stop}, &said})
	return code, said.String()
}

// TestResume interrupts a run twice; the model is the one of a run without interruption.
func TestResume(t *testing.T) {
	encoder, file, dir := tiny(t), synthetic(t, "40"), t.TempDir()
	job := func(out string) []string {
		return []string{"train", "--encoder", encoder, "--data", file, "--out", filepath.Join(dir, out), "--freeze", "layers:1", "--epochs", "3",
			"--batch", "7", "--seed", "5", "--json"}
	}
	must(t, "", job("whole")...)
	code, said := interrupted(`"step":4,`, job("parts")...)
	checkpoint := filepath.Join(dir, "parts", "checkpoint.safetensors")
	if code != exitInterrupted || !strings.Contains(said, "stopped after step 4; the same command with --resume goes on from "+checkpoint) {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	fails(t, exitFailure, "is the checkpoint of an unfinished run; add --resume", job("parts")...)

	// A word that disagrees is refused; those that are left out follow the run, its seed (and so its held-out part) too.
	short := []string{"train", "--encoder", encoder, "--data", file, "--out", filepath.Join(dir, "parts"), "--json", "--resume"}
	fails(t, exitUsage, "--lr does not agree with the run that is resumed, where LR is 0.0001", append(short, "--lr", "0.5")...)
	fails(t, exitUsage, "--task does not agree", append(short, "--task", "topic=a,b")...)
	fails(t, exitUsage, "--head is hf and the run that is resumed has mean", append(short, "--head", "hf")...)
	fails(t, exitUsage, "--no-shuffle does not agree", append(short, "--no-shuffle")...)

	if code, said = interrupted(`"step":11,`, append(job("parts"), "--resume")...); code != exitInterrupted {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	must(t, "", short...)
	sameWeights(t, filepath.Join(dir, "whole"), filepath.Join(dir, "parts"))
	if read(t, dir, "whole", "thaw.json") != read(t, dir, "parts", "thaw.json") {
		t.Errorf("thaw.json differs:\n%s\n%s", read(t, dir, "whole", "thaw.json"), read(t, dir, "parts", "thaw.json"))
	}
	if _, err := os.Stat(checkpoint); err == nil {
		t.Error("the checkpoint is still there")
	}
	other := synthetic(t, "30")
	if code, said = interrupted(`"step":2,`, job("other")...); code != exitInterrupted {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	fails(t, exitFailure, "go on with the same data", "train", "--encoder", encoder, "--data", other, "--out", filepath.Join(dir, "other"), "--resume")
}

// Every flag that makes a setting is compared with the run that is resumed.
func TestEverySettingIsCompared(t *testing.T) {
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	trainFlags(fs)
	other := strings.Fields("encoder from data eval out task head resume json threads") // compared by themselves, or no part of the run
	fs.VisitAll(func(f *flag.Flag) {
		if field, ok := settingOf[f.Name]; !ok && !slices.Contains(other, f.Name) {
			t.Errorf("--%s is not compared", f.Name)
		} else if ok && !reflect.ValueOf(train.Settings{}).FieldByName(field).IsValid() {
			t.Errorf("--%s: train.Settings has no %s", f.Name, field)
		}
	})
}

// A run that is killed goes on from the last whole epoch, for each leaves a checkpoint.
func TestEveryEpochLeavesACheckpoint(t *testing.T) {
	encoder, file, out := tiny(t), synthetic(t, "40"), filepath.Join(t.TempDir(), "model")
	copied := filepath.Join(t.TempDir(), "copy")
	var said strings.Builder
	args := []string{"train", "--encoder", encoder, "--data", file, "--out", out, "--epochs", "2", "--batch", "12", "--json"}
	code := run(t.Context(), args, streams{nil, onLine{`"step":5,`, func() {
		if err := os.CopyFS(copied, os.DirFS(out)); err != nil {
			t.Error(err)
		}
	}}, &said})
	if code != exitOK {
		t.Fatal(said.String())
	}
	args[6] = copied
	must(t, "", append(args, "--resume")...)
	sameWeights(t, out, copied)
}

// onLine calls do when a line of the output has the words.
type onLine struct {
	words string
	do    func()
}

func (o onLine) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(o.words)) {
		o.do()
	}
	return len(p), nil
}

// A run ends and saves its model though nobody reads its events any more.
func TestTrainingOutlivesItsReader(t *testing.T) {
	encoder, file, out := tiny(t), synthetic(t, "40"), filepath.Join(t.TempDir(), "model")
	var said strings.Builder
	args := []string{"train", "--encoder", encoder, "--data", file, "--out", out, "--steps", "4", "--json"}
	if code := run(t.Context(), args, streams{nil, &brokenPipe{2}, &said}); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, said.String())
	}
	must(t, "", "predict", "--model", out, "good")
	args[6] = filepath.Join(t.TempDir(), "full")
	if code := run(t.Context(), args, streams{nil, fullDisk{}, &said}); code != exitFailure || !strings.Contains(said.String(), "the model is saved, but events could not be written") {
		t.Errorf("exit code %d\n%s", code, said.String())
	}
}

// A frozen tensor that has changed is no success, whatever else went well.
func TestBrokenProof(t *testing.T) {
	var said strings.Builder
	p := newProgress(streams{nil, nil, &said}, false)
	p.event(train.FrozenEvent{Event: "frozen", Equal: false, Tensors: 2, List: []train.FrozenTensor{
		{Name: "a", Before: "1", After: "1"}, {Name: "b", Before: "1", After: "2"},
	}})
	if len(p.changed) != 1 || p.changed[0] != "b" || strings.Contains(said.String(), "equal") {
		t.Errorf("changed %v, said %q", p.changed, said.String())
	}
}

func TestFailedCheckpointLeavesTheLast(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "checkpoint.safetensors"), "the last")
	err := saveCheckpoint(dir, func(w io.Writer) error {
		_, err := w.Write([]byte("half"))
		if err != nil {
			return err
		}
		return os.ErrPermission
	})
	if err == nil || read(t, dir, "checkpoint.safetensors") != "the last" {
		t.Errorf("error %v, checkpoint %q", err, read(t, dir, "checkpoint.safetensors"))
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
