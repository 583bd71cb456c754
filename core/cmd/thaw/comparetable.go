package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"thaw/core/compare"
)

// compareTable prints scenarios side by side, a column each.
func compareTable(w io.Writer, rows []compare.Row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name string, figure func(compare.Row) string) {
		fmt.Fprint(table, name)
		for _, r := range rows {
			fmt.Fprintf(table, "\t%s", figure(r))
		}
		fmt.Fprintln(table)
	}
	line("policy", func(r compare.Row) string { return r.Policy })
	line("", func(r compare.Row) string { return role(r) })
	line("parameters that train", func(r compare.Row) string { return fmt.Sprint(r.Trainable) })
	line("share of all", func(r compare.Row) string { return fmt.Sprintf("%.2f %%", 100*r.Share) })
	line("seconds", func(r compare.Row) string { return fmt.Sprintf("%.1f", r.Seconds) })
	line("memory, MB", func(r compare.Row) string { return fmt.Sprintf("%.0f", float64(r.MemoryBytes)/1e6) })
	line("training loss", func(r compare.Row) string {
		if r.FirstLoss == nil || r.LastLoss == nil {
			return "no steps"
		}
		return fmt.Sprintf("%.4f → %.4f", *r.FirstLoss, *r.LastLoss)
	})
	for i, sc := range rows[0].Scores { // the sets and tasks are the same in every scenario
		name := sc.Set + " " + sc.Task
		line(name+" loss", func(r compare.Row) string {
			return fmt.Sprintf("%.4f → %.4f", r.Scores[i].LossBefore, r.Scores[i].LossAfter)
		})
		line(name+" accuracy", func(r compare.Row) string {
			return fmt.Sprintf("%.4f → %.4f", r.Scores[i].AccuracyBefore, r.Scores[i].AccuracyAfter)
		})
	}
	fmt.Fprintln(table)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, legend(rows))
	return err
}

// role is what a scenario is for, where that needs a word.
func role(r compare.Row) string {
	switch {
	case r.Control:
		return "control"
	case r.Recommended:
		return "default"
	}
	return ""
}

// legend explains what the table's words mean.
func legend(rows []compare.Row) string {
	text := "Before → after. Training loss is the mean over the first and the last tenth of the steps, summed over the tasks."
	if slices.ContainsFunc(rows, func(r compare.Row) bool { return r.FirstLoss == nil }) {
		text += " A probe takes no steps: it fits the heads at once."
	}
	if slices.ContainsFunc(rows, func(r compare.Row) bool { return r.Control }) {
		text += "\nIn the control nothing trains, so its held-out loss stays and its training loss moves only with the sentences of a step."
	}
	return text + "\n"
}

// transferTable prints the runs of the transfer experiment.
func transferTable(w io.Writer, a, b, policy string, arms []compare.Arm) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "A is %s, B is %s, freeze %s; held-out figures of B, mean ± standard deviation of %d seeds\n\n", a, b, policy, len(arms[0].Losses))
	fmt.Fprintln(table, "run\tsentences of B\tsteps for B\tsteps before\tloss of B\taccuracy of B\tgain over B alone")
	for _, r := range arms {
		gain := ""
		if r.Run != compare.Alone {
			gain = fmt.Sprintf("%+.4f", r.Accuracy.Mean-arms[0].Accuracy.Mean)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.4f ± %.4f\t%.4f ± %.4f\t%s\n", r.Run, r.Sentences, r.Steps, r.StepsOfA,
			r.Loss.Mean, r.Loss.Spread, r.Accuracy.Mean, r.Accuracy.Spread, gain)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := cosines(w, arms); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, compare.Judge(a, b, arms).Sentence)
	return err
}

// cosines prints how the tasks' gradients stand to each other.
func cosines(w io.Writer, arms []compare.Arm) (err error) {
	for _, r := range arms {
		for i := range r.CosineEnd {
			if i == 0 {
				fmt.Fprintf(w, "\ncosine between the tasks' gradients on the encoder, %s, start → end:", r.Run)
			}
			if i > 0 {
				fmt.Fprint(w, ";")
			}
			fmt.Fprintf(w, " %+.3f → %+.3f", r.CosineStart[i], r.CosineEnd[i])
		}
	}
	_, err = fmt.Fprintln(w)
	return err
}
