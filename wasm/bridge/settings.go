package bridge

import (
	"encoding/json"
	"fmt"

	"thaw/core/encoder"
	"thaw/core/train"
)

// settings lays what the page says over the defaults for the loaded encoder. A word that is not a setting is an error.
func (s *session) settings(words json.RawMessage) (train.Settings, error) {
	return settingsFor(s.model.Encoder.Config, s.freeze, words)
}

// settingsFor lays what the page says over the defaults for an encoder and the policy that was chosen, if one was.
func settingsFor(c *encoder.Config, policy string, words json.RawMessage) (train.Settings, error) {
	set := train.Defaults(c.Layers)
	set.MaxLength = min(set.MaxLength, c.Positions)
	if policy != "" {
		set.Freeze = policy
	}
	if len(words) > 0 {
		if err := strict(words, &set); err != nil {
			return set, fmt.Errorf("%w: %w", train.ErrSettings, err)
		}
	}
	return set, nil
}
