package bridge

import (
	"encoding/json"
	"fmt"

	"thaw/core/train"
)

// settings lays what the page says over the defaults for the loaded encoder. A word that is not a setting is an error.
func (s *session) settings(words json.RawMessage) (train.Settings, error) {
	c := s.model.Encoder.Config
	set := train.Defaults(c.Layers)
	set.MaxLength = min(set.MaxLength, c.Positions)
	if s.freeze != "" {
		set.Freeze = s.freeze
	}
	if len(words) > 0 {
		if err := strict(words, &set); err != nil {
			return set, fmt.Errorf("%w: %w", train.ErrSettings, err)
		}
	}
	return set, nil
}
