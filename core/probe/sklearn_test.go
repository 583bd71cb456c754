package probe

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"thaw/core/internal/check"
	"thaw/core/tensor"
)

// recorded is one set of testdata/logistic.json, made by weights/golden/probe.py.
type recorded struct {
	Classes     int
	L2, Loss    float64
	Standardize bool
	X, Weight   [][]float32
	Labels      []int32
	Bias        []float32
}

// matrix is rows as a tensor.
func matrix(rows [][]float32) *tensor.Tensor {
	x := tensor.New(len(rows), len(rows[0]))
	for i, r := range rows {
		copy(x.Row(i), r)
	}
	return x
}

// TestScikitLearn compares with LogisticRegression fitted to the last digit. Where we stop the gradient is below 1e-7, and
// the penalty bends every direction by L2/N, 4e-3 in the flattest of these sets: that leaves 2.5e-5 of a weight, and
// twice as much of a bias, which takes up the error of the weights.
func TestScikitLearn(t *testing.T) {
	var file struct{ Sets []recorded }
	text, err := os.ReadFile("testdata/logistic.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Sets) != 5 {
		t.Fatalf("%d sets, want 5", len(file.Sets))
	}
	for i, s := range file.Sets {
		c, err := Fit(matrix(s.X), s.Labels, s.Classes, Options{L2: s.L2, Standardize: s.Standardize})
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("set %d: ", i)
		check.Close(t, name+"weight", c.W.Data, matrix(s.Weight).Data, 2.5e-5)
		check.Close(t, name+"bias", c.B.Data, s.Bias, 5e-5)
		if math.Abs(c.Loss-s.Loss) > 1e-6 || !c.Converged {
			t.Errorf("%sloss %v, want %v; converged: %v", name, c.Loss, s.Loss, c.Converged)
		}
	}
}
