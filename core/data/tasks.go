package data

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"thaw/core/head"
)

// maxLabels is the most labels of a task. More of them mean a column that is no class, such as an identifier.
const maxLabels = 4096

// Tasks returns the tasks that records have labels of, sorted by name, each with its labels sorted and the weight 1.
// A task that cannot be learnt, such as one with a single label, is among them; [Check] finds it.
func Tasks(records []Record) []head.Task {
	found := map[string]map[string]bool{}
	for _, r := range records {
		for task, label := range r.Labels {
			if found[task] == nil {
				found[task] = map[string]bool{}
			}
			found[task][label] = true
		}
	}
	var tasks []head.Task
	for _, name := range slices.Sorted(maps.Keys(found)) {
		tasks = append(tasks, head.Task{Name: name, Kind: head.SingleLabel, Labels: slices.Sorted(maps.Keys(found[name])), Weight: 1})
	}
	return tasks
}

// Check says whether tasks and records are well formed and every label of records belongs to a task. The error names the task, or
// the record by its number from 1, the value, what is known, and what may be meant.
func Check(tasks []head.Task, records []Record) error {
	known := map[string]map[string]bool{}
	for _, t := range tasks {
		if err := checkTask(t); err != nil {
			return err
		}
		if known[t.Name] != nil {
			return fmt.Errorf("data: the task %s is given twice", t.Name)
		}
		known[t.Name] = map[string]bool{}
		for _, l := range t.Labels {
			known[t.Name][l] = true
		}
	}
	for i, r := range records {
		if fault := recordFault(known, r); fault != "" {
			return fmt.Errorf("data: record %d (%.40q): %s", i+1, r.Text, fault)
		}
	}
	return nil
}

// checkTask says whether a task by itself can be learnt.
func checkTask(t head.Task) error {
	if fault := taskFault(t.Name); fault != "" {
		return fmt.Errorf("data: %s", fault)
	}
	if len(t.Labels) < 2 {
		return fmt.Errorf("data: the task %s has the labels %q; at least two are needed to tell apart", t.Name, t.Labels)
	}
	if len(t.Labels) > maxLabels {
		return fmt.Errorf("data: the task %s has %d labels and at most %d are allowed; is it a class at all?", t.Name, len(t.Labels), maxLabels)
	}
	seen := map[string]bool{}
	for _, l := range t.Labels {
		if fault := labelFault(t.Name, l); fault != "" {
			return fmt.Errorf("data: %s", fault)
		}
		if seen[l] {
			return fmt.Errorf("data: the task %s has the label %q twice", t.Name, l)
		}
		seen[l] = true
	}
	return nil
}

// recordFault says what is wrong with a record, or "". Records may come from elsewhere than Read, so all is looked at.
func recordFault(known map[string]map[string]bool, r Record) string {
	if fault := textFault(r.Text); fault != "" {
		return fault
	}
	for _, task := range slices.Sorted(maps.Keys(r.Labels)) {
		label := r.Labels[task]
		if fault := cmp.Or(taskFault(task), labelFault(task, label)); fault != "" {
			return fault
		}
		if fault := unknown(known, task, label); fault != "" {
			return fault
		}
	}
	return ""
}

// unknown says why a label of a record belongs to no task, or "".
func unknown(known map[string]map[string]bool, task, label string) string {
	if known[task] == nil {
		return fmt.Sprintf("the task %.60q is not known; %s", task, choices(task, slices.Sorted(maps.Keys(known))))
	}
	if !known[task][label] {
		return fmt.Sprintf("%.60q is not a label of %s; %s", label, task, choices(label, slices.Sorted(maps.Keys(known[task]))))
	}
	return ""
}

// choices lists what could have been written in place of word, the nearest first.
func choices(word string, known []string) string {
	const most = 20
	text := ""
	if near := nearest(word, known); near != "" {
		text = fmt.Sprintf("did you mean %q? ", near)
	}
	more := ""
	if len(known) > most {
		more = fmt.Sprintf(" and %d more", len(known)-most)
		known = known[:most]
	}
	return text + "known are " + strings.Join(known, ", ") + more
}

// nearest is the one of known that word is most likely a slip of: the fewest edits, no more than a third of it. It is
// "" where none is near.
func nearest(word string, known []string) string {
	best, fewest := "", 1+max(1, len([]rune(word))/3)
	for _, k := range known {
		if d := edits(strings.ToLower(word), strings.ToLower(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance of a and b in code points.
func edits(a, b string) int {
	to := []rune(b)
	row := make([]int, len(to)+1) // distances of the prefix of a so far to each prefix of b
	for j := range row {
		row[j] = j
	}
	for i, from := range []rune(a) {
		corner := row[0]
		row[0] = i + 1
		for j, t := range to {
			swap := corner
			if from != t {
				swap++
			}
			corner = row[j+1]
			row[j+1] = min(swap, corner+1, row[j]+1)
		}
	}
	return row[len(to)]
}
