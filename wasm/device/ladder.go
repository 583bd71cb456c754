package device

import (
	"context"
	"errors"
	"fmt"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// Pool is a pool that can be told how many of its threads to use.
type Pool interface {
	kernel.Pool
	Use(threads int)
	Most() int
}

// Ladder is the candidates, and the one that runs.
type Ladder struct {
	machine  Machine
	pool     Pool
	cpu      *cpu.CPU
	graphics graphics
	tick     func() error
	device   Device
	most     int    // threads, when they were counted last
	fault    string // of a device that ran and was lost, as a sentence; "" while nothing was
}

// ErrKind says that a device that was asked for does not run here.
var ErrKind = errors.New("device")

// New tests the candidates. A graphics card is opened at once if it is asked for, and otherwise when there is something to time.
// The error wraps ErrWrong if not even one thread computes what it should.
func New(m Machine, pool Pool, open func() (Graphics, error)) (*Ladder, error) {
	l := &Ladder{machine: m, pool: pool, most: pool.Most(), graphics: graphics{open: open}}
	l.cpu = cpu.New(pool, cpu.Tick(func() error { return l.breathe() }))
	threads := Candidate{Kind: Threads, Why: m.Alone}
	if n := pool.Most(); n > 1 {
		threads = l.test(Threads, n)
	} else if threads.Why == "" {
		threads.Why = "no helper thread could be started"
	}
	one := l.test(CPU, 1)
	if !one.OK {
		return nil, fmt.Errorf("device: %w: %s", ErrWrong, one.Why)
	}
	l.device.Candidates = []Candidate{{Kind: WebGPU, Why: "nobody has asked for it"}, threads, one}
	if m.Asked == WebGPU {
		l.openGraphics()
	}
	l.choose()
	return l, nil
}

// breathe is the tick of both backends.
func (l *Ladder) breathe() error {
	if l.tick == nil {
		return nil
	}
	return l.tick()
}

// test runs the self-test on n threads, on a backend of its own, for the one that trains would keep what it takes.
func (l *Ladder) test(kind string, n int) Candidate {
	l.pool.Use(n)
	if err := check(cpu.New(l.pool)); err != nil {
		return Candidate{Kind: kind, Why: err.Error()}
	}
	return Candidate{Kind: kind, OK: true, Why: l.words(n)}
}

// words describes n threads.
func (l *Ladder) words(n int) string {
	kernels := kernel.Version + " kernels"
	if l.machine.FMA {
		kernels += " with fused multiply-add"
	}
	if n == 1 {
		return "one thread, " + kernels
	}
	return fmt.Sprintf("%d threads, %s", n, kernels)
}

// Open has tick called after every operation from now on and returns the backend of the device that runs.
func (l *Ladder) Open(tick func() error) backend.Backend {
	l.tick = tick
	return l.Backend()
}

// Backend is that of the device that runs.
func (l *Ladder) Backend() backend.Backend { return l.of(l.device.Kind) }

func (l *Ladder) of(kind string) backend.Backend {
	if kind == WebGPU {
		return l.graphics.now
	}
	return l.cpu
}

// Device is what runs, and why.
func (l *Ladder) Device() Device {
	d := l.device
	d.Candidates = append([]Candidate{}, d.Candidates...)
	return d
}

// Look looks for a graphics card where nobody has said what is to run, and says whether it found one, so that there is a choice.
func (l *Ladder) Look() bool {
	if l.machine.Asked != Auto {
		return false
	}
	l.openGraphics()
	return l.candidate(WebGPU).OK
}

// Time has each candidate do a pass, which returns its milliseconds, and takes the quickest, or the one that was asked for. A
// candidate that is disturbed in its pass is left out, and so is one that would need the weights elsewhere than where they are asked for.
func (l *Ladder) Time(pass func(backend.Backend) (float64, error)) error {
	defer l.choose()
	asked := l.candidate(l.machine.Asked)
	for i := range l.device.Candidates {
		c := &l.device.Candidates[i]
		if !c.OK || asked.OK && (asked.Kind == WebGPU) != (c.Kind == WebGPU) {
			continue
		}
		l.pool.Use(l.threads(c.Kind))
		ms, err := pass(l.of(c.Kind))
		switch {
		case err == nil:
			c.MS = &ms
		case c.Kind == WebGPU && !errors.Is(err, context.Canceled):
			l.closeGraphics(err.Error())
		case c.Kind == Threads && errors.Is(err, backend.ErrAgain):
			c.OK, c.Why = false, "a thread was lost"
		default:
			return err
		}
	}
	return nil
}

// Ask takes another wish from now on. Its error, which wraps ErrKind, says why the device does not run here; everything is then
// as it was.
func (l *Ladder) Ask(kind string) error {
	if kind != Auto && l.find(kind) == nil {
		return fmt.Errorf("%w %.40q is none of %s, %s, %s and %s", ErrKind, kind, Auto, WebGPU, Threads, CPU)
	}
	before := l.machine.Asked
	l.machine.Asked = kind
	if kind == WebGPU && !l.candidate(WebGPU).OK {
		l.graphics.seen = false // it may have been too slow for one who does not ask
		l.openGraphics()
	}
	if c := l.candidate(kind); kind != Auto && !c.OK {
		l.machine.Asked = before
		return fmt.Errorf("%w %s: %s", ErrKind, kind, c.Why)
	}
	l.fault = ""
	l.choose()
	return nil
}

func (l *Ladder) threads(kind string) int {
	if kind == Threads {
		return l.pool.Most()
	}
	return 1
}

// choose takes the quickest of the candidates that work, or the one asked for. Before anything is timed it is the first of the
// processor's: a graphics card has to show that it is quicker.
func (l *Ladder) choose() {
	best := Candidate{}
	for _, c := range l.device.Candidates {
		asked := c.Kind == l.machine.Asked
		switch {
		case !c.OK, c.Kind == WebGPU && c.MS == nil && !asked:
		case asked, best.Kind == "", best.Kind != l.machine.Asked && quicker(c, best):
			best = c
		}
	}
	l.pool.Use(l.threads(best.Kind))
	l.device.Kind, l.device.Reason = best.Kind, l.reason(best)
}

func quicker(a, b Candidate) bool { return a.MS != nil && b.MS != nil && *a.MS < *b.MS }

// reason says why a candidate runs.
func (l *Ladder) reason(best Candidate) string {
	runs := "The processor runs: " + best.Why + "."
	if best.Kind == WebGPU {
		runs = "The graphics card runs: " + best.Why + "."
	}
	asked := l.machine.Asked
	switch {
	case l.fault != "":
		return runs + " " + l.fault
	case best.Kind == asked:
		return runs + " It was asked for."
	case asked != Auto && asked != "":
		return fmt.Sprintf("%s was asked for: %s. %s", asked, l.candidate(asked).Why, runs)
	case best.MS == nil:
		return runs
	}
	if next := l.next(best); next.MS != nil {
		return fmt.Sprintf("%s It was quicker than the rest: %.0f ms against %.0f ms.", runs, *best.MS, *next.MS)
	}
	if why := l.candidate(Threads).Why; best.Kind == CPU && why != "" {
		return fmt.Sprintf("%s More threads: %s.", runs, why)
	}
	return runs
}

// next is the quickest of the other candidates that were timed.
func (l *Ladder) next(best Candidate) (next Candidate) {
	for _, c := range l.device.Candidates {
		if c.Kind != best.Kind && c.OK && c.MS != nil && (next.MS == nil || quicker(c, next)) {
			next = c
		}
	}
	return next
}

func (l *Ladder) candidate(kind string) Candidate {
	if c := l.find(kind); c != nil {
		return *c
	}
	return Candidate{Why: "there is no such device"}
}

func (l *Ladder) find(kind string) *Candidate {
	for i := range l.device.Candidates {
		if c := &l.device.Candidates[i]; c.Kind == kind {
			return c
		}
	}
	return nil
}

// Changed says whether threads have been lost since it was asked last; the device is then described anew.
func (l *Ladder) Changed() bool {
	n := l.pool.Most()
	if n == l.most {
		return false
	}
	l.most, l.fault = n, "A helper thread was lost; nothing of the work was."
	if c := l.find(Threads); c.OK {
		c.OK, c.MS, c.Why = n > 1, nil, l.words(n)
		if !c.OK {
			c.Why = "a helper thread was lost"
		}
	}
	l.choose()
	return true
}
