package device

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// card is a graphics card that computes as the processor does. It can be slow, wrong, or lost.
type card struct {
	*cpu.CPU
	ms       float64 // of a pass
	fault    error   // of a pass
	slow     time.Duration
	wrong    bool // after Prepare
	prepared int
	closed   bool
}

func (c *card) Name() string             { return "webgpu, a card" }
func (c *card) SetTick(func() error)     {}
func (c *card) Close()                   { c.closed = true }
func (c *card) Sync() error              { time.Sleep(c.slow); return c.CPU.Sync() }
func (c *card) Gelu(y, x backend.Buffer) { c.CPU.Gelu(y, x) }
func (c *card) Prepare(time.Duration) error {
	c.prepared++
	return nil
}

func (c *card) GeluGrad(dx, dy, x backend.Buffer) {
	if !c.wrong || c.prepared == 0 {
		c.CPU.GeluGrad(dx, dy, x)
	}
}

// slot gives cards one after the other, and none when they are used up.
func slot(cards ...*card) func() (Graphics, error) {
	return func() (Graphics, error) {
		if len(cards) == 0 {
			return nil, errors.New("no adapter")
		}
		c := cards[0]
		c.CPU = cpu.New(kernel.Serial())
		cards = cards[1:]
		return c, nil
	}
}

func TestGraphics(t *testing.T) {
	for _, c := range []struct {
		name, asked  string
		card         card
		kind, reason string
	}{
		{"it is quicker", Auto, card{ms: 2}, WebGPU, "The graphics card runs: a card. It was quicker than the rest: 2 ms against 6 ms."},
		{"it is slower", Auto, card{ms: 20}, Threads, "It was quicker than the rest: 6 ms against 10 ms."},
		{"it is wished for", WebGPU, card{ms: 20}, WebGPU, "It was asked for."},
		{"it is not wished for", Threads, card{ms: 1}, Threads, "It was asked for."},
		{"it is software", Auto, card{ms: 1, slow: 100 * time.Millisecond}, Threads, "quicker than the rest: 6 ms"},
		{"its kernels are wrong once they are chosen", WebGPU, card{ms: 1, wrong: true}, Threads, "webgpu was asked for: the self-test failed: element"},
		{"its memory is too small for the model", WebGPU, card{fault: fmt.Errorf("webgpu: %w", backend.ErrFailed)}, Threads, "the device failed"},
	} {
		p := newThreads(t, 2)
		l, err := New(Machine{Asked: c.asked}, p, slot(&c.card))
		if err != nil {
			t.Fatal(err)
		}
		l.Look()
		if err := l.Time(pass(p, 6)); err != nil {
			t.Fatal(err)
		}
		d := l.Device()
		if d.Kind != c.kind || !strings.Contains(d.Reason, c.reason) {
			t.Errorf("%s: %s: %s", c.name, d.Kind, d.Reason)
		}
		_, here := l.Backend().(*card)
		if here != (c.kind == WebGPU) || c.card.closed == d.Candidates[0].OK && c.card.CPU != nil {
			t.Errorf("%s: the card's backend %v, closed %v, %+v", c.name, here, c.card.closed, d.Candidates[0])
		}
	}
}

// Before it was timed a card is only taken if it is asked for.
func TestGraphicsUntimed(t *testing.T) {
	p := newThreads(t, 2)
	l, err := New(Machine{Asked: Auto}, p, slot(&card{ms: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if d := l.Device(); d.Kind != Threads {
		t.Errorf("got %+v", d)
	}
	if l.Look(); p.Threads() != 2 {
		t.Errorf("looking for a card leaves %d threads of 2", p.Threads())
	}
	if err := l.Time(func(backend.Backend) (float64, error) { return 0, context.Canceled }); !errors.Is(err, context.Canceled) {
		t.Errorf("a pass that was given up gives %v", err)
	}
	if d := l.Device(); d.Kind != Threads {
		t.Errorf("got %+v", d)
	}
}

func TestAsk(t *testing.T) {
	p := newThreads(t, 2)
	l, err := New(Machine{Asked: Auto}, p, slot(&card{ms: 20}))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{WebGPU, CPU, Threads, Auto} {
		if err := l.Ask(kind); err != nil {
			t.Fatal(err)
		}
		if d := l.Device(); kind != Auto && d.Kind != kind {
			t.Errorf("asked for %s: %+v", kind, d)
		}
	}
	slow := &card{slow: 100 * time.Millisecond}
	if l, err = New(Machine{Asked: Auto}, p, slot(&card{slow: 100 * time.Millisecond}, slow)); err != nil || l.Look() {
		t.Fatalf("%v, or software was taken for a card", err)
	}
	if err := l.Ask(WebGPU); err != nil || l.Device().Kind != WebGPU || l.Backend() != backend.Backend(slow) {
		t.Errorf("software that is asked for: %v, %+v", err, l.Device())
	}
	if err := l.Ask("abacus"); !errors.Is(err, ErrKind) {
		t.Errorf("an abacus gives %v", err)
	}
	if l, err = New(Machine{Asked: Auto, Alone: "no headers"}, newThreads(t, 1), none); err != nil {
		t.Fatal(err)
	}
	for kind, why := range map[string]string{WebGPU: "no adapter", Threads: "no headers"} {
		if err := l.Ask(kind); !errors.Is(err, ErrKind) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s gives %v", kind, err)
		}
	}
	if d := l.Device(); d.Kind != CPU {
		t.Errorf("got %+v", d)
	}
}

// A card that is lost is replaced by a new one, and the second time by the processor; one whose memory is too small at once.
func TestReplace(t *testing.T) {
	p := newThreads(t, 2)
	one, two, three := &card{ms: 2}, &card{ms: 2}, &card{ms: 2}
	l, err := New(Machine{Asked: Auto}, p, slot(one, two, three))
	if err != nil {
		t.Fatal(err)
	}
	if !l.Look() {
		t.Fatal("no card was found")
	}
	if err := l.Time(pass(p, 6)); err != nil {
		t.Fatal(err)
	}
	lost := fmt.Errorf("webgpu: %w", backend.ErrLost)
	ops, release := l.Replace(lost)
	if one.closed {
		t.Error("the old device is closed before anything could be taken from it")
	}
	if release(); ops != backend.Backend(two) || !one.closed || !strings.Contains(l.Device().Reason, "a new one has taken its place") {
		t.Errorf("after the first loss %v runs: %+v", ops.Name(), l.Device())
	}
	_, release = l.Replace(lost)
	if release(); !two.closed || l.Device().Kind != Threads || !strings.Contains(l.Device().Reason, "The graphics device was lost") {
		t.Errorf("after the second loss: %+v", l.Device())
	}
	if three.CPU != nil {
		t.Error("a third device was opened")
	}
	if l, err = New(Machine{Asked: WebGPU}, p, slot(&card{}, &card{})); err != nil {
		t.Fatal(err)
	}
	_, release = l.Replace(fmt.Errorf("webgpu: %w", backend.ErrFailed))
	if release(); l.Device().Kind != Threads || !strings.Contains(l.Device().Reason, "the device failed") {
		t.Errorf("without memory: %+v", l.Device())
	}
}
