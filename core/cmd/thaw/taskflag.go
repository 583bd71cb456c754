package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"thaw/core/data"
	"thaw/core/head"
)

// parseTask reads name[:weight]=a,b,c.
func parseTask(s string) (head.Task, error) {
	const form = "want name=label,label,… or name:weight=label,label,…"
	left, right, ok := strings.Cut(s, "=")
	if !ok {
		return head.Task{}, fmt.Errorf("%q: %s", s, form)
	}
	t := head.Task{Kind: head.SingleLabel, Weight: 1}
	name, weight, hasWeight := strings.Cut(left, ":")
	t.Name = strings.TrimSpace(name)
	if hasWeight {
		w, err := strconv.ParseFloat(weight, 64)
		if err != nil || !(w >= 0) || math.IsInf(w, 0) {
			return head.Task{}, fmt.Errorf("%q: the weight is %q, want a number of 0 or more", s, weight)
		}
		t.Weight = w
	}
	for l := range strings.SplitSeq(right, ",") {
		t.Labels = append(t.Labels, strings.TrimSpace(l))
	}
	return t, nil
}

// chosenTasks are the tasks of a run: those asked for, or those of a model that is gone on with, or those of the data.
func chosenTasks(asked, had []head.Task, records []data.Record) []head.Task {
	switch {
	case len(asked) > 0:
		return asked
	case len(had) > 0:
		return had
	}
	return data.Tasks(records)
}

// keepTasks takes the labels of tasks that were not asked for out of records and says of which tasks it was.
func keepTasks(tasks []head.Task, records []data.Record) (kept []data.Record, dropped []string) {
	asked, gone := map[string]bool{}, map[string]bool{}
	for _, t := range tasks {
		asked[t.Name] = true
	}
	for _, r := range records {
		labels := map[string]string{}
		for task, l := range r.Labels {
			if asked[task] {
				labels[task] = l
			} else {
				gone[task] = true
			}
		}
		kept = append(kept, data.Record{Text: r.Text, Labels: labels})
	}
	return kept, slices.Sorted(maps.Keys(gone))
}

// checkLabelled says which task no record has a label of, for it could not be learnt; inFile are the tasks of the data
// before any were left out.
func checkLabelled(tasks, inFile []head.Task, records []data.Record) error {
	for _, t := range tasks {
		has := func(r data.Record) bool { return r.Labels[t.Name] != "" }
		if !slices.ContainsFunc(records, has) {
			return fmt.Errorf("no record has a label of the task %s; the data has the tasks %s", t.Name, taskNames(inFile))
		}
	}
	return nil
}

func taskNames(tasks []head.Task) string {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = t.Name
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
