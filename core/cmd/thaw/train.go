package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

func trainCommand() command {
	return command{
		name: "train",
		purpose: "Fine-tunes an encoder with a head for each task and writes a model folder. Ctrl-C stops after the step at hand and " +
			"saves a checkpoint; the same command with --resume goes on from it, to the same bits as without the stop.",
		example: "thaw train --encoder minilm --data data.jsonl --out model\n" +
			"thaw train --encoder minilm --data data.csv --task sentiment=negative,positive --freeze backbone --epochs 5 --out model",
		setup: func(fs *flag.FlagSet) action {
			job := trainFlags(fs)
			return func(ctx context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				return job.run(ctx, s)
			}
		},
	}
}

// trainJob is what the command line asks for.
type trainJob struct {
	fs              *flag.FlagSet
	encoder, from   string // one of them
	data, eval, out string
	style           string
	noShuffle       bool
	resume, asJSON  bool
	threads         *int
	tasks           []head.Task    // of --task
	settings        train.Settings // the flags over the defaults
}

// trainFlags declares the flags of train.
func trainFlags(fs *flag.FlagSet) *trainJob {
	j := &trainJob{fs: fs, settings: train.Defaults(2)}
	s := &j.settings
	s.Freeze = ""
	fs.StringVar(&j.encoder, "encoder", "", "folder `DIR` of a pretrained encoder, or the name of a fetched one")
	fs.StringVar(&j.from, "from", "", "go on with the `MODEL` folder, heads included, instead of an encoder")
	fs.StringVar(&j.data, "data", "", "labelled texts to learn from, a `FILE` in JSONL, CSV or TSV")
	fs.StringVar(&j.eval, "eval", "", "labelled texts to judge by, a `FILE`; without it a tenth of the data is held out")
	fs.StringVar(&j.out, "out", "", "the model folder `DIR` to write")
	fs.Func("task", "one `NAME[:WEIGHT]=a,b,c`; repeat it for more (default: the tasks of the data, their labels sorted)", func(text string) error {
		t, err := parseTask(text)
		j.tasks = append(j.tasks, t)
		return err
	})
	fs.StringVar(&s.Freeze, "freeze", "", "`POLICY`: what stays frozen: none, all, backbone, layers:K, head:NAME, globs, !term thaws; \"backbone; 1:layers:4\" changes it with the epochs; probe fits the heads at once (default layers:L-2 of L layers)")
	fs.StringVar(&j.style, "head", string(head.Mean), "`STYLE` of the heads: mean, or hf for the family's own")
	fs.IntVar(&s.Epochs, "epochs", s.Epochs, "`N` passes over the data")
	fs.IntVar(&s.Steps, "steps", 0, "`N` optimizer steps in place of epochs; 0 only writes the folder (default: by epochs)")
	fs.IntVar(&s.Batch, "batch", s.Batch, "`N` sentences a step")
	fs.IntVar(&s.Accumulate, "accumulate", s.Accumulate, "`N` batches whose gradients make one step")
	fs.IntVar(&s.Patience, "patience", s.Patience, "end after `N` evaluations without a better held-out loss, with the best weights; 0: never")
	fs.IntVar(&s.BatchTokens, "batch-tokens", s.BatchTokens, "at most `N` tokens at once; only cuts a step into parts")
	fs.IntVar(&s.MaxLength, "max-length", s.MaxLength, "cut texts to `N` tokens, special ones included")
	fs.Float64Var(&s.LR, "lr", s.LR, "greatest learning `RATE` of the encoder")
	fs.Float64Var(&s.HeadLR, "head-lr", s.HeadLR, "greatest learning `RATE` of the heads")
	fs.Float64Var(&s.LayerDecay, "layer-decay", s.LayerDecay, "`FACTOR` of the rate from each layer to the one below")
	fs.StringVar(&s.Schedule, "schedule", s.Schedule, "`SHAPE` of the rate after the warm-up: linear or cosine")
	fs.Float64Var(&s.Warmup, "warmup", s.Warmup, "`SHARE` of the steps in which the rate rises")
	fs.Float64Var(&s.Clip, "clip", s.Clip, "greatest `NORM` of the gradient; 0 for any")
	fs.Float64Var(&s.WeightDecay, "weight-decay", s.WeightDecay, "AdamW's `DECAY`")
	fs.Float64Var(&s.Dropout, "dropout", s.Dropout, "`P` of the thawed part; -1 for what config.json says")
	fs.BoolVar(&j.noShuffle, "no-shuffle", false, "take the data in its own order")
	fs.Uint64Var(&s.Seed, "seed", s.Seed, "`SEED` of order, dropout, heads and the held-out tenth")
	fs.BoolVar(&j.resume, "resume", false, "go on from the checkpoint in the folder of --out")
	fs.BoolVar(&j.asJSON, "json", false, "print events, one JSON object a line")
	j.threads = threadsFlag(fs)
	return j
}

// run checks what was asked, prepares the model and trains it.
func (j *trainJob) run(ctx context.Context, s streams) error {
	if err := j.check(); err != nil {
		return err
	}
	ops, err := openDevice(*j.threads)
	if err != nil {
		return err
	}
	defer ops.Close()
	var before *saved
	if j.resume {
		if before, err = readSaved(j.checkpoint()); err != nil {
			return err
		}
		if err := j.agrees(before); err != nil {
			return err
		}
		s.note("going on after step %d", before.Step)
		j.settings, j.style, j.tasks = before.Settings, string(before.Head), before.Tasks
	}
	m, err := j.open(ops)
	if err != nil {
		return err
	}
	set, err := j.read(s, m)
	if err != nil {
		return err
	}
	if err := j.describe(s, m, set); err != nil {
		return err
	}
	if j.writesOnly() {
		return j.write(s, m)
	}
	// Nearly all memory is numbers, which the collector does not look at, so collecting often costs little and saves much.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	trainer, err := j.trainer(m, set)
	if err != nil {
		return err
	}
	defer trainer.Close()
	return j.train(ctx, s, m, trainer)
}

// check finds faults of the command line before anything is read.
func (j *trainJob) check() error {
	switch {
	case j.encoder == "" && j.from == "":
		return usagef("--encoder is missing (or --from, to go on with a trained model)")
	case j.encoder != "" && j.from != "":
		return usagef("--encoder and --from exclude each other")
	case isSet(j.fs, "steps") && isSet(j.fs, "epochs"):
		return usagef("--steps and --epochs exclude each other")
	case j.writesOnly() && j.resume:
		return usagef("--steps 0 takes no step, so there is nothing to resume")
	case j.style != string(head.Mean) && j.style != string(head.HF):
		return usagef("--head is %q, want mean or hf", j.style)
	}
	if err := required("out", j.out); err != nil {
		return err
	}
	// A folder can be written without data where something else names the tasks.
	if err := required("data", j.data); err != nil && !(j.writesOnly() && (j.tasks != nil || j.from != "")) {
		return err
	}
	if j.tasks != nil {
		if err := data.Check(j.tasks, nil); err != nil {
			return usageError(err.Error())
		}
	}
	j.settings.Shuffle = !j.noShuffle
	if err := cmp.Or(model.CheckFolder(j.out), model.CheckWritable(j.out)); err != nil {
		return err
	}
	return j.checkCheckpoint()
}

// writesOnly says whether the model is only to be written: --steps 0, which to train.Settings would mean by epochs.
func (j *trainJob) writesOnly() bool { return isSet(j.fs, "steps") && j.settings.Steps == 0 }

// open opens the encoder or the model to go on with, and makes the settings fit it.
func (j *trainJob) open(ops backend.Backend) (*model.Model, error) {
	var m *model.Model
	if j.from != "" {
		var err error
		if m, err = openTrained(ops, j.from); err != nil {
			return nil, err
		}
	} else {
		dir, err := encoderFolder(j.encoder)
		if err != nil {
			return nil, err
		}
		if m, err = openModel(ops, dir); err != nil {
			return nil, err
		}
	}
	c := m.Encoder.Config
	if j.settings.Freeze == "" {
		if isSet(j.fs, "freeze") {
			return nil, usagef("--freeze is empty; none freezes nothing")
		}
		j.settings.Freeze = freeze.Default(c.Layers)
	}
	if !isSet(j.fs, "max-length") {
		j.settings.MaxLength = min(j.settings.MaxLength, c.Positions)
	}
	return m, j.settings.Check(c.Positions)
}

// read reads the data and gives the model heads for its tasks.
func (j *trainJob) read(s streams, m *model.Model) (train.Data, error) {
	var set train.Data
	var records []data.Record
	var err error
	if j.data != "" {
		if records, err = data.ReadFile(j.data); err != nil {
			return set, err
		}
	}
	var had []head.Task
	style := head.Style(j.style)
	if j.from != "" {
		had = m.Card.Tasks
		if !isSet(j.fs, "head") && !j.resume {
			style = m.Card.Head
		}
	}
	tasks := chosenTasks(j.tasks, had, records)
	if len(tasks) == 0 {
		return set, fmt.Errorf("%s: no record has a label, so there is no task to learn; give each text its labels", j.data)
	}
	inFile := data.Tasks(records)
	if records, err = j.labelled(s, j.data, tasks, records); err != nil {
		return set, err
	}
	if set.Train, set.Evals, err = j.divide(s, tasks, records); err != nil {
		return set, err
	}
	if err := checkLabelled(tasks, inFile, set.Train); err != nil && j.from == "" && j.data != "" {
		return set, fmt.Errorf("%s: %w", j.data, err)
	}
	return set, j.heads(s, m, style, tasks)
}

// heads gives the model heads of the tasks, and says if that replaces those of a model that is gone on with.
func (j *trainJob) heads(s streams, m *model.Model, style head.Style, tasks []head.Task) error {
	old := m.Heads
	if err := m.SetHeads(style, slices.Clone(tasks), j.settings.Seed); err != nil {
		return err
	}
	if j.from != "" && m.Heads != old {
		s.note("the heads of %s are of other tasks or another style; they begin anew", j.from)
	}
	return nil
}

// labelled checks the records of a file; labels of tasks that --task leaves out do not count, and that is said.
func (j *trainJob) labelled(s streams, file string, tasks []head.Task, records []data.Record) ([]data.Record, error) {
	if len(j.tasks) > 0 {
		kept, dropped := keepTasks(tasks, records)
		if len(dropped) > 0 {
			s.note("%s: not trained, for no --task names them: %s", file, strings.Join(dropped, ", "))
		}
		records = kept
	}
	if err := data.Check(tasks, records); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return records, nil
}

// heldOut is the share of the data to judge by where --eval names no other.
const heldOut = 0.1

// divide is what to learn from and what to judge by.
func (j *trainJob) divide(s streams, tasks []head.Task, records []data.Record) ([]data.Record, []train.Set, error) {
	if j.eval == "" {
		learn, judge := data.Split(records, heldOut, j.settings.Seed)
		return learn, []train.Set{{Name: "heldout", Records: judge}}, nil
	}
	judge, err := data.ReadFile(j.eval)
	if err == nil {
		judge, err = j.labelled(s, j.eval, tasks, judge)
	}
	return records, []train.Set{{Name: "heldout", Records: judge}}, err
}

// describe puts provenance and settings on the model's card and says what will be learnt.
func (j *trainJob) describe(s streams, m *model.Model, set train.Data) error {
	text, err := json.Marshal(j.settings)
	if err != nil {
		return err
	}
	m.Card.Settings, m.Card.Freeze = text, j.settings.Freeze
	m.Card.Trained = model.Trained{From: j.encoder + j.from}
	for _, t := range m.Heads.Tasks {
		s.note("task %s: %s", t.Name, strings.Join(t.Labels, ", "))
	}
	s.note("texts: %d to learn from, %d held out; %s", len(set.Train), len(set.Evals[0].Records), m.Params.Ops().Name())
	return nil
}

// trainer begins a run or takes it up again.
func (j *trainJob) trainer(m *model.Model, set train.Data) (*train.Trainer, error) {
	if !j.resume {
		return train.New(m, j.settings, set)
	}
	f, err := os.Open(j.checkpoint())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := train.Resume(m, f, set)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.checkpoint(), err)
	}
	return t, nil
}

// train runs to the end and writes the model, or saves where it was stopped.
func (j *trainJob) train(ctx context.Context, s streams, m *model.Model, t *train.Trainer) error {
	p := newProgress(s, j.asJSON)
	per := 0 // steps of an epoch
	err := t.Run(ctx, func(e train.Event) {
		p.event(e)
		switch e := e.(type) {
		case train.PlanEvent:
			per = (e.Examples + j.settings.Batch - 1) / j.settings.Batch
		case train.StepEvent:
			if e.Step%per == 0 && e.Step < e.Steps {
				j.keep(s, t)
			}
		}
	})
	p.live.clear()
	if err != nil {
		return err
	}
	if p.changed != nil {
		return fmt.Errorf("frozen tensors have changed, which is a fault of this program; the model is not saved: %s", strings.Join(p.changed, ", "))
	}
	if p.stopped {
		return j.stop(s, t)
	}
	p.table()
	if err := j.write(s, m); err != nil {
		return err
	}
	return p.failure()
}

// stop saves a run that the user has interrupted.
func (j *trainJob) stop(s streams, t *train.Trainer) error {
	if err := saveCheckpoint(j.out, t.Save); err != nil {
		return fmt.Errorf("stopped after step %d, and the checkpoint could not be saved: %w", t.Steps(), err)
	}
	s.note("stopped after step %d; the same command with --resume goes on from %s", t.Steps(), j.checkpoint())
	return errInterrupted
}

// keep saves a checkpoint in mid-run. If that fails the run goes on.
func (j *trainJob) keep(s streams, t *train.Trainer) {
	if err := saveCheckpoint(j.out, t.Save); err != nil {
		s.note("warning: no checkpoint was saved: %v", err)
	}
}

// write saves the model; its checkpoint goes with the folder that it replaces.
func (j *trainJob) write(s streams, m *model.Model) error {
	if err := m.Save(j.out); err != nil {
		return err
	}
	s.note("the model is in %s", j.out)
	return nil
}

func (j *trainJob) checkpoint() string { return filepath.Join(j.out, model.CheckpointFile) }
