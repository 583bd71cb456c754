package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"thaw/core/head"
	"thaw/core/report"
)

// reportJSON prints one object a task, layer and stage; the field report says which.
func reportJSON(w io.Writer, f findings) error {
	lines := jsonLines(w)
	if err := taskLines(lines, f.Tasks); err != nil {
		return err
	}
	for _, l := range f.Layers {
		if err := lines.Encode(struct {
			Report string `json:"report"`
			layerReport
		}{"drift", l}); err != nil {
			return err
		}
	}
	for _, st := range f.Stages {
		if err := lines.Encode(struct {
			Report string `json:"report"`
			stageReport
		}{"cka", st}); err != nil {
			return err
		}
	}
	if f.Picture == nil {
		return nil
	}
	return lines.Encode(struct {
		Report string `json:"report"`
		*pictureReport
	}{"pca", f.Picture})
}

func taskLines(lines *json.Encoder, tasks []taskReport) error {
	for _, t := range tasks {
		if err := lines.Encode(struct {
			Report string `json:"report"`
			taskReport
		}{"task", t}); err != nil {
			return err
		}
	}
	return nil
}

// reportTables prints the findings for people.
func reportTables(w io.Writer, f findings) error {
	for _, t := range f.Tasks {
		if err := scoresTable(w, []head.Task{{Name: t.Task}}, map[string]report.Scores{t.Task: t.Scores}); err != nil {
			return err
		}
		if err := classTable(w, t); err != nil {
			return err
		}
		if err := calibrationTable(w, t.Calibration); err != nil {
			return err
		}
	}
	if f.Layers == nil {
		return nil
	}
	return encoderTable(w, f)
}

func classTable(w io.Writer, t taskReport) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  class\ttrue\tgiven\tprecision\trecall\tF1")
	for _, c := range t.Classes {
		fmt.Fprintf(table, "  %s\t%d\t%d\t%.4f\t%.4f\t%.4f\n", c.Label, c.N, c.Given, c.Precision, c.Recall, c.F1)
	}
	fmt.Fprintln(table)
	return table.Flush()
}

// calibrationTable prints the reliability curve; bins without answers are left out.
func calibrationTable(w io.Writer, r report.Reliability) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  confidence lies off accuracy by %.4f on average (ECE)\n", r.ECE)
	fmt.Fprintln(table, "  bin\ttexts\tconfidence\taccuracy")
	for _, b := range r.Bins {
		if b.N > 0 {
			fmt.Fprintf(table, "  %.1f to %.1f\t%d\t%.4f\t%.4f\n", b.Lo, b.Hi, b.N, b.Confidence, b.Accuracy)
		}
	}
	fmt.Fprintln(table)
	return table.Flush()
}

// encoderTable prints what training has changed, a line a layer. The pooler has no stage of its own.
func encoderTable(w io.Writer, f findings) error {
	cka := map[string]string{}
	for _, st := range f.Stages {
		cka[st.Stage] = fmt.Sprintf("%.4f", st.CKA)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "encoder, before and after; CKA on %d sentences\n", f.Stages[0].N)
	fmt.Fprintln(table, "  layer\tchange of weights\tcosine\tgreatest change\tCKA")
	for _, l := range f.Layers {
		fmt.Fprintf(table, "  %s\t%.3f %%\t%.6f\t%.5f\t%s\n", l.Layer, 100*l.Relative, l.Cosine, l.MaxAbs, cka[l.Layer])
	}
	return table.Flush()
}
