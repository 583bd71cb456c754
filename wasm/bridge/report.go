package bridge

import (
	"maps"
	"slices"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/report"
)

// Sizes of a report.
const (
	reportBins   = 10
	reportPoints = 240 // sentences of the picture
)

// report says how far the model's confidence can be believed and what training has done to its sentences.
func (s *session) report(a *Report, open func(string) (Stream, error)) (any, error) {
	if s.model == nil {
		return nil, notLoaded("a report")
	}
	if s.model.Heads == nil || !s.learnt {
		return nil, fault("state", "Train first.", "the model has no task heads that have learnt something")
	}
	tasks := s.model.Heads.Tasks
	records, err := a.Data.records(&s.words, tasksOf(tasks))
	if err != nil {
		return nil, err
	}
	records = only(tasks, records, true)
	if len(records) < 3 {
		return nil, fault("data", "Give sentences with labels of the tasks.", "a report needs three labelled sentences, %d are given", len(records))
	}
	reply := Reported{}
	if reply.Calibration, err = s.calibration(tasks, records, length(a.MaxLength)); err != nil {
		return nil, err
	}
	reply.Picture, err = s.picture(spreadOver(records, reportPoints), length(a.MaxLength), a.Files, open)
	return reply, err
}

// calibration compares the confidence of the answers to labelled texts with how often they are right, by task.
func (s *session) calibration(tasks []head.Task, records []data.Record, limit int) (map[string]report.Reliability, error) {
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = r.Text
	}
	said, err := s.model.Predict(texts, limit)
	if err != nil {
		return nil, err
	}
	out := map[string]report.Reliability{}
	for _, t := range tasks {
		var p [][]float64
		var labels []int32
		for i, r := range records {
			label, ok := r.Labels[t.Name]
			if !ok {
				continue
			}
			row := make([]float64, len(t.Labels))
			for c, name := range t.Labels {
				row[c] = said[i][t.Name].Scores[name]
			}
			p, labels = append(p, row), append(labels, int32(t.Index(label)))
		}
		if len(p) > 0 {
			out[t.Name] = report.Calibration(p, labels, reportBins)
		}
	}
	return out, nil
}

// picture is sentences in the plane in which the model's own mean-pooled hidden states vary most, and where the encoder as it
// was loaded has them in the same plane.
func (s *session) picture(records []data.Record, limit int, files []File, open func(string) (Stream, error)) (Picture, error) {
	after, err := s.model.Embeddings(records, limit)
	if err != nil {
		return Picture{}, err
	}
	plane, err := report.PCA(after, 2)
	if err != nil {
		return Picture{}, err
	}
	base, done, err := s.pristine(files, open)
	if err != nil {
		return Picture{}, err
	}
	defer done()
	before, err := base.Embeddings(records, limit)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{Explained: plane.Explained}
	then, now := plane.Project(before), plane.Project(after)
	for i, r := range records {
		p.Points = append(p.Points, Point{maps.Clone(r.Labels), slices.Clone(then.Row(i)), slices.Clone(now.Row(i))})
	}
	return p, nil
}
