package report

import (
	"encoding/json"
	"math"
	"testing"
)

// TestScores by hand: of 10 answers over three labels
//
//	           given a  b  c
//	true a           3  1  0     F1 of a = 2·3 / (4 + 4) = 0.75
//	true b           1  2  1     F1 of b = 2·2 / (4 + 3) = 4/7
//	true c           0  0  2     F1 of c = 2·2 / (2 + 3) = 0.8
func TestScores(t *testing.T) {
	s := NewScores([]string{"a", "b", "c"})
	for label, row := range [][]int{{3, 1, 0}, {1, 2, 1}, {0, 0, 2}} {
		for given, n := range row {
			for range n {
				s.Add(label, given)
			}
		}
	}
	for range 2 { // scores may be finished again as answers come in
		s.Finish(4)
		near(t, "accuracy", s.Accuracy, 0.7)
		near(t, "loss", s.Loss, 0.4)
		near(t, "macro F1", s.MacroF1, (0.75+4.0/7+0.8)/3)
		if s.N != 10 || s.Confusion[1][2] != 1 || s.Confusion[2][1] != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestEdges: a label never met nor given counts 0 in the mean, as in scikit-learn with zero_division=0; no answers, no
// scores.
func TestEdges(t *testing.T) {
	s := NewScores([]string{"a", "b", "never"})
	s.Add(0, 0)
	s.Add(1, 0)
	s.Finish(1)
	near(t, "macro F1", s.MacroF1, (2.0/3)/3)
	near(t, "accuracy", s.Accuracy, 0.5)
	none := NewScores([]string{"a", "b"})
	none.Finish(0)
	if none.N != 0 || none.Accuracy != 0 || none.Loss != 0 || none.MacroF1 != 0 {
		t.Errorf("no answers: %+v", none)
	}
}

// TestScoresAsJSON holds the stable names of --json.
func TestScoresAsJSON(t *testing.T) {
	s := NewScores([]string{"no", "yes"})
	s.Add(1, 1)
	s.Finish(0.5)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"n":1,"loss":0.5,"accuracy":1,"macroF1":0.5,"labels":["no","yes"],"confusion":[[0,0],[0,1]]}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}

func TestBest(t *testing.T) {
	for _, c := range []struct {
		row  []float32
		want int
	}{{[]float32{1}, 0}, {[]float32{-3, -1, -2}, 1}, {[]float32{2, 5, 5}, 1}, {[]float32{0, float32(math.Inf(1))}, 1}} {
		if got := Best(c.row); got != c.want {
			t.Errorf("the best of %v is %d, want %d", c.row, got, c.want)
		}
	}
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

// TestDiverged has a loss that is no number: JSON can carry the scores all the same.
func TestDiverged(t *testing.T) {
	for _, loss := range []float64{math.NaN(), math.Inf(1), math.MaxFloat64} {
		s := NewScores([]string{"a", "b"})
		s.Add(0, 1)
		s.Finish(loss)
		if _, err := json.Marshal(s); err != nil || s.Loss != math.MaxFloat64 {
			t.Errorf("a loss of %v: %v, %v", loss, s.Loss, err)
		}
	}
}
