package synth

import (
	"strings"
	"testing"

	"thaw/core/data"
)

// TestStyleTellsNoLabel: a classifier that sees length, marks and small words only stays within 8 points of chance.
func TestStyleTellsNoLabel(t *testing.T) {
	for _, split := range []string{Train, Heldout} {
		for task, s := range Measure(large[split]()).Style {
			t.Logf("%s %s: style alone %.3f, chance %.3f", split, task, s.Accuracy, s.Chance)
			if s.Accuracy > s.Chance+0.08 {
				t.Errorf("%s: style tells %s with accuracy %.3f, chance is %.3f", split, task, s.Accuracy, s.Chance)
			}
		}
	}
}

// TestStyleScoreSeesStyle: the measure is not blind.
func TestStyleScoreSeesStyle(t *testing.T) {
	var records []data.Record
	for i := range 400 {
		text, label := "A plain remark", "calm"
		if i%3 == 0 {
			text, label = "A plain remark!!", "loud"
		}
		records = append(records, data.Record{Text: text, Labels: map[string]string{"tone": label}})
	}
	if s := Measure(records).Style["tone"]; s.Accuracy < 0.99 || s.Chance < 0.6 {
		t.Errorf("%+v", s)
	}
}

func TestMeasureCounts(t *testing.T) {
	s := Measure([]data.Record{
		{Text: "One two three.", Labels: map[string]string{"a": "x"}},
		{Text: "one, two, three", Labels: map[string]string{"a": "y"}},
		{Text: "Four", Labels: map[string]string{"a": "y"}},
	})
	if s.N != 3 || s.Vocabulary != 4 || s.Duplicates != 1 || s.Tasks["a"]["y"] != 2 {
		t.Errorf("%+v", s)
	}
	if s.Length.Min != 1 || s.Length.Max != 3 || s.Length.Median != 3 || s.Length.Labels["a=y"] != 2 {
		t.Errorf("%+v", s.Length)
	}
	if e := Measure(nil); e.N != 0 || len(e.Tasks) != 0 {
		t.Errorf("nothing measures as %+v", e)
	}
}

func TestNatural(t *testing.T) {
	counts := Measure(built().Natural()).Tasks
	for _, task := range Tasks() {
		least := 30
		if task.Name == "sentiment" {
			least = 60
		}
		total := 0
		for _, label := range task.Labels {
			if counts[task.Name][label] < least {
				t.Errorf("%s %s: %d natural sentences, want %d or more", task.Name, label, counts[task.Name][label], least)
			}
			total += counts[task.Name][label]
		}
		if total < 120 {
			t.Errorf("%s: %d natural sentences, want 120 or more", task.Name, total)
		}
	}
	if d := Measure(built().Natural()).Duplicates; d != 0 {
		t.Errorf("%d natural sentences stand twice", d)
	}
}

// TestNaturalIsNotGenerated: no natural sentence is in the grammar, and none is near a text made from it.
func TestNaturalIsNotGenerated(t *testing.T) {
	for _, half := range []string{Train, Heldout} {
		l := built().Leakage(large[half](), built().Natural())
		if len(l.EqualTexts) > 0 || l.NearDuplicates > 0 {
			t.Errorf("%s: equal %q, near %d", half, l.EqualTexts, l.NearDuplicates)
		}
		natural := normalised(built().Natural())
		for slot, entries := range built().halves[half].slots {
			for _, e := range entries {
				if natural[strings.Join(words(e.text), " ")] {
					t.Errorf("%s %s: %q is a natural sentence", half, slot, e.text)
				}
			}
		}
	}
}

// TestLengthTellsNoLabel: the mean words of a label are within a tenth of those of its task.
func TestLengthTellsNoLabel(t *testing.T) {
	for _, split := range []string{Train, Heldout} {
		s := Measure(large[split]())
		for task, counts := range s.Tasks {
			mean, n := 0.0, 0
			for label, c := range counts {
				mean += s.Length.Labels[task+"="+label] * float64(c)
				n += c
			}
			mean /= float64(n)
			for label := range counts {
				if l := s.Length.Labels[task+"="+label]; l < 0.9*mean || l > 1.1*mean {
					t.Errorf("%s: texts of %s %s have %.1f words, those of the task %.1f", split, task, label, l, mean)
				}
			}
		}
	}
}
