package optim

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// factors reads the factor of each step from a recording of PyTorch's schedules (weights/golden/train_random.py).
func factors(t *testing.T, file ...string) map[string][]float64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "train", "testdata"}, file...)...))
	if err != nil {
		t.Fatal(err)
	}
	var runs map[string]struct{ Factor []float64 }
	if err := json.Unmarshal(b, &runs); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for name, r := range runs {
		out[name] = r.Factor
	}
	return out
}

// TestRecordedSchedules compares each step of recorded runs. Both sides are float64: only the order of operations differs.
func TestRecordedSchedules(t *testing.T) {
	compared := 0
	for _, file := range [][]string{
		{"bert-mean", "losses.json"}, {"bert-mean", "variants.json"}, {"bert-hf", "losses.json"}, {"bert-hf", "variants.json"}, {"minilm", "epoch.json"},
	} {
		for name, want := range factors(t, file...) {
			if name == "all" {
				continue // nothing learns there, and the recording says 0 throughout
			}
			s := Schedule{Kind: "linear", Warmup: 0.1, Steps: len(want)}
			if name == "cosine" {
				s.Kind = "cosine"
			}
			for step, f := range want {
				if got := s.Factor(step); math.Abs(got-f) > 1e-15 {
					t.Errorf("%v, %s, step %d: factor %v, want %v", file, name, step, got, f)
				}
				compared++
			}
		}
	}
	if compared < 2*8*10 {
		t.Errorf("only %d factors were compared", compared)
	}
}

func TestFactor(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{Schedule{"linear", 0, 4}, 0, 1},
		{Schedule{"linear", 0, 4}, 3, 0.25},
		{Schedule{"linear", 0, 4}, 4, 0},
		{Schedule{"linear", 0, 4}, 9, 0}, // beyond the end
		{Schedule{"linear", 0.5, 4}, 1, 0.5},
		{Schedule{"linear", 0.1, 11}, 1, 0.5}, // 1.1 steps of warm-up are two
		{Schedule{"linear", 0.1, 1}, 0, 0},    // a run of one step is all warm-up
		{Schedule{"linear", 0.1, 0}, 0, 1},
		{Schedule{"cosine", 0, 4}, 2, 0.5},
		{Schedule{"cosine", 0, 4}, 4, 0},
		{Schedule{"cosine", 0.5, 4}, 3, 0.5},
	} {
		if got := c.s.Factor(c.step); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v at step %d is %v, want %v", c.s, c.step, got, c.want)
		}
	}
}

func TestCheckSchedule(t *testing.T) {
	for _, s := range []Schedule{{"linear", 0, 10}, {"cosine", 0.99, 1}} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	for want, s := range map[string]Schedule{
		`schedule "constant" is unknown, want linear or cosine`: {"constant", 0, 1},
		`schedule "" is unknown`:                                {},
		"warmup is 1, want a share of the steps":                {"linear", 1, 1},
		"warmup is -0.1":                                        {"linear", -0.1, 1},
		"warmup is NaN":                                         {"linear", math.NaN(), 1},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
}
