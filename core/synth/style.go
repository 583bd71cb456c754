package synth

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"thaw/core/data"
)

// styleMarks are counted as signs, styleWords as words: what a text is made of when its content is taken away.
var (
	styleMarks = []string{",", ".", "!", "?", "'", `"`, "-", ":", ";"}
	styleWords = []string{"the", "a", "and", "i", "you", "it", "this", "that", "my", "we", "is", "was", "has", "so", "but", "not"}
)

// styleFeatures measures one text: words, letters a word, marks and style words.
func styleFeatures(text string) []float64 {
	w := words(text)
	n := math.Max(float64(len(w)), 1)
	f := make([]float64, 2+len(styleMarks)+len(styleWords))
	f[0], f[1] = n, float64(len(text))/n
	for i, m := range styleMarks {
		f[2+i] = float64(strings.Count(text, m))
	}
	counts := f[2+len(styleMarks):]
	for _, word := range w {
		if i := slices.Index(styleWords, word); i >= 0 {
			counts[i]++
		}
	}
	return f
}

// styleDistance says how unlike two texts are in style: five words of length weigh as much as one mark or style word.
func styleDistance(a, b []float64) float64 {
	d := math.Abs(a[0]-b[0])/5 + math.Abs(a[1]-b[1])
	for i := 2; i < len(a); i++ {
		d += math.Abs(a[i] - b[i])
	}
	return d
}

// styleScore fits a softmax regression on the style features of every other text, scores it on the rest, and the other
// way round: each text is scored by a model that did not see it.
func styleScore(records []data.Record, task string, labels []string) StyleScore {
	index := map[string]int{}
	for i, l := range labels {
		index[l] = i
	}
	var x [][]float64
	var y []int
	count := make([]float64, len(labels))
	for _, r := range records {
		if l, ok := r.Labels[task]; ok {
			x = append(x, styleFeatures(r.Text))
			y = append(y, index[l])
			count[index[l]]++
		}
	}
	standardise(x)
	s := StyleScore{}
	for fold := range 2 {
		w := fitSoftmax(x, y, len(labels), fold)
		for i := 1 - fold; i < len(x); i += 2 {
			if best(scores(w, x[i])) == y[i] {
				s.Accuracy++
			}
		}
	}
	for _, c := range count {
		s.Chance = math.Max(s.Chance, c/float64(len(x)))
	}
	s.Accuracy /= float64(len(x))
	return s
}

// standardise gives each column mean 0 and deviation 1; a constant column becomes 0.
func standardise(x [][]float64) {
	column := make([]float64, len(x))
	for j := range x[0] {
		for i := range x {
			column[i] = x[i][j]
		}
		mean, dev := stat.PopMeanStdDev(column, nil)
		for i := range x {
			x[i][j] = (x[i][j] - mean) / math.Max(dev, 1e-9)
		}
	}
}

// fitSoftmax runs gradient descent on every second row of x, from row first. w is [labels][features+1], its last column the bias.
func fitSoftmax(x [][]float64, y []int, labels, first int) [][]float64 {
	const steps, rate = 120, 0.5
	w := make([][]float64, labels)
	for k := range w {
		w[k] = make([]float64, len(x[0])+1)
	}
	n := float64((len(x) + 1) / 2)
	for range steps {
		grad := make([][]float64, labels)
		for k := range grad {
			grad[k] = make([]float64, len(x[0])+1)
		}
		for i := first; i < len(x); i += 2 {
			p := softmax(scores(w, x[i]))
			p[y[i]]--
			for k := range p {
				for j, v := range x[i] {
					grad[k][j] += p[k] * v / n
				}
				grad[k][len(x[i])] += p[k] / n
			}
		}
		for k := range w {
			for j := range w[k] {
				w[k][j] -= rate * grad[k][j]
			}
		}
	}
	return w
}

func scores(w [][]float64, x []float64) []float64 {
	s := make([]float64, len(w))
	for k := range w {
		s[k] = w[k][len(x)]
		for j, v := range x {
			s[k] += w[k][j] * v
		}
	}
	return s
}

func softmax(s []float64) []float64 {
	top, sum := s[best(s)], 0.0
	for k := range s {
		s[k] = math.Exp(s[k] - top)
		sum += s[k]
	}
	for k := range s {
		s[k] /= sum
	}
	return s
}

func best(s []float64) int {
	b := 0
	for k := range s {
		if s[k] > s[b] {
			b = k
		}
	}
	return b
}
