package report

import (
	"fmt"
	"math"
	"slices"
)

// Bin is the answers whose confidence lies in (Lo, Hi]; the first bin has Lo as well. Confidence and Accuracy are 0 in a
// bin without answers.
type Bin struct {
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Confidence float64 `json:"confidence"` // mean probability of the answers given
	Accuracy   float64 `json:"accuracy"`   // share of right answers
	N          int     `json:"n"`          // answers
}

// Reliability says how far a classifier's confidence can be believed: the reliability curve, and its mean distance from
// the diagonal.
type Reliability struct {
	Bins []Bin   `json:"bins"`
	ECE  float64 `json:"ece"` // expected calibration error, 0 to 1; 0 if there are no labelled rows
	N    int     `json:"n"`   // labelled rows
}

// Calibration compares the confidence of answers with their accuracy, by arXiv 1706.04599 (Guo and others, 2017). p has one
// row of C probabilities an answer; the answer is the most probable class, the first of equals, and its probability is the
// confidence. labels are classes, and rows with a negative label are left out. bins of equal width divide 0 to 1.
//
//	ECE = Σ n/N |accuracy - confidence|    over the bins
//
// A row that is no distribution, as a model that has diverged gives it, counts as a wrong answer of confidence 0.
// Calibration panics if there is no bin, if rows and labels differ in number, and if a label has no probability.
func Calibration(p [][]float64, labels []int32, bins int) Reliability {
	if bins < 1 || len(p) != len(labels) {
		panic(fmt.Sprintf("report.Calibration: %d rows, %d labels, %d bins", len(p), len(labels), bins))
	}
	r := Reliability{Bins: make([]Bin, bins)}
	for i := range r.Bins {
		r.Bins[i].Lo, r.Bins[i].Hi = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for i, label := range labels {
		if label < 0 {
			continue
		}
		if int(label) >= len(p[i]) {
			panic(fmt.Sprintf("report.Calibration: row %d has label %d and %d probabilities", i, label, len(p[i])))
		}
		r.count(p[i], int(label))
	}
	r.finish()
	return r
}

// count adds one answer to the sums of its bin.
func (r *Reliability) count(p []float64, label int) {
	given := 0
	for c, v := range p {
		if !(v >= 0 && v <= 1+1e-6) { // softmax in float32 may end a little above 1
			r.Bins[0].N++
			return
		}
		if v > p[given] {
			given = c
		}
	}
	confidence := min(p[given], 1)
	at, _ := slices.BinarySearchFunc(r.Bins, confidence, func(b Bin, v float64) int {
		if b.Hi < v {
			return -1
		}
		return 1
	})
	b := &r.Bins[at]
	b.N++
	b.Confidence += confidence
	if given == label {
		b.Accuracy++
	}
}

// finish turns sums into means.
func (r *Reliability) finish() {
	for i := range r.Bins {
		b := &r.Bins[i]
		if b.N == 0 {
			continue
		}
		r.N += b.N
		r.ECE += math.Abs(b.Accuracy - b.Confidence)
		b.Accuracy /= float64(b.N)
		b.Confidence /= float64(b.N)
	}
	if r.N > 0 {
		r.ECE /= float64(r.N)
	}
}
