package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"

	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/safetensors"
	"thaw/core/train"
)

// saved is what a checkpoint says of its run.
type saved struct {
	Settings train.Settings `json:"settings"`
	Head     head.Style     `json:"head"`
	Tasks    []head.Task    `json:"tasks"`
	Step     int            `json:"step"`
}

// readSaved reads it without the tensors.
func readSaved(path string) (*saved, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no checkpoint %s, so nothing to resume; leave --resume out to begin", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := safetensors.ReadHeader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var s saved
	if err := json.Unmarshal([]byte(h.Metadata["thaw"]), &s); err != nil {
		return nil, fmt.Errorf("%s: it does not say what run it is of: %w", path, err)
	}
	return &s, nil
}

// checkCheckpoint refuses to begin a run over the checkpoint of another.
func (j *trainJob) checkCheckpoint() error {
	if j.resume {
		return nil
	}
	if _, err := os.Stat(j.checkpoint()); err == nil {
		return fmt.Errorf("%s is the checkpoint of an unfinished run; add --resume to go on with it, or remove it", j.checkpoint())
	}
	return nil
}

// settingOf is the field of train.Settings behind each flag.
var settingOf = map[string]string{
	"freeze": "Freeze", "epochs": "Epochs", "steps": "Steps", "batch": "Batch", "accumulate": "Accumulate", "patience": "Patience", "batch-tokens": "BatchTokens", "max-length": "MaxLength",
	"lr": "LR", "head-lr": "HeadLR", "layer-decay": "LayerDecay", "schedule": "Schedule", "warmup": "Warmup", "clip": "Clip",
	"weight-decay": "WeightDecay", "dropout": "Dropout", "no-shuffle": "Shuffle", "seed": "Seed",
}

// agrees says which flag asks for something else than the run that is resumed. Flags that are not given follow it.
func (j *trainJob) agrees(s *saved) (err error) {
	mine, theirs := reflect.ValueOf(j.settings), reflect.ValueOf(s.Settings)
	j.fs.Visit(func(f *flag.Flag) {
		field, ok := settingOf[f.Name]
		if !ok || err != nil {
			return
		}
		if a, b := mine.FieldByName(field), theirs.FieldByName(field); !a.Equal(b) {
			err = usagef("--%s does not agree with the run that is resumed, where %s is %v; leave it out, or begin a new run", f.Name, field, b)
		}
	})
	if err == nil && isSet(j.fs, "head") && j.style != string(s.Head) {
		err = usagef("--head is %s and the run that is resumed has %s", j.style, s.Head)
	}
	if err == nil && j.tasks != nil && !reflect.DeepEqual(j.tasks, s.Tasks) {
		err = usagef("--task does not agree with the run that is resumed, whose tasks are %s", taskNames(s.Tasks))
	}
	return err
}

// saveCheckpoint writes the checkpoint in the folder dir under another name and renames it, so that one that fails leaves
// the last one whole.
func saveCheckpoint(dir string, save func(io.Writer) error) (err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	path := dir + string(os.PathSeparator) + model.CheckpointFile
	part := dir + string(os.PathSeparator) + model.CheckpointPart
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	err = save(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
