package synth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"thaw/core/head"
)

// ErrSpec is wrapped by every error about what was asked of the generator.
var ErrSpec = errors.New("synth: bad request")

// MaxTexts is the most texts one call makes.
const MaxTexts = 200_000

// The two halves of the grammar.
const (
	Train   = "train"
	Heldout = "heldout"
)

// Spec says what to make. The zero value of a field is its plainest setting.
type Spec struct {
	N          int      `json:"n"`                    // how many texts
	Seed       uint64   `json:"seed"`                 // the same seed gives the same texts, on any machine
	Split      string   `json:"split,omitempty"`      // Train (the default) or Heldout
	Tasks      []string `json:"tasks,omitempty"`      // names of tasks; empty: all, those of Edits included
	Typos      float64  `json:"typos,omitempty"`      // share of texts with one or two slips of the finger, 0..1
	LabelNoise float64  `json:"labelNoise,omitempty"` // share of labels replaced by another of their task, 0..1
	Both       float64  `json:"both,omitempty"`       // share of texts that carry a label for two tasks, where the grammar can
	Styles     []string `json:"styles,omitempty"`     // of Styles(); empty: all
	Edits      *Edits   `json:"edits,omitempty"`      // a person's own words, templates, labels and tasks
}

// taskLabels is a task as the grammar sees it.
type taskLabels struct {
	name   string
	labels []string
}

// Tasks returns the two default tasks.
func Tasks() []head.Task {
	return []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"world", "sports", "business", "sci/tech"}, Weight: 1},
		{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"negative", "positive"}, Weight: 1},
	}
}

// Styles returns the styles of writing, most formal first.
func Styles() []string { return []string{"headline", "report", "review", "question", "chat"} }

func isStyle(s string) bool { return slices.Contains(Styles(), s) }

// check returns spec with its defaults filled in, or says what is wrong with it. tasks are all there are.
func (s Spec) check(tasks []head.Task) (Spec, error) {
	if s.N < 1 || s.N > MaxTexts {
		return s, fmt.Errorf("%w: n is %d, expected 1 to %d", ErrSpec, s.N, MaxTexts)
	}
	if s.Split == "" {
		s.Split = Train
	}
	if s.Split != Train && s.Split != Heldout {
		return s, fmt.Errorf("%w: split %q, expected %q or %q", ErrSpec, s.Split, Train, Heldout)
	}
	for _, share := range []struct {
		name  string
		value float64
	}{{"typos", s.Typos}, {"labelNoise", s.LabelNoise}, {"both", s.Both}} {
		if !(share.value >= 0 && share.value <= 1) { // a NaN is out, too
			return s, fmt.Errorf("%w: %s is %v, expected a share from 0 to 1", ErrSpec, share.name, share.value)
		}
	}
	if err := s.checkNames(tasks); err != nil {
		return s, err
	}
	if len(s.Tasks) == 0 {
		s.Tasks = taskNames(tasks)
	}
	if len(s.Styles) == 0 {
		s.Styles = Styles()
	}
	return s, nil
}

func (s Spec) checkNames(tasks []head.Task) error {
	names := taskNames(tasks)
	for i, t := range s.Tasks {
		if !slices.Contains(names, t) {
			return fmt.Errorf("%w: no task %q, there are %s", ErrSpec, t, strings.Join(names, ", "))
		}
		if slices.Contains(s.Tasks[:i], t) {
			return fmt.Errorf("%w: task %q is named twice", ErrSpec, t)
		}
	}
	for _, style := range s.Styles {
		if !isStyle(style) {
			return fmt.Errorf("%w: no style %q, there are %s", ErrSpec, style, strings.Join(Styles(), ", "))
		}
	}
	return nil
}

func taskNames(tasks []head.Task) []string {
	var names []string
	for _, t := range tasks {
		names = append(names, t.Name)
	}
	return names
}
