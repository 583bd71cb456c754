// Package train fine-tunes a model: steps, epochs, the cache of the frozen prefix, events, checkpoints.
package train

import (
	"errors"
	"fmt"
	"math"

	"thaw/core/freeze"
	"thaw/core/optim"
)

// ErrSettings is the root of every fault of the settings.
var ErrSettings = errors.New("settings")

// Settings are those of a run, under the names that the page, the command line and checkpoints share.
type Settings struct {
	Freeze      string  `json:"freeze"`      // a policy, see package freeze
	Epochs      int     `json:"epochs"`      // passes over the data, unless Steps says otherwise
	Steps       int     `json:"steps"`       // optimizer steps; 0: as many as the epochs need
	Batch       int     `json:"batch"`       // sentences a step
	Accumulate  int     `json:"accumulate"`  // batches whose gradients make one step
	Patience    int     `json:"patience"`    // evaluations without a better held-out loss before the run ends; 0: none
	BatchTokens int     `json:"batchTokens"` // tokens of a micro-batch inside a step
	MaxLength   int     `json:"maxLength"`   // tokens of a sentence, special ones included
	LR          float64 `json:"lr"`          // greatest rate of the encoder
	HeadLR      float64 `json:"headLr"`      // greatest rate of the heads
	LayerDecay  float64 `json:"layerDecay"`  // factor of the rate from each layer to the one below
	Schedule    string  `json:"schedule"`    // "linear" or "cosine"
	Warmup      float64 `json:"warmup"`      // share of the steps
	Clip        float64 `json:"clip"`        // greatest norm of the gradient, 0 for any
	WeightDecay float64 `json:"weightDecay"`
	Dropout     float64 `json:"dropout"` // of the thawed part; -1: what config.json says
	Shuffle     bool    `json:"shuffle"`
	Seed        uint64  `json:"seed"`
	CacheBytes  int64   `json:"cacheBytes"` // greatest memory for outputs of the frozen prefix
}

// Defaults are the settings for an encoder of l layers: the seed's strategy, lower layers frozen, the last two and the
// heads trained.
func Defaults(l int) Settings {
	return Settings{
		Freeze: freeze.Default(l), Epochs: 3, Batch: 16, Accumulate: 1, BatchTokens: 2048, MaxLength: 128, LR: 1e-4, HeadLR: 1e-3,
		LayerDecay: 1, Schedule: "linear", Warmup: 0.1, Clip: 1, WeightDecay: 0.01, Dropout: -1, Shuffle: true, Seed: 1,
		CacheBytes: 1 << 29,
	}
}

// Check says what is wrong with s for an encoder with the given number of positions.
func (s Settings) Check(positions int) error {
	bad := func(name string, got any, want string) error {
		return fmt.Errorf("%w: %s is %v, want %s", ErrSettings, name, got, want)
	}
	switch {
	case s.Epochs < 1 || s.Epochs > 10000:
		return bad("epochs", s.Epochs, "1 to 10000")
	case s.Steps < 0:
		return bad("steps", s.Steps, "0 (by epochs) or more")
	case s.Batch < 1 || s.Batch > 4096:
		return bad("batch", s.Batch, "1 to 4096 sentences")
	case s.Accumulate < 1 || s.Accumulate > 4096:
		return bad("accumulate", s.Accumulate, "1 to 4096 batches")
	case s.Patience < 0:
		return bad("patience", s.Patience, "0 (no early stopping) or more")
	case s.BatchTokens < 1 || s.BatchTokens > 1<<16:
		return bad("batchTokens", s.BatchTokens, "1 to 65536 tokens")
	case s.MaxLength < 3 || s.MaxLength > positions:
		return bad("maxLength", s.MaxLength, fmt.Sprintf("3 to %d tokens, the encoder's positions", positions))
	case !(s.LR >= 0) || math.IsInf(s.LR, 0):
		return bad("lr", s.LR, "0 or more")
	case !(s.HeadLR >= 0) || math.IsInf(s.HeadLR, 0):
		return bad("headLr", s.HeadLR, "0 or more")
	case !(s.LayerDecay > 0 && s.LayerDecay <= 1):
		return bad("layerDecay", s.LayerDecay, "more than 0, at most 1")
	case !(s.Clip >= 0):
		return bad("clip", s.Clip, "0 (no clipping) or more")
	case !(s.WeightDecay >= 0):
		return bad("weightDecay", s.WeightDecay, "0 or more")
	case s.Dropout != -1 && !(s.Dropout >= 0 && s.Dropout < 1):
		return bad("dropout", s.Dropout, "0 or more and below 1, or -1 for what config.json says")
	case s.CacheBytes < 0:
		return bad("cacheBytes", s.CacheBytes, "0 or more")
	}
	if err := s.schedule(1).Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return nil
}

func (s Settings) schedule(steps int) optim.Schedule {
	return optim.Schedule{Kind: s.Schedule, Warmup: s.Warmup, Steps: steps}
}

// steps is the number of optimizer steps over n examples.
func (s Settings) steps(n int) int {
	if s.Steps > 0 {
		return s.Steps
	}
	return s.Epochs * s.stepsOfEpoch(n)
}

func (s Settings) stepsOfEpoch(n int) int { return (n + s.sentences() - 1) / s.sentences() }

// sentences is how many make one step.
func (s Settings) sentences() int { return s.Batch * s.Accumulate }
