// Package report measures models: scores and calibration of classifiers, how far weights and hidden states moved, and the
// plane in which embeddings differ most.
package report

import "math"

// Scores are those of one single-label task on a labelled set.
type Scores struct {
	N         int      `json:"n"`        // labelled examples
	Loss      float64  `json:"loss"`     // mean cross-entropy, see Finite
	Accuracy  float64  `json:"accuracy"` // share of right answers
	MacroF1   float64  `json:"macroF1"`  // mean over labels of F1, 0 for a label never met nor given
	Labels    []string `json:"labels"`
	Confusion [][]int  `json:"confusion"` // [true label][given label]
}

// NewScores are empty scores over labels.
func NewScores(labels []string) Scores {
	s := Scores{Labels: labels, Confusion: make([][]int, len(labels))}
	for i := range s.Confusion {
		s.Confusion[i] = make([]int, len(labels))
	}
	return s
}

// Add counts one answer.
func (s *Scores) Add(label, given int) { s.Confusion[label][given]++ }

// Finish computes the scores from the confusion matrix and the summed loss.
func (s *Scores) Finish(loss float64) {
	right := 0
	s.N = 0
	var f1 float64
	for i, r := range s.Confusion {
		var truth, given int
		for j, n := range r {
			s.N += n
			truth += n
			given += s.Confusion[j][i]
		}
		right += r[i]
		if truth+given > 0 {
			f1 += 2 * float64(r[i]) / float64(truth+given)
		}
	}
	s.MacroF1 = f1 / float64(len(s.Labels))
	if s.N > 0 {
		s.Accuracy, s.Loss = float64(right)/float64(s.N), Finite(loss/float64(s.N))
	}
}

// Best is the index of the greatest value, the first of equals.
func Best(row []float32) (best int) {
	for i, e := range row {
		if e > row[best] {
			best = i
		}
	}
	return best
}

// Finite is a loss that JSON can carry: that of a model that has diverged, which is no number or none that float64 has, is
// the greatest there is.
func Finite(loss float64) float64 {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return math.MaxFloat64
	}
	return loss
}
