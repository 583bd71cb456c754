package optim

import (
	"fmt"
	"math"
)

// Schedule is the factor of the rate over a run: a linear rise from 0 during warm-up, then a fall to 0, as transformers'
// get_linear_schedule_with_warmup and get_cosine_schedule_with_warmup.
type Schedule struct {
	Kind   string  // "linear" or "cosine"
	Warmup float64 // share of the steps
	Steps  int     // of the whole run
}

// Check says what is wrong with s.
func (s Schedule) Check() error {
	if s.Kind != "linear" && s.Kind != "cosine" {
		return fmt.Errorf("schedule %q is unknown, want linear or cosine", s.Kind)
	}
	if !(s.Warmup >= 0 && s.Warmup < 1) {
		return fmt.Errorf("warmup is %v, want a share of the steps, 0 or more and below 1", s.Warmup)
	}
	return nil
}

// Factor is that of the step with this index, the first being 0.
func (s Schedule) Factor(step int) float64 {
	warm := int(math.Ceil(s.Warmup * float64(s.Steps)))
	if step < warm {
		return float64(step) / float64(max(1, warm))
	}
	done := float64(step-warm) / float64(max(1, s.Steps-warm))
	if s.Kind == "cosine" {
		return max(0, 0.5*(1+math.Cos(math.Pi*done)))
	}
	return max(0, 1-done)
}
