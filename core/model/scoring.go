package model

import (
	"math"

	"thaw/core/head"
	"thaw/core/report"
)

// Scoring collects answers into the scores of each task.
type Scoring struct {
	tasks  []head.Task
	scores []report.Scores
	loss   []float64
}

// NewScoring has no answers yet.
func NewScoring(tasks []head.Task) *Scoring {
	s := &Scoring{tasks: tasks, loss: make([]float64, len(tasks))}
	for _, t := range tasks {
		s.scores = append(s.scores, report.NewScores(t.Labels))
	}
	return s
}

// Add counts the logits of one example; a label of -1 does not count.
func (s *Scoring) Add(task int, label int32, logits []float32) {
	if label < 0 {
		return
	}
	s.scores[task].Add(int(label), report.Best(logits))
	s.loss[task] += crossEntropy(logits, label)
}

// Finish is the scores by task, those without a label left out.
func (s *Scoring) Finish() map[string]report.Scores {
	out := map[string]report.Scores{}
	for i, t := range s.tasks {
		s.scores[i].Finish(s.loss[i])
		if s.scores[i].N > 0 {
			out[t.Name] = s.scores[i]
		}
	}
	return out
}

// crossEntropy is -log softmax(logits)[label], finite for finite logits: log Σ exp(z - z_label).
func crossEntropy(logits []float32, label int32) float64 {
	top, sum := float64(logits[report.Best(logits)]), 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z) - top)
	}
	return top + math.Log(sum) - float64(logits[label])
}
