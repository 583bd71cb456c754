package device

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// Graphics is the backend of a graphics card.
type Graphics interface {
	backend.Backend
	// SetTick has f called while and after the backend waits for the device.
	SetTick(f func() error)
	// Prepare finds the quickest kernels for this card, or remembers them.
	Prepare(budget time.Duration) error
	// Close gives the device back.
	Close()
}

// graphics is the graphics card, once somebody has looked for it.
type graphics struct {
	open func() (Graphics, error)
	now  Graphics // nil while there is none
	seen bool     // it was looked for
	lost int      // times that a device was lost
}

const (
	// tuning is how long looking for the quickest kernels may take.
	tuning = 500 * time.Millisecond
	// behind is how many times as long as the processor's a product of the card's may take. One that takes longer, because it is no
	// card but software, is not looked at further: the test of all kernels and the pass of a model would keep people waiting.
	behind = 4
)

// openGraphics looks for the graphics card, if nobody has.
func (l *Ladder) openGraphics() {
	if l.graphics.seen {
		return
	}
	l.graphics.seen = true
	c := l.find(WebGPU)
	now, err := l.graphics.open()
	if err == nil {
		l.graphics.now = now
		now.SetTick(func() error { return l.breathe() })
		err = l.tryGraphics(now)
	}
	if err != nil {
		l.closeGraphics(err.Error())
		return
	}
	*c = Candidate{Kind: WebGPU, OK: true, Why: nameOf(now)}
}

// nameOf is what the card calls itself.
func nameOf(now Graphics) string { return strings.TrimPrefix(now.Name(), "webgpu, ") }

// tryGraphics says what is wrong with a card: kernels that compute something else than they should, before and after the
// quickest were found, or, where nobody has asked for it, a product that takes far too long.
func (l *Ladder) tryGraphics(now Graphics) error {
	if l.machine.Asked != WebGPU {
		if err := l.race(now); err != nil {
			return err
		}
	}
	if err := check(now); err != nil {
		return err
	}
	if err := now.Prepare(tuning); err != nil {
		return err
	}
	return check(now)
}

// race compares one product on the card with the same on the processor.
func (l *Ladder) race(now Graphics) error {
	card, err := sprint(now)
	if err != nil {
		return err
	}
	defer l.pool.Use(l.pool.Threads())
	l.pool.Use(1)
	processor, err := sprint(cpu.New(l.pool))
	if err != nil {
		return err
	}
	if card > behind*processor {
		return fmt.Errorf("a product takes %.0f ms on %s and %.0f ms on the processor", card, nameOf(now), processor)
	}
	return nil
}

// sprint is the milliseconds of a product of BERT's size, the better of three, after one that compiles.
func sprint(ops backend.Backend) (float64, error) {
	const m, n, k = 512, 384, 384
	b := &bench{ops: ops}
	defer b.free()
	x, _ := b.numbers(m * k)
	w, _ := b.numbers(n * k)
	y := b.zeros(m * n)
	best := math.Inf(1)
	for i := range 4 {
		begin := time.Now()
		ops.MatMul(backend.MatMul{Y: y, X: x, W: w, M: m, N: n, K: k, Layout: kernel.NT})
		if err := ops.Sync(); err != nil {
			return 0, err
		}
		if ms := float64(time.Since(begin)) / float64(time.Millisecond); i > 0 {
			best = min(best, ms)
		}
	}
	return best, nil
}

// closeGraphics gives the card up.
func (l *Ladder) closeGraphics(why string) {
	if l.graphics.now != nil {
		l.graphics.now.Close()
		l.graphics.now = nil
	}
	*l.find(WebGPU) = Candidate{Kind: WebGPU, Why: why}
}

// Replace takes another device in place of a graphics card that fails: a new one if it was lost for the first time, and otherwise
// the processor. Device says so. The old one is closed by release, once what it still has was taken from it.
func (l *Ladder) Replace(fault error) (next backend.Backend, release func()) {
	old, ms := l.graphics.now, l.candidate(WebGPU).MS
	l.graphics.now = nil
	l.closeGraphics(fault.Error())
	lost := errors.Is(fault, backend.ErrLost)
	if lost {
		l.graphics.lost++
	}
	if lost && l.graphics.lost < 2 {
		l.graphics.seen = false
		l.openGraphics()
	}
	switch c := l.find(WebGPU); {
	case c.OK:
		l.fault = "The device before it was lost, and a new one has taken its place."
		c.MS = ms
	case lost:
		l.fault = "The graphics device was lost."
	default:
		l.fault = fmt.Sprintf("The graphics card could not go on: %v.", fault)
	}
	l.choose()
	return l.Backend(), func() {
		if old != nil {
			old.Close()
		}
	}
}
