package bridge

import (
	"encoding/json"
	"fmt"

	"thaw/core/train"
)

// settings lays what the page says over the defaults for the loaded encoder. A word that is not a setting is an error.
func (s *session) settings(words json.RawMessage) (train.Settings, error) {
	set := train.Defaults(s.model.Encoder.Config.Layers)
	if s.freeze != "" {
		set.Freeze = s.freeze
	}
	if len(words) > 0 {
		if err := strict(words, &set); err != nil {
			return set, fmt.Errorf("%w: %w", train.ErrSettings, err)
		}
	}
	if p := s.model.Encoder.Config.Positions; set.MaxLength > p && len(words) == 0 {
		set.MaxLength = p
	}
	return set, nil
}
