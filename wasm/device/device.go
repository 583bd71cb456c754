// Package device chooses what runs the trainer: it tests every candidate against the reference kernels on the person's own
// machine, times those that are right on the model's real shapes, and takes the quickest. The reason is said, and a wish
// overrides it.
package device

import (
	"encoding/json"
	"errors"
	"fmt"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// The kinds of devices, the one that is hoped for first.
const (
	WebGPU  = "webgpu"
	Threads = "threads"
	CPU     = "cpu"
	Auto    = "auto" // the wish of one who has none
)

// Machine is what the worker knows of the machine and of the page's wish; site/worker/program.js has the twin.
type Machine struct {
	Asked string `json:"asked"` // a kind, or auto
	FMA   bool   `json:"fma"`   // the products are fused
	Alone string `json:"alone"` // why there are no helper threads, "" if there are
}

// ReadMachine reads the program's arguments. A program without any runs as it can.
func ReadMachine(args []string) (Machine, error) {
	m := Machine{Asked: Auto}
	if len(args) < 2 {
		return m, nil
	}
	if err := json.Unmarshal([]byte(args[1]), &m); err != nil {
		return m, fmt.Errorf("device: the argument of the program: %w", err)
	}
	return m, nil
}

// Candidate is a device that was looked at.
type Candidate struct {
	Kind string   `json:"kind"`
	OK   bool     `json:"ok"`
	MS   *float64 `json:"ms"`  // of the pass that was timed, nil before
	Why  string   `json:"why"` // in words: what it is, or why it is not taken
}

// Device is what runs, why, and what else was looked at.
type Device struct {
	Kind       string      `json:"kind"`
	Reason     string      `json:"reason"`
	Candidates []Candidate `json:"candidates"`
}

// Pool is a pool that can be told how many of its threads to use.
type Pool interface {
	kernel.Pool
	Use(threads int)
	Most() int
}

// Ladder is the candidates, and the one that runs.
type Ladder struct {
	machine Machine
	pool    Pool
	device  Device
	most    int  // threads, when they were counted last
	lost    bool // some of them were lost
}

// New tests the candidates. Its error wraps ErrWrong if not even one thread computes what it should.
func New(m Machine, pool Pool) (*Ladder, error) {
	l := &Ladder{machine: m, pool: pool, most: pool.Most()}
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
	l.device.Candidates = []Candidate{{Kind: WebGPU, Why: "not part of this version"}, threads, one}
	l.choose()
	return l, nil
}

// test runs the self-test on n threads.
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

// Open makes the backend of the device that runs. It follows later choices.
func (l *Ladder) Open(tick func() error) backend.Backend { return cpu.New(l.pool, cpu.Tick(tick)) }

// Device is what runs, and why.
func (l *Ladder) Device() Device {
	d := l.device
	d.Candidates = append([]Candidate{}, d.Candidates...)
	return d
}

// Time has each candidate do a pass, which returns its milliseconds, and takes the quickest, or the one that was asked for.
// A candidate that is disturbed in its pass is left out.
func (l *Ladder) Time(pass func() (float64, error)) error {
	for i := range l.device.Candidates {
		c := &l.device.Candidates[i]
		if !c.OK {
			continue
		}
		l.pool.Use(l.threads(c.Kind))
		ms, err := pass()
		if errors.Is(err, backend.ErrAgain) && c.Kind != CPU {
			c.OK, c.Why = false, "a thread was lost"
			continue
		}
		if err != nil {
			l.choose()
			return err
		}
		c.MS = &ms
	}
	l.choose()
	return nil
}

func (l *Ladder) threads(kind string) int {
	if kind == Threads {
		return l.pool.Most()
	}
	return 1
}

// choose takes the quickest of the candidates that work, the first before anything is timed, or the one asked for.
func (l *Ladder) choose() {
	best := Candidate{}
	for _, c := range l.device.Candidates {
		switch {
		case !c.OK:
		case c.Kind == l.machine.Asked, best.Kind == "", best.Kind != l.machine.Asked && quicker(c, best):
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
	asked := l.machine.Asked
	switch {
	case l.lost:
		return runs + " A helper thread was lost; nothing of the work was."
	case best.Kind == asked:
		return runs + " It was asked for."
	case asked != Auto && asked != "":
		return fmt.Sprintf("%s was asked for: %s. %s", asked, l.candidate(asked).Why, runs)
	case best.MS == nil:
		return runs
	}
	for _, c := range l.device.Candidates {
		if c.Kind != best.Kind && c.MS != nil {
			return fmt.Sprintf("%s It was quicker than the rest: %.0f ms against %.0f ms.", runs, *best.MS, *c.MS)
		}
	}
	if why := l.candidate(Threads).Why; best.Kind == CPU && why != "" {
		return fmt.Sprintf("%s More threads: %s.", runs, why)
	}
	return runs
}

func (l *Ladder) candidate(kind string) Candidate {
	for _, c := range l.device.Candidates {
		if c.Kind == kind {
			return c
		}
	}
	return Candidate{Why: "there is no such device"}
}

// Changed says whether threads have been lost since it was asked last; the device is then described anew.
func (l *Ladder) Changed() bool {
	n := l.pool.Most()
	if n == l.most {
		return false
	}
	l.most, l.lost = n, true
	for i := range l.device.Candidates {
		if c := &l.device.Candidates[i]; c.Kind == Threads && c.OK {
			c.OK, c.MS, c.Why = n > 1, nil, l.words(n)
			if !c.OK {
				c.Why = "a helper thread was lost"
			}
		}
	}
	l.choose()
	return true
}
