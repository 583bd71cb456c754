package device

import (
	"errors"
	"strings"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// threads is a pool that uses some of its goroutines, and can be made to lose one or to compute nonsense.
type threads struct {
	many  kernel.Pool
	most  int
	n     int
	lost  error                // of every task on several threads
	spoil func(t *kernel.Task) // what becomes of every task on several threads
}

func newThreads(t *testing.T, n int) *threads {
	p := &threads{many: kernel.Goroutines(n), most: n, n: n}
	t.Cleanup(p.many.Close)
	return p
}

func (p *threads) Run(t *kernel.Task) error {
	if p.n < 2 {
		return kernel.Serial().Run(t)
	}
	if p.lost != nil {
		return p.lost
	}
	if p.spoil != nil {
		p.spoil(t)
		return nil
	}
	return p.many.Run(t)
}
func (p *threads) Threads() int { return min(p.n, p.most) }
func (p *threads) Close()       {}
func (p *threads) Use(n int)    { p.n = n }
func (p *threads) Most() int    { return p.most }

// The kernels of this build pass, whatever the number of threads.
func TestSelfTest(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		if err := check(cpu.New(newThreads(t, n))); err != nil {
			t.Errorf("%d threads: %v", n, err)
		}
	}
}

// A pool that leaves one part of every task out, whichever, is caught, and the message says where.
func TestSelfTestCatches(t *testing.T) {
	for _, last := range []bool{true, false} {
		p := newThreads(t, 2)
		left := 0
		p.spoil = func(task *kernel.Task) {
			for part := range task.Parts {
				if out := last && part == task.Parts-1 || !last && part == 0; out && task.Parts > 1 {
					left++
					continue
				}
				kernel.Run(task, part)
			}
		}
		err := check(cpu.New(p))
		if !errors.Is(err, ErrWrong) || !strings.Contains(err.Error(), "should be") || left == 0 {
			t.Errorf("got %v after %d parts left out", err, left)
		}
	}
}

// What is heavy in a step has tasks of several parts, so that helper threads do what they will do there; small sums and
// lookups have not.
func TestSelfTestUsesThreads(t *testing.T) {
	seen := map[kernel.Op]bool{}
	p := newThreads(t, 2)
	p.spoil = func(task *kernel.Task) {
		seen[task.Op] = seen[task.Op] || task.Parts > 1
		kernel.Serial().Run(task)
	}
	if err := check(cpu.New(p)); err != nil {
		t.Fatal(err)
	}
	alone := 0
	for op, shared := range seen {
		if !shared {
			alone++
			t.Logf("op %d has tasks of one part only", op)
		}
	}
	if len(seen) < 15 || alone > 8 {
		t.Errorf("%d kernels were tried, %d of them on one thread only", len(seen), alone)
	}
}

// none is a browser without WebGPU.
func none() (Graphics, error) { return nil, errors.New("no adapter") }

// pass takes 10 ms on one thread and ms on several.
func pass(p *threads, ms float64) func(backend.Backend) (float64, error) {
	return func(ops backend.Backend) (float64, error) {
		if c, ok := ops.(*card); ok {
			return c.ms, c.fault
		}
		if p.Threads() > 1 {
			return ms, nil
		}
		return 10, nil
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      Machine
		most   int
		ms     float64 // of threads
		kind   string
		reason string
	}{
		{"threads are quicker", Machine{Asked: Auto}, 2, 6, Threads, "2 threads, " + kernel.Version + " kernels. It was quicker than the rest: 6 ms against 10 ms."},
		{"threads are slower", Machine{Asked: Auto}, 2, 12, CPU, "one thread, " + kernel.Version + " kernels. It was quicker than the rest: 10 ms against 12 ms."},
		{"one thread is wished for", Machine{Asked: CPU}, 2, 6, CPU, "It was asked for."},
		{"threads are wished for", Machine{Asked: Threads}, 3, 12, Threads, "3 threads"},
		{"threads are wished for in vain", Machine{Asked: Threads, Alone: "no headers"}, 1, 0, CPU, "threads was asked for: no headers. The processor runs: one thread"},
		{"a graphics card is wished for", Machine{Asked: WebGPU}, 2, 6, Threads, "webgpu was asked for: no adapter."},
		{"no headers", Machine{Asked: Auto, Alone: "no headers"}, 1, 0, CPU, "More threads: no headers."},
		{"fused", Machine{Asked: Auto, FMA: true, Alone: "x"}, 1, 0, CPU, "kernels with fused multiply-add"},
	} {
		p := newThreads(t, c.most)
		l, err := New(c.m, p, none)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Time(pass(p, c.ms)); err != nil {
			t.Fatal(err)
		}
		d := l.Device()
		if d.Kind != c.kind || !strings.Contains(d.Reason, c.reason) {
			t.Errorf("%s: %s: %s", c.name, d.Kind, d.Reason)
		}
		if want := map[string]int{Threads: c.most, CPU: 1}[c.kind]; p.Threads() != want {
			t.Errorf("%s: %d threads run, want %d", c.name, p.Threads(), want)
		}
		for _, r := range d.Candidates {
			if r.OK != (r.MS != nil) || r.Why == "" {
				t.Errorf("%s: the candidate %+v", c.name, r)
			}
		}
	}
}

// Threads that compute nonsense are not taken; one thread that does ends the program.
func TestWrongKernels(t *testing.T) {
	p := newThreads(t, 2)
	p.spoil = func(*kernel.Task) {}
	l, err := New(Machine{Asked: Auto}, p, none)
	if err != nil {
		t.Fatal(err)
	}
	if d := l.Device(); d.Kind != CPU || d.Candidates[1].OK || !strings.Contains(d.Candidates[1].Why, "the self-test failed: element") {
		t.Errorf("got %+v", d)
	}
	if _, err := New(Machine{}, nonsense{p}, none); !errors.Is(err, ErrWrong) {
		t.Errorf("got %v, want ErrWrong", err)
	}
}

type nonsense struct{ Pool }

func (nonsense) Run(*kernel.Task) error { return nil }

// A thread that is lost while a pass is timed, or later, leaves what is left; that is said once.
func TestLost(t *testing.T) {
	p := newThreads(t, 2)
	l, err := New(Machine{Asked: Auto}, p, none)
	if err != nil {
		t.Fatal(err)
	}
	if l.Changed() {
		t.Error("something has changed from the start")
	}
	err = l.Time(func(backend.Backend) (float64, error) {
		if p.Threads() > 1 {
			p.most = 1
			return 0, backend.ErrAgain
		}
		return 10, nil
	})
	if d := l.Device(); err != nil || d.Kind != CPU || d.Candidates[1].OK {
		t.Errorf("got %+v, %v", d, err)
	}
	p = newThreads(t, 3)
	if l, err = New(Machine{Asked: Threads}, p, none); err != nil {
		t.Fatal(err)
	}
	p.most = 2
	if d := l.Device(); !l.Changed() || l.Changed() || d.Kind != Threads {
		t.Errorf("after the first loss: %+v", d)
	}
	p.most = 1
	if !l.Changed() || p.Threads() != 1 {
		t.Error("after the second loss several threads run")
	}
	if d := l.Device(); d.Kind != CPU || !strings.Contains(d.Reason, "A helper thread was lost") {
		t.Errorf("after the second loss: %+v", d)
	}
}

func TestReadMachine(t *testing.T) {
	m, err := ReadMachine([]string{"thaw", `{"asked":"cpu","fma":true,"alone":"why"}`})
	if want := (Machine{"cpu", true, "why"}); err != nil || m != want {
		t.Errorf("got %+v, %v", m, err)
	}
	if m, err := ReadMachine([]string{"js"}); err != nil || m.Asked != Auto {
		t.Errorf("without arguments: %+v, %v", m, err)
	}
	if _, err := ReadMachine([]string{"thaw", "{"}); err == nil {
		t.Error("half an object is taken")
	}
}
