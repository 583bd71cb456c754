package bridge

import (
	"math"
	"testing"
)

// TestReport asks before and after a run. The confidence of an answer is at least that of a guess, the bins hold every labelled
// sentence, and training has moved the sentences from where the loaded encoder has them.
func TestReport(t *testing.T) {
	p := newPage(t)
	args, _ := tiny(t)
	ask := map[string]any{"data": args["evals"].(map[string]any)["heldout"]}
	p.refused("state", "report", ask, nil)
	p.loadTiny()
	p.refused("state", "report", ask, nil)
	p.run(with(with(args, "steps", 30), "lr", 5e-3))
	files, message := offer(tinyFiles(t), nil)
	ask["files"] = files.Files
	var r Reported
	before := p.predicted()
	p.must("report", ask, message, &r)
	if p.predicted() != before {
		t.Error("a report has changed the model")
	}
	if len(r.Calibration) != 2 || len(r.Picture.Points) != 8 || len(r.Picture.Explained) != 2 {
		t.Fatalf("reported %+v", r)
	}
	for name, c := range r.Calibration {
		n := 0
		for _, b := range c.Bins {
			n += b.N
			if b.N > 0 && b.Confidence < 0.5 {
				t.Errorf("%s: an answer of two with a confidence of %v", name, b.Confidence)
			}
		}
		if n != c.N || n != 4 || c.ECE < 0 || c.ECE > 1 {
			t.Errorf("%s: %d answers in bins, %+v", name, n, c)
		}
	}
	moved, sum := 0.0, 0.0
	for _, point := range r.Picture.Points {
		moved += math.Abs(float64(point.After[0] - point.Before[0]))
		sum += float64(point.After[0])
	}
	if moved == 0 || math.Abs(sum) > 1e-3 {
		t.Errorf("the sentences moved by %v and lie about %v, want about 0", moved, sum)
	}
	delete(ask, "files")
	p.refused("message", "report", ask, nil)
	ask["data"] = map[string]any{"records": []any{}}
	p.refused("data", "report", ask, nil)
}
