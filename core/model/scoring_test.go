package model

import (
	"math"
	"testing"

	"thaw/core/head"
)

// TestScoringIsFinite: a label that the logits rule out costs what they are apart, not infinity.
func TestScoringIsFinite(t *testing.T) {
	s := NewScoring([]head.Task{{Name: "mood", Labels: []string{"a", "b"}}})
	s.Add(0, 0, []float32{-2000, 1000})
	s.Add(0, 1, []float32{0, 0})
	s.Add(0, -1, []float32{5, 0})
	got := s.Finish()["mood"]
	if want := (3000 + math.Ln2) / 2; math.Abs(got.Loss-want) > 1e-6 || got.N != 2 || got.Accuracy != 0 {
		t.Errorf("scores %+v, want loss %g over 2", got, want)
	}
}
