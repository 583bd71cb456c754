package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// same says whether two numbers differ by rounding only.
func same(a, b float64) bool { return math.Abs(a-b) <= 1e-12 }

// TestCalibrationByHand has six answers in four bins. Bin 3 (0.5, 0.75]: 0.6 right, 0.7 wrong, 0.75 right; bin 4: 0.8 and 1
// right; bin 2 (0.25, 0.5]: 0.5, a tie that goes to class 0, wrong. One row has no label.
func TestCalibrationByHand(t *testing.T) {
	p := [][]float64{{0.6, 0.4}, {0.3, 0.7}, {0.75, 0.25}, {0.2, 0.8}, {0, 1}, {0.5, 0.5}, {0.9, 0.1}}
	r := Calibration(p, []int32{0, 0, 0, 1, 1, 1, -1}, 4)
	want := []Bin{
		{Lo: 0, Hi: 0.25},
		{Lo: 0.25, Hi: 0.5, Confidence: 0.5, Accuracy: 0, N: 1},
		{Lo: 0.5, Hi: 0.75, Confidence: 2.05 / 3, Accuracy: 2. / 3, N: 3},
		{Lo: 0.75, Hi: 1, Confidence: 0.9, Accuracy: 1, N: 2},
	}
	for i, b := range r.Bins {
		w := want[i]
		if b.Lo != w.Lo || b.Hi != w.Hi || b.N != w.N || !same(b.Confidence, w.Confidence) || !same(b.Accuracy, w.Accuracy) {
			t.Errorf("bin %d is %+v, want %+v", i, b, w)
		}
	}
	if ece := (0.5 + 0.05 + 0.2) / 6; !same(r.ECE, ece) || r.N != 6 {
		t.Errorf("ECE %v of %d rows, want %v of 6", r.ECE, r.N, ece)
	}
}

// TestCalibrationEdges puts a confidence that is the edge of a bin into the bin below, for all edges that float64 has.
func TestCalibrationEdges(t *testing.T) {
	for bins := 1; bins <= 64; bins++ {
		for i := range bins {
			edge := float64(i+1) / float64(bins)
			if r := Calibration([][]float64{{edge}}, []int32{0}, bins); r.Bins[i].N != 1 {
				t.Errorf("%d bins: %v is not in bin %d", bins, edge, i)
			}
			if r := Calibration([][]float64{{math.Nextafter(edge, 2)}}, []int32{0}, bins); i+1 < bins && r.Bins[i+1].N != 1 {
				t.Errorf("%d bins: what follows %v is not in bin %d", bins, edge, i+1)
			}
		}
	}
	if r := Calibration([][]float64{{0, 0}, {1 + 1e-7, 0}}, []int32{0, 0}, 10); r.Bins[0].N != 1 || r.Bins[9].N != 1 {
		t.Errorf("0 and 1 are in %+v", r.Bins)
	}
}

// TestCalibrated draws labels from the probabilities themselves, so confidence is accuracy, and from fair coins, so an
// answer given with 0.9 is right half of the time.
func TestCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 50000
	p, honest, coin := make([][]float64, n), make([]int32, n), make([]int32, n)
	for i := range p {
		a := r.Float64()
		p[i] = []float64{a, 1 - a}
		if r.Float64() > a {
			honest[i] = 1
		}
		coin[i] = int32(r.IntN(2))
	}
	if ece := Calibration(p, honest, 15).ECE; ece > 0.01 {
		t.Errorf("ECE %v of honest probabilities", ece)
	}
	if ece := Calibration(p, coin, 15).ECE; math.Abs(ece-0.25) > 0.01 { // confidence is spread evenly over 0.5 to 1
		t.Errorf("ECE %v of probabilities that say nothing, want 0.25", ece)
	}
}

// TestCalibrationOfNothing has figures that JSON can carry for no rows and for rows that are no distribution.
func TestCalibrationOfNothing(t *testing.T) {
	if r := Calibration(nil, nil, 5); r.ECE != 0 || r.N != 0 || len(r.Bins) != 5 {
		t.Errorf("of no rows: %+v", r)
	}
	nan := math.NaN()
	r := Calibration([][]float64{{nan, nan}, {0.2, nan}, {math.Inf(1), 0}, {0.5, -0.5}, {1, 0}}, []int32{0, 0, 0, 0, 0}, 2)
	if r.N != 5 || r.Bins[0] != (Bin{Hi: 0.5, N: 4}) || r.ECE != 0 {
		t.Errorf("of rows without sense: %+v", r)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"bins":[{"lo":0,"hi":0.5,"confidence":0,"accuracy":0,"n":4},{"lo":0.5,"hi":1,"confidence":1,"accuracy":1,"n":1}],"ece":0,"n":5}`
	if string(text) != want {
		t.Errorf("JSON %s", text)
	}
}

func TestCalibrationPanics(t *testing.T) {
	for name, call := range map[string]func(){
		"no bins": func() { Calibration(nil, nil, 0) },
		"rows":    func() { Calibration([][]float64{{1}}, nil, 3) },
		"label":   func() { Calibration([][]float64{{1}}, []int32{1}, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}
