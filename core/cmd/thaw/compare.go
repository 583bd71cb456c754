package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"thaw/core/backend"
	"thaw/core/compare"
	"thaw/core/data"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

func compareCommand() command {
	return command{
		name: "compare",
		purpose: "Trains one scenario after another from the same encoder and prints them side by side. Each opens the encoder's folder anew, " +
			"so all begin with the same bits, and has the same data, held-out sentences and seed. No model is written. " +
			"With --transfer A,B it asks instead whether the task B gains from A: B alone, A then B, and both together, over some seeds. " +
			"In all three B has the same sentences, passes and steps; both together take batches larger by what A adds.",
		example: "thaw compare --encoder minilm --data data.jsonl\n" +
			"thaw compare --encoder minilm --data data.jsonl --freeze backbone --freeze layers:4 --epochs 1 --json\n" +
			"thaw compare --encoder minilm --data data.jsonl --transfer topic,sentiment --seeds 3",
		setup: func(fs *flag.FlagSet) action {
			job := compareFlags(fs)
			return func(ctx context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				return job.run(ctx, s)
			}
		},
	}
}

// compareJob is what the command line asks for: scenarios in the words of train.
type compareJob struct {
	*trainJob
	policies []string // of --freeze
	transfer string   // "A,B"
	seeds    int
}

// notCompared are flags of train that write a run or take it up, or that mean something else here.
var notCompared = []string{"from", "out", "freeze", "resume", "json"}

// compareFlags declares the flags of train that say how to learn, and compare's own.
func compareFlags(fs *flag.FlagSet) *compareJob {
	learning := flag.NewFlagSet(fs.Name(), flag.ContinueOnError)
	j := &compareJob{trainJob: trainFlags(learning)}
	learning.Lookup("steps").Usage = "`N` optimizer steps in place of epochs (default: by epochs)" // there is no folder to only write
	learning.VisitAll(func(f *flag.Flag) {
		if !slices.Contains(notCompared, f.Name) {
			fs.Var(f.Value, f.Name, f.Usage)
		}
	})
	j.fs = fs
	fs.Func("freeze", "a `POLICY` to compare; repeat it for more (default: all, probe, backbone, head:TASK, layers:L-2 of L layers, none)", func(text string) error {
		if _, err := freeze.ParseSchedule(text); err != nil {
			return err
		}
		j.policies = append(j.policies, text)
		return nil
	})
	fs.StringVar(&j.transfer, "transfer", "", "two tasks `A,B`: whether B gains from A")
	fs.IntVar(&j.seeds, "seeds", 3, "`N` seeds of --transfer, from --seed on")
	fs.BoolVar(&j.asJSON, "json", false, "print one JSON object a scenario, or a run of --transfer")
	return j
}

// run checks what was asked and runs it.
func (j *compareJob) run(ctx context.Context, s streams) error {
	if err := j.check(); err != nil {
		return err
	}
	ops, err := openDevice(*j.threads)
	if err != nil {
		return err
	}
	defer ops.Close()
	m, set, err := j.begin(s, ops)
	if err != nil {
		return err
	}
	defer m.Free()
	err = j.all(ctx, s, m, set)
	if errors.Is(err, compare.ErrStopped) {
		s.note("stopped; nothing was written")
		return errInterrupted
	}
	return err
}

// check finds faults of the command line before anything is read.
func (j *compareJob) check() error {
	if err := required("encoder", j.encoder, "data", j.data); err != nil {
		return err
	}
	switch {
	case isSet(j.fs, "steps") && isSet(j.fs, "epochs"):
		return usagef("--steps and --epochs exclude each other")
	case j.writesOnly():
		return usagef("--steps is 0, want 1 or more")
	case j.style != string(head.Mean) && j.style != string(head.HF):
		return usagef("--head is %q, want mean or hf", j.style)
	case j.transfer == "" && isSet(j.fs, "seeds"):
		return usagef("--seeds is for --transfer; --seed is that of all scenarios")
	case j.transfer != "" && len(j.policies) > 1:
		return usagef("--transfer takes one --freeze, %d are given", len(j.policies))
	case j.seeds < 1 || j.seeds > 100:
		return usagef("--seeds is %d, want 1 to 100", j.seeds)
	}
	if j.tasks != nil {
		if err := data.Check(j.tasks, nil); err != nil {
			return usageError(err.Error())
		}
	}
	j.settings.Shuffle = !j.noShuffle
	return nil
}

// begin opens the encoder for the first time, gives it heads for the tasks of the data, and divides that once for all.
func (j *compareJob) begin(s streams, ops backend.Backend) (*model.Model, train.Data, error) {
	if len(j.policies) > 0 {
		j.settings.Freeze = j.policies[0]
	}
	m, err := j.open(ops)
	if err != nil {
		return nil, train.Data{}, err
	}
	if j.transfer != "" && m.Heads != nil {
		m.Free()
		return nil, train.Data{}, fmt.Errorf("%s has learnt tasks already; --transfer begins with a pretrained encoder", j.encoder)
	}
	set, err := j.read(s, m)
	if err == nil {
		err = j.describe(s, m, set)
	}
	if err != nil {
		m.Free()
		return nil, set, err
	}
	if by := naturalOf(m.Heads.Tasks); len(by) > 0 && j.transfer == "" {
		set.Evals = append(set.Evals, train.Set{Name: naturalSplit, Records: by})
	}
	return m, set, nil
}

// all runs the scenarios, or the transfer experiment.
func (j *compareJob) all(ctx context.Context, s streams, m *model.Model, set train.Data) error {
	if j.transfer != "" {
		return j.runTransfer(ctx, s, m, set)
	}
	policies := j.policies
	if policies == nil {
		policies = compare.Policies(m.Encoder.Config.Layers, m.Heads.Style, m.Heads.Tasks)
	}
	for _, p := range policies { // a policy that this model cannot have is told before the first run
		settings := j.settings
		settings.Freeze = p
		if _, err := train.Estimate(m, settings, len(set.Train), len(set.Train)); err != nil {
			return err
		}
	}
	return j.scenarios(ctx, s, m, set, policies)
}

// scenarios runs one policy after another and prints them.
func (j *compareJob) scenarios(ctx context.Context, s streams, first *model.Model, set train.Data, policies []string) error {
	var rows []compare.Row
	for i, p := range policies {
		s.note("scenario %d of %d: %s", i+1, len(policies), p)
		row, err := j.scenario(ctx, s, first, set, p)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		if j.asJSON {
			if err := jsonLines(s.out).Encode(row); err != nil {
				return err
			}
		}
	}
	if j.asJSON {
		return nil
	}
	return compareTable(s.out, rows)
}

// scenario runs one policy on the encoder, opened anew, with heads for the same tasks drawn by the same seed.
func (j *compareJob) scenario(ctx context.Context, s streams, first *model.Model, set train.Data, policy string) (compare.Row, error) {
	m, err := j.again(first)
	if err != nil {
		return compare.Row{}, err
	}
	defer m.Free()
	if err := m.SetHeads(first.Heads.Style, slices.Clone(first.Heads.Tasks), j.settings.Seed); err != nil {
		return compare.Row{}, err
	}
	settings := j.settings
	settings.Freeze = policy
	live := newLiveLine(s.err)
	defer live.clear()
	return compare.Scenario(ctx, m, settings, set, stepLine(live))
}

// again opens the encoder's folder once more, with the heads that it may have.
func (j *compareJob) again(first *model.Model) (*model.Model, error) {
	dir, err := encoderFolder(j.encoder)
	if err != nil {
		return nil, err
	}
	return openModel(first.Params.Ops(), dir)
}

// stepLine shows the step at hand on a terminal.
func stepLine(live *liveLine) func(train.Event) {
	return func(e train.Event) {
		if e, ok := e.(train.StepEvent); ok {
			live.show(fmt.Sprintf("step %d of %d, loss %.4f, %.0f ms", e.Step, e.Steps, e.Loss, e.MS))
		}
	}
}

// naturalOf is the sentences written by hand with a label of these tasks; none if they know other labels.
func naturalOf(tasks []head.Task) (records []data.Record) {
	kept, _ := keepTasks(tasks, words().Natural())
	if data.Check(tasks, kept) != nil {
		return nil
	}
	for _, r := range kept {
		if len(r.Labels) > 0 {
			records = append(records, r)
		}
	}
	return records
}

// runTransfer runs the transfer experiment and prints it.
func (j *compareJob) runTransfer(ctx context.Context, s streams, m *model.Model, set train.Data) error {
	a, b, err := j.pair(m.Heads.Tasks)
	if err != nil {
		return err
	}
	var seeds []uint64
	for i := range j.seeds {
		seeds = append(seeds, j.settings.Seed+uint64(i))
	}
	live := newLiveLine(s.err)
	defer live.clear()
	x := compare.Transfer{
		A: a, B: b, Head: m.Heads.Style, Settings: j.settings, Data: set,
		Open:  func() (*model.Model, error) { return j.again(m) },
		Watch: stepLine(live),
		Begin: func(run string, seed uint64) {
			live.clear()
			s.note("seed %d: %s", seed, run)
		},
	}
	arms, err := x.Run(ctx, seeds)
	live.clear()
	if err != nil {
		return err
	}
	if !j.asJSON {
		return transferTable(s.out, a.Name, b.Name, j.settings.Freeze, arms)
	}
	return transferJSON(s.out, a.Name, b.Name, j.settings.Freeze, seeds, arms)
}

// pair finds the two tasks of --transfer.
func (j *compareJob) pair(tasks []head.Task) (a, b head.Task, err error) {
	names := strings.Split(j.transfer, ",")
	if len(names) != 2 || names[0] == names[1] {
		return a, b, usagef("--transfer is %q, want two tasks as A,B", j.transfer)
	}
	found := make([]head.Task, 2)
	for i, name := range names {
		at := slices.IndexFunc(tasks, func(t head.Task) bool { return t.Name == name })
		if at < 0 {
			return a, b, usagef("--transfer names %q; the tasks are %s", name, taskNames(tasks))
		}
		found[i] = tasks[at]
	}
	return found[0], found[1], nil
}

// transferJSON prints one object a run.
func transferJSON(w io.Writer, a, b, policy string, seeds []uint64, arms []compare.Arm) error {
	lines := jsonLines(w)
	for _, arm := range arms {
		if err := lines.Encode(struct {
			A      string   `json:"a"`
			B      string   `json:"b"`
			Policy string   `json:"policy"`
			Seeds  []uint64 `json:"seeds"`
			compare.Arm
		}{a, b, policy, seeds, arm}); err != nil {
			return err
		}
	}
	return nil
}
