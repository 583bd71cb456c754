package compare

import (
	"fmt"
	"math"
)

// Verdict says whether B gained from A.
type Verdict struct {
	Gains    []Gain `json:"gains"`
	Sentence string `json:"sentence"` // the same in plain words
}

// Gain is what a run has over B alone. A difference counts where it is more than twice its standard error, the greater of that
// of the held-out sample and, from three seeds on, that of the seeds. As all runs are judged by the same sentences, the first
// is on the careful side.
type Gain struct {
	Run      string  `json:"run"`
	Accuracy float64 `json:"accuracy"` // difference of the means
	Noise    float64 `json:"noise"`    // twice its standard error
	Counts   bool    `json:"counts"`
}

// Judge compares the arms of a transfer with B alone, which is the first.
func Judge(a, b string, arms []Arm) Verdict {
	v := Verdict{}
	best, worst := 0, 0
	for i, arm := range arms[1:] {
		noise := 2 * standardError(arms[0], arm)
		d := arm.Accuracy.Mean - arms[0].Accuracy.Mean
		v.Gains = append(v.Gains, Gain{arm.Run, d, noise, math.Abs(d) > noise})
		if d > v.Gains[best].Accuracy {
			best = i
		}
		if d < v.Gains[worst].Accuracy {
			worst = i
		}
	}
	v.Sentence = sentence(a, b, arms, v.Gains, best, worst)
	return v
}

// standardError is that of the difference of two mean accuracies.
func standardError(x, y Arm) float64 {
	variance := func(a Arm) float64 {
		k, p := float64(max(1, len(a.Accuracies))), a.Accuracy.Mean
		// The seeds share their held-out sentences, so more of them make that sample no larger.
		of := p * (1 - p) / float64(max(1, a.HeldOut))
		if len(a.Accuracies) >= 3 {
			of = max(of, a.Accuracy.Spread*a.Accuracy.Spread/k)
		}
		return of
	}
	return math.Sqrt(variance(x) + variance(y))
}

// sentence is the verdict in words.
func sentence(a, b string, arms []Arm, gains []Gain, best, worst int) string {
	alone := fmt.Sprintf("%s alone is right on %s of the held-out sentences", b, share(arms[0]))
	switch g, w := gains[best], gains[worst]; {
	case g.Counts && g.Accuracy > 0:
		return fmt.Sprintf("%s gained from %s here: %s, %s on %s. That is more than chance explains.", b, a, alone, how(a, g.Run), share(arms[1+best]))
	case w.Counts:
		return fmt.Sprintf("%s lost by %s here: %s, %s on %s. That is more than chance explains.", b, a, alone, how(a, w.Run), share(arms[1+worst]))
	}
	noise := 0.0
	for i, g := range gains {
		noise = max(noise, g.Noise)
		alone += fmt.Sprintf(", %s on %s", how(a, g.Run), share(arms[1+i]))
	}
	return fmt.Sprintf("%s gained nothing from %s here that chance does not explain: %s. With %d held-out sentences, differences below %.1f points are noise.",
		b, a, alone, arms[0].HeldOut, 100*noise)
}

func share(arm Arm) string { return fmt.Sprintf("%.1f\u00a0%%", 100*arm.Accuracy.Mean) }

// how says what a run has done with A.
func how(a, run string) string {
	if run == Then {
		return "after " + a
	}
	return "together with " + a
}
