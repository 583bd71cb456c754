package synth

import (
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"thaw/core/data"
)

// Stats describes a set of labelled texts.
type Stats struct {
	N          int                       `json:"n"`
	Tasks      map[string]map[string]int `json:"tasks"` // task → label → texts
	Length     Length                    `json:"length"`
	Vocabulary int                       `json:"vocabulary"` // different words
	Duplicates int                       `json:"duplicates"` // texts that stand there already, letters and digits compared
	Style      map[string]StyleScore     `json:"style"`      // task → how far style alone tells its labels
}

// Length is a distribution of words a text.
type Length struct {
	Min    int                `json:"min"`
	Median float64            `json:"median"`
	Mean   float64            `json:"mean"`
	Max    int                `json:"max"`
	Labels map[string]float64 `json:"labels"` // task=label → mean
}

// StyleScore is the accuracy of a classifier that sees length, punctuation and style words and no content. Accuracy near
// Chance shows that the labels are told apart by meaning.
type StyleScore struct {
	Accuracy float64 `json:"accuracy"`
	Chance   float64 `json:"chance"` // share of the most frequent label
}

// Measure describes the records.
func Measure(records []data.Record) Stats {
	s := Stats{N: len(records), Tasks: map[string]map[string]int{}, Style: map[string]StyleScore{}}
	lengths := make([]float64, len(records))
	vocabulary, sums := map[string]bool{}, map[string]float64{}
	for i, r := range records {
		w := words(r.Text)
		lengths[i] = float64(len(w))
		for _, word := range w {
			vocabulary[word] = true
		}
		for task, label := range r.Labels {
			if s.Tasks[task] == nil {
				s.Tasks[task] = map[string]int{}
			}
			s.Tasks[task][label]++
			sums[task+"="+label] += lengths[i]
		}
	}
	s.Vocabulary = len(vocabulary)
	s.Duplicates = len(records) - len(normalised(records))
	s.Length = lengthOf(lengths, sums, s.Tasks)
	for task, labels := range s.Tasks {
		if len(labels) > 1 {
			s.Style[task] = styleScore(records, task, slices.Sorted(maps.Keys(labels)))
		}
	}
	return s
}

func lengthOf(lengths []float64, sums map[string]float64, counts map[string]map[string]int) Length {
	l := Length{Labels: map[string]float64{}}
	if len(lengths) == 0 {
		return l
	}
	slices.Sort(lengths)
	l.Min, l.Max = int(lengths[0]), int(lengths[len(lengths)-1])
	l.Mean = stat.Mean(lengths, nil)
	l.Median = stat.Quantile(0.5, stat.Empirical, lengths, nil)
	for label, sum := range sums {
		task, name, _ := strings.Cut(label, "=")
		l.Labels[label] = sum / float64(counts[task][name])
	}
	return l
}
