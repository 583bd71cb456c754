package compare

import (
	"math"
	"strings"
	"testing"
)

// arm has one accuracy a seed.
func arm(run string, n int, accuracies ...float64) Arm {
	return Arm{Run: run, HeldOut: n, Accuracies: accuracies, Accuracy: summary(accuracies)}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		alone, then, together Arm
		counts                [2]bool
		says                  string
	}{
		{arm(Alone, 100, 0.5), arm(Then, 100, 0.55), arm(Together, 100, 0.45), [2]bool{}, "b gained nothing from a here that chance does not explain: b alone is right on 50.0\u00a0% of the held-out sentences, after a on 55.0\u00a0%, together with a on 45.0\u00a0%. With 100 held-out sentences, differences below 14.1 points are noise."},
		{arm(Alone, 400, 0.5), arm(Then, 400, 0.7), arm(Together, 400, 0.3), [2]bool{true, true}, "b gained from a here: b alone is right on 50.0\u00a0% of the held-out sentences, after a on 70.0\u00a0%. That"},
		{arm(Alone, 400, 0.5), arm(Then, 400, 0.52), arm(Together, 400, 0.65), [2]bool{false, true}, ", together with a on 65.0\u00a0%."},
		{arm(Alone, 400, 0.7), arm(Then, 400, 0.5), arm(Together, 400, 0.72), [2]bool{true, false}, "b lost by a here"},
	} {
		v := Judge("a", "b", []Arm{c.alone, c.then, c.together})
		if v.Gains[0].Counts != c.counts[0] || v.Gains[1].Counts != c.counts[1] || !strings.Contains(v.Sentence, c.says) {
			t.Errorf("%+v, want %v and %q", v, c.counts, c.says)
		}
	}
}

// TestNoise is 2 √(p(1-p)/n + q(1-q)/n) of few seeds; of three and more also what the seeds say.
func TestNoise(t *testing.T) {
	few := Judge("a", "b", []Arm{arm(Alone, 50, 0.5), arm(Then, 50, 0.8), arm(Together, 50, 0.5)}).Gains[0]
	if want := 2 * math.Sqrt((0.25+0.16)/50); math.Abs(few.Noise-want) > 1e-12 || math.Abs(few.Accuracy-0.3) > 1e-12 {
		t.Errorf("%+v, want a noise of %v", few, want)
	}
	seeds := Judge("a", "b", []Arm{arm(Alone, 1e6, 0.4, 0.5, 0.6), arm(Then, 1e6, 0.5, 0.5, 0.5), arm(Together, 1e6, 0.5)}).Gains[0]
	if want := 2 * math.Sqrt(0.01/3+0.25/1e6); math.Abs(seeds.Noise-want) > 1e-12 {
		t.Errorf("%+v, want a noise of %v", seeds, want)
	}
	if certain := Judge("a", "b", []Arm{arm(Alone, 9, 1), arm(Then, 9, 1), arm(Together, 9, 1)}); certain.Gains[0].Counts {
		t.Errorf("no difference counts: %+v", certain)
	}
}
