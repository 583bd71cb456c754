package report

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"thaw/core/internal/check"
	"thaw/core/tensor"
)

// recorded is one set of testdata/features.json, made by weights/golden/report.py.
type recorded struct {
	X, Y, Components, Places [][]float32
	Mean                     []float32
	Explained                []float64
	CKA                      float64
}

// matrix is rows as a tensor.
func matrix(rows [][]float32) *tensor.Tensor {
	x := tensor.New(len(rows), len(rows[0]))
	for i, r := range rows {
		copy(x.Row(i), r)
	}
	return x
}

// TestRecorded compares with scikit-learn's PCA, by rows and by features, and with the Gram form of CKA in numpy. All of
// them compute in float64, so what differs is the rounding of components and places to float32.
func TestRecorded(t *testing.T) {
	var file struct{ Sets []recorded }
	text, err := os.ReadFile("testdata/features.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Sets) != 2 {
		t.Fatalf("%d sets, want 2", len(file.Sets))
	}
	for i, s := range file.Sets {
		name := fmt.Sprintf("set %d: ", i)
		p, err := PCA(matrix(s.X), len(s.Components))
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, name+"components", p.Components.Data, matrix(s.Components).Data, 1e-6)
		check.Close(t, name+"mean", p.Mean, s.Mean, 1e-6)
		check.Close(t, name+"places", p.Project(matrix(s.X)).Data, matrix(s.Places).Data, 1e-5)
		for k, v := range p.Explained {
			if math.Abs(v-s.Explained[k]) > 1e-12 {
				t.Errorf("%scomponent %d explains %v, want %v", name, k, v, s.Explained[k])
			}
		}
		got, err := CKA(matrix(s.X), matrix(s.Y))
		if err != nil || math.Abs(got-s.CKA) > 1e-12 {
			t.Errorf("%sCKA %v, want %v (%v)", name, got, s.CKA, err)
		}
	}
}
