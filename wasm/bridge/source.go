package bridge

import (
	"slices"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/synth"
)

// records are the labelled texts of a source. Text is made for the given tasks where the spec names none.
func (s *Source) records(w *words, given []Task) ([]data.Record, error) {
	if s.Synthetic == nil {
		return s.Records, nil
	}
	spec := *s.Synthetic
	if len(spec.Tasks) == 0 {
		for _, t := range synth.WithEdits(spec.Edits) {
			if len(given) == 0 || slices.ContainsFunc(given, func(g Task) bool { return g.Name == t.Name }) {
				spec.Tasks = append(spec.Tasks, t.Name)
			}
		}
		if len(spec.Tasks) == 0 {
			return nil, fault("synth", "Add words and sentences for the task, or give records with its labels.", "the grammar has no text for any of these tasks")
		}
	}
	g, err := w.open()
	if err != nil {
		return nil, err
	}
	return g.Generate(spec)
}

// tasksFrom fills in what the page left out: kinds, weights, and labels, which come from the grammar's own tasks or from
// the records.
func tasksFrom(given []Task, records []data.Record) ([]head.Task, error) {
	found := data.Tasks(records)
	if len(given) == 0 {
		for i, t := range found {
			found[i].Labels = defaultLabels(t.Name, t.Labels)
		}
		return found, head.Check(found)
	}
	tasks := make([]head.Task, len(given))
	for i, g := range given {
		t := head.Task{Name: g.Name, Kind: head.Kind(g.Kind), Labels: g.Labels, Weight: 1}
		if g.Weight != nil {
			t.Weight = *g.Weight
		}
		if t.Kind == "" {
			t.Kind = head.SingleLabel
		}
		if at := slices.IndexFunc(found, func(f head.Task) bool { return f.Name == t.Name }); len(t.Labels) == 0 && at >= 0 {
			t.Labels = defaultLabels(t.Name, found[at].Labels)
		}
		tasks[i] = t
	}
	return tasks, head.Check(tasks)
}

// defaultLabels are the labels found, in the grammar's order where they are exactly those of its task.
func defaultLabels(name string, found []string) []string {
	for _, t := range synth.Tasks() {
		if t.Name == name && slices.Equal(slices.Sorted(slices.Values(t.Labels)), found) {
			return t.Labels
		}
	}
	return found
}

func tasksOf(tasks []head.Task) []Task {
	out := make([]Task, len(tasks))
	for i, t := range tasks {
		out[i] = Task{t.Name, string(t.Kind), t.Labels, &t.Weight}
	}
	return out
}

func style(name string) head.Style {
	if name == "" {
		return head.Mean
	}
	return head.Style(name)
}

// only keeps the labels of tasks that are learnt and the records that still have one. With known, labels that a task does
// not have go too: the natural sentences cannot know what labels a person has taken away.
func only(tasks []head.Task, records []data.Record, known bool) []data.Record {
	var out []data.Record
	for _, r := range records {
		labels := map[string]string{}
		for _, t := range tasks {
			if l, ok := r.Labels[t.Name]; ok && (!known || t.Index(l) >= 0) {
				labels[t.Name] = l
			}
		}
		if len(labels) > 0 {
			out = append(out, data.Record{Text: r.Text, Labels: labels})
		}
	}
	return out
}

func synthesise(w *words, a *Synth) (any, error) {
	g, err := w.open()
	if err != nil {
		return nil, err
	}
	records, err := g.Generate(a.Spec)
	if err != nil {
		return nil, err
	}
	return Synthesised{records, synth.Measure(records)}, nil
}

func natural(w *words) (any, error) {
	g, err := w.open()
	if err != nil {
		return nil, err
	}
	return Records{g.Natural()}, nil
}

func leakage(w *words, a *Leakage) (any, error) {
	g, err := w.open()
	if err != nil {
		return nil, err
	}
	train, err := a.Train.records(w, nil)
	if err != nil {
		return nil, err
	}
	heldout, err := a.Heldout.records(w, nil)
	if err != nil {
		return nil, err
	}
	return g.Leakage(train, heldout), nil
}
