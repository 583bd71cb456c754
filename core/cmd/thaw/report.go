package main

import (
	"context"
	"flag"
	"fmt"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/model"
	"thaw/core/report"
)

func reportCommand() command {
	return command{
		name: "report",
		purpose: "Says how a trained model answers a labelled file: per task what was taken for what, precision, recall and F1 of each class, " +
			"and how far its confidence can be believed. With --encoder, the encoder that it was trained from, also how far each " +
			"layer's weights have moved and how alike the hidden states are before and after. With --json the first two principal components " +
			"of sentences come too.",
		example: "thaw report --model model --data heldout.jsonl\nthaw report --model model --data heldout.jsonl --encoder minilm --json",
		setup: func(fs *flag.FlagSet) action {
			j := &reportJob{}
			fs.StringVar(&j.model, "model", "", "the model folder `DIR` that training has written")
			fs.StringVar(&j.data, "data", "", "labelled texts, a `FILE` in JSONL, CSV or TSV")
			fs.StringVar(&j.encoder, "encoder", "", "folder `DIR` of the encoder that training began with, or the name of a fetched one")
			fs.BoolVar(&j.asJSON, "json", false, "print one object a task, a layer, a stage, and one of the principal components")
			j.threads = threadsFlag(fs)
			return func(ctx context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				if err := required("model", j.model, "data", j.data); err != nil {
					return err
				}
				return j.run(ctx, s)
			}
		},
	}
}

// reportJob is what the command line asks for.
type reportJob struct {
	model, data, encoder string
	asJSON               bool
	threads              *int
}

// The most sentences that hidden states are compared on, and that a picture shows: their cost grows faster than their number.
const (
	mostAligned  = 400
	mostPictured = 200
)

// findings is all that a report says. Without an origin there are no layers and no stages.
type findings struct {
	Tasks   []taskReport
	Layers  []layerReport
	Stages  []stageReport
	Picture *pictureReport
}

// run opens what was named, measures it and prints it.
func (j *reportJob) run(ctx context.Context, s streams) error {
	ops, err := openDevice(*j.threads, untilDone(ctx))
	if err != nil {
		return err
	}
	defer ops.Close()
	m, err := openTrained(ops, j.model)
	if err != nil {
		return err
	}
	origin, err := j.origin(ops, m)
	if err != nil {
		return err
	}
	records, err := data.ReadFile(j.data)
	if err != nil {
		return err
	}
	f, err := j.measure(s, m, origin, records)
	if err != nil {
		return err
	}
	if j.asJSON {
		return reportJSON(s.out, f)
	}
	return reportTables(s.out, f)
}

// origin opens the encoder that the model comes from, nil if none is named.
func (j *reportJob) origin(ops backend.Backend, m *model.Model) (*model.Model, error) {
	if j.encoder == "" {
		return nil, nil
	}
	dir, err := encoderFolder(j.encoder)
	if err != nil {
		return nil, err
	}
	origin, err := openModel(ops, dir)
	if err != nil {
		return nil, err
	}
	if err := sameShapes(origin, m); err != nil {
		return nil, fmt.Errorf("%s is not what %s was trained from: %w", j.encoder, j.model, err)
	}
	return origin, nil
}

// measure makes the findings.
func (j *reportJob) measure(s streams, m, origin *model.Model, records []data.Record) (f findings, err error) {
	limit := trainedLength(m)
	if f.Tasks, err = taskReports(m, records, limit); err != nil {
		return f, fmt.Errorf("%s: %w", j.data, err)
	}
	if len(f.Tasks) == 0 {
		return f, fmt.Errorf("%s: no record has a label of a task of the model", j.data)
	}
	if origin != nil {
		if f.Layers, err = drifts(origin, m); err != nil {
			return f, err
		}
		if f.Stages, err = alignments(origin, m, spread(records, mostAligned), limit); err != nil {
			return f, fmt.Errorf("%s: hidden states before and after: %w", j.data, err)
		}
	}
	if !j.asJSON {
		return f, nil // a table has no picture
	}
	// Too few sentences for a picture are no reason to keep the rest back.
	if f.Picture, err = picture(origin, m, spread(records, mostPictured), limit); err != nil {
		s.note("no principal components: %v", err)
	}
	return f, nil
}

// spread takes at most n records, spread evenly over all.
func spread(records []data.Record, n int) []data.Record {
	n = min(n, len(records))
	some := make([]data.Record, n)
	for i := range some {
		some[i] = records[i*len(records)/n]
	}
	return some
}

// taskReport is how one task is answered.
type taskReport struct {
	Task string `json:"task"`
	report.Scores
	Classes     []classReport      `json:"classes"`
	Calibration report.Reliability `json:"calibration"`
}

// classReport is one label's share in it: precision is the right ones of those given, recall of those that are true, F1
// their harmonic mean; 0 where there are none.
type classReport struct {
	Label     string  `json:"label"`
	N         int     `json:"n"` // true ones
	Given     int     `json:"given"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// reliabilityBins is the number of steps of the reliability curve.
const reliabilityBins = 10

// taskReports scores the model and compares its confidence with its accuracy. Texts without a label of a task do not count.
func taskReports(m *model.Model, records []data.Record, limit int) ([]taskReport, error) {
	scores, err := m.Evaluate(records, limit)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = r.Text
	}
	answers, err := m.Predict(texts, limit)
	if err != nil {
		return nil, err
	}
	var list []taskReport
	for _, t := range m.Heads.Tasks {
		sc, ok := scores[t.Name]
		if !ok {
			continue
		}
		p, labels := make([][]float64, len(records)), make([]int32, len(records))
		for i, r := range records {
			labels[i] = int32(t.Index(r.Labels[t.Name])) // -1 for none
			for _, l := range t.Labels {
				p[i] = append(p[i], answers[i][t.Name].Scores[l])
			}
		}
		list = append(list, taskReport{Task: t.Name, Scores: sc, Classes: classes(sc), Calibration: report.Calibration(p, labels, reliabilityBins)})
	}
	return list, nil
}

// classes reads the figures of each label off the confusion matrix.
func classes(s report.Scores) []classReport {
	list := make([]classReport, len(s.Labels))
	for i, l := range s.Labels {
		c := classReport{Label: l}
		for k := range s.Labels {
			c.N += s.Confusion[i][k]
			c.Given += s.Confusion[k][i]
		}
		right := float64(s.Confusion[i][i])
		c.Precision, c.Recall = right/float64(max(1, c.Given)), right/float64(max(1, c.N))
		c.F1 = 2 * right / float64(max(1, c.N+c.Given))
		list[i] = c
	}
	return list
}
