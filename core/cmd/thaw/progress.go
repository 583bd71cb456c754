package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"thaw/core/train"
)

// progress tells of a run: events as JSON on standard output if asked for, and for people on standard error.
type progress struct {
	s     streams
	live  *liveLine
	lines *json.Encoder // nil without --json
	err   error         // of writing events, the first

	first, last map[string]train.EvalEvent // by set
	sets        []string
	changed     []string // frozen tensors that did not stay equal
	stopped     bool
}

func newProgress(s streams, asJSON bool) *progress {
	p := &progress{s: s, live: newLiveLine(s.err), first: map[string]train.EvalEvent{}, last: map[string]train.EvalEvent{}}
	if asJSON {
		p.lines = jsonLines(s.out)
	}
	return p
}

// event takes one event of the run.
func (p *progress) event(e train.Event) {
	if p.lines != nil && p.err == nil {
		p.err = p.lines.Encode(e)
	}
	switch e := e.(type) {
	case train.PlanEvent:
		p.plan(e)
	case train.StepEvent:
		p.live.show(fmt.Sprintf("step %d of %d, epoch %.2f, loss %.4f, %.0f ms, %.0f tokens/s", e.Step, e.Steps, e.Epoch, e.Loss, e.MS, e.TokensPerSecond))
	case train.EvalEvent:
		p.eval(e)
	case train.SkippedEvent:
		p.note("step %d skipped: %s", e.Step, e.Why)
	case train.RollbackEvent:
		p.note("the weights of step %d are back, and the rates are %g times what was asked for", e.To, e.Rate)
	case train.FrozenEvent:
		p.frozen(e)
	case train.ProbeEvent:
		p.note("%s: fitted to %d sentences in %d iterations, %.1f s, loss %.4f", e.Task, e.N, e.Iterations, e.MS/1e3, e.Loss)
	case train.DoneEvent:
		p.stopped = e.Stopped
		if e.Early {
			p.note("no better for a while; the model has the weights of step %d", e.BestStep)
		}
		p.note("%d steps, %.1f s", e.Steps, e.Seconds)
	}
}

// note writes a line for people, above the live one.
func (p *progress) note(format string, args ...any) {
	p.live.clear()
	p.s.note(format, args...)
}

func (p *progress) plan(e train.PlanEvent) {
	p.note("freeze %s: %d parameters train, %d are frozen; about %.0f MB of memory", e.Freeze, e.Trainable, e.Frozen, float64(e.MemoryBytes)/1e6)
	if e.Cut > 0 {
		p.note("texts cut to the greatest length: %d", e.Cut)
	}
}

// eval writes the scores of one set on a line and keeps them for the table.
func (p *progress) eval(e train.EvalEvent) {
	if _, met := p.first[e.Set]; !met {
		p.first[e.Set] = e
		p.sets = append(p.sets, e.Set)
	}
	p.last[e.Set] = e
	text := fmt.Sprintf("epoch %.0f, step %d, %s:", e.Epoch, e.Step, e.Set)
	for _, task := range sortedTasks(e) {
		text += fmt.Sprintf(" %s %.4f (loss %.4f)", task, e.Tasks[task].Accuracy, e.Tasks[task].Loss)
	}
	p.note("%s", text)
}

// sortedTasks are the tasks of an evaluation.
func sortedTasks(e train.EvalEvent) []string { return slices.Sorted(maps.Keys(e.Tasks)) }

// frozen writes the proof in one line, or keeps the names of what changed.
func (p *progress) frozen(e train.FrozenEvent) {
	for _, t := range e.List {
		if t.Before != t.After {
			p.changed = append(p.changed, t.Name)
		}
	}
	if e.Equal && e.Tensors > 0 {
		p.note("%d frozen tensors, SHA-256 equal before and after (%.12s…)", e.Tensors, e.SHA256)
	}
}

// table writes the scores at the end, and those before the run where it began here.
func (p *progress) table() {
	if len(p.sets) == 0 {
		return
	}
	w := tabwriter.NewWriter(p.s.err, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "set\ttask\ttexts\taccuracy\tmacro F1\tloss")
	for _, set := range p.sets {
		first, last := p.first[set], p.last[set]
		for _, task := range sortedTasks(last) {
			a, b := first.Tasks[task], last.Tasks[task]
			change := func(before, after float64) string {
				if first.Step > 0 { // a run that was resumed
					return fmt.Sprintf("%.4f", after)
				}
				return fmt.Sprintf("%.4f → %.4f", before, after)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", set, task, b.N,
				change(a.Accuracy, b.Accuracy), change(a.MacroF1, b.MacroF1), change(a.Loss, b.Loss))
		}
	}
	// The table is for people; a terminal that is gone is no fault of the run.
	_ = w.Flush()
}

// failure is the error of writing events, if it is more than a reader that went away.
func (p *progress) failure() error {
	if p.err == nil || errors.Is(p.err, errReaderGone) {
		return nil
	}
	return fmt.Errorf("the model is saved, but events could not be written: %w", p.err)
}
