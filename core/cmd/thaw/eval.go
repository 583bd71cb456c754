package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/report"
)

func evalCommand() command {
	return command{
		name:    "eval",
		purpose: "Scores a trained model on a labelled file, one line a task. Texts without a label of a task do not count for it.",
		example: "thaw eval --model model --data heldout.jsonl --json",
		setup: func(fs *flag.FlagSet) action {
			dir := fs.String("model", "", "the model folder `DIR` that training has written")
			file := fs.String("data", "", "labelled texts, a `FILE` in JSONL, CSV or TSV")
			asJSON := fs.Bool("json", false, "print {task, n, accuracy, macroF1, loss, labels, confusion} a task")
			threads := threadsFlag(fs)
			return func(ctx context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				if err := required("model", *dir, "data", *file); err != nil {
					return err
				}
				ops, err := openDevice(*threads, untilDone(ctx))
				if err != nil {
					return err
				}
				defer ops.Close()
				m, err := openTrained(ops, *dir)
				if err != nil {
					return err
				}
				records, err := data.ReadFile(*file)
				if err != nil {
					return err
				}
				limit := trainedLength(m)
				scores, err := m.Evaluate(records, limit)
				if err != nil {
					return fmt.Errorf("%s: %w", *file, err)
				}
				if len(scores) == 0 {
					return fmt.Errorf("%s: no record has a label of a task of the model", *file)
				}
				cut := cutCount(0)
				for _, r := range records {
					cut.add(m.Tokenizer, []string{r.Text}, limit)
				}
				cut.report(s, limit)
				if *asJSON {
					return scoresJSON(s.out, m.Heads.Tasks, scores)
				}
				return scoresTable(s.out, m.Heads.Tasks, scores)
			}
		},
	}
}

// scoresJSON prints one object a task.
func scoresJSON(w io.Writer, tasks []head.Task, scores map[string]report.Scores) error {
	lines := jsonLines(w)
	for _, t := range tasks {
		if sc, ok := scores[t.Name]; ok {
			if err := lines.Encode(struct {
				Task string `json:"task"`
				report.Scores
			}{t.Name, sc}); err != nil {
				return err
			}
		}
	}
	return nil
}

// scoresTable prints the scores for people, and how often each label was taken for which.
func scoresTable(w io.Writer, tasks []head.Task, scores map[string]report.Scores) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range tasks {
		sc, ok := scores[t.Name]
		if !ok {
			continue
		}
		fmt.Fprintf(table, "%s\t%d texts\taccuracy %.4f\tmacro F1 %.4f\tloss %.4f\n", t.Name, sc.N, sc.Accuracy, sc.MacroF1, sc.Loss)
		fmt.Fprint(table, "  true \\ given")
		for _, l := range sc.Labels {
			fmt.Fprintf(table, "\t%s", l)
		}
		for i, row := range sc.Confusion {
			fmt.Fprintf(table, "\n  %s", sc.Labels[i])
			for _, n := range row {
				fmt.Fprintf(table, "\t%d", n)
			}
		}
		fmt.Fprint(table, "\n\n")
	}
	return table.Flush()
}
