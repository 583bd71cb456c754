package train

import (
	"errors"

	"thaw/core/backend"
)

// again does work that changes no parameter, or none unless it succeeds, until the device is not disturbed in its midst. It
// ends with Sync or Read. The same work has the same draws, so a run that was disturbed has the bits of one that was not. What a
// failed attempt has stored of frozen stages is forgotten: operations behind a fault do nothing.
func (t *Trainer) again(work func() error) error {
	for {
		err := work()
		for _, c := range t.corpora() {
			c.cache.settle(err == nil)
		}
		if !errors.Is(err, backend.ErrAgain) {
			return err
		}
	}
}
