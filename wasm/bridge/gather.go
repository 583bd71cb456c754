package bridge

import (
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/train"
)

// heldOut is the share of the data that a run without evaluation data is judged by.
const heldOut = 0.1

// gather makes the data of a run and its tasks. Where the page names no tasks, those of the data are learnt.
func gather(w *words, source *Source, evals *Evals, given []Task, seed uint64) (train.Data, []head.Task, error) {
	records, err := source.records(w, given)
	if err != nil {
		return train.Data{}, nil, err
	}
	tasks, err := tasksFrom(given, records)
	if err != nil {
		return train.Data{}, nil, err
	}
	d := train.Data{Train: only(tasks, records, false)}
	if evals == nil || evals.Heldout == nil {
		var heldout []data.Record
		d.Train, heldout = data.Split(d.Train, heldOut, seed)
		d.Evals = append(d.Evals, train.Set{Name: "heldout", Records: heldout})
	} else if records, err = evals.Heldout.records(w, given); err != nil {
		return d, nil, err
	} else {
		d.Evals = append(d.Evals, train.Set{Name: "heldout", Records: only(tasks, records, false)})
	}
	if evals != nil && evals.Natural != nil {
		if records, err = evals.Natural.records(w, given); err != nil {
			return d, nil, err
		}
		d.Evals = append(d.Evals, train.Set{Name: "natural", Records: only(tasks, records, true)})
	}
	return d, tasks, checked(tasks, d)
}

// checked says which record of which set does not fit the tasks.
func checked(tasks []head.Task, d train.Data) error {
	for _, set := range append([]train.Set{{Name: "training", Records: d.Train}}, d.Evals...) {
		if err := data.Check(tasks, set.Records); err != nil {
			return fault("data", "Correct the record, or the labels of the task.", "the %s data: %w", set.Name, err)
		}
	}
	return nil
}
