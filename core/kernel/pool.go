package kernel

import (
	"sync"
	"sync/atomic"
)

// Pool runs the parts of a task, on one thread or several. The bits of the result do not depend on which.
type Pool interface {
	// Run does all parts of t and returns when they are done. One task runs at a time. An error says that a thread was
	// lost in the midst of a part: what t writes is then undefined, and the pool goes on with the threads that are left.
	Run(t *Task) error
	// Threads is how many threads share the work.
	Threads() int
	// Close ends the helpers. The pool is not used afterwards.
	Close()
}

// Frail is a pool whose threads may be lost, as a browser's may. What must be done whole or not at all is not given to it.
type Frail interface {
	Pool
	// Alone does all parts of t on the caller's thread.
	Alone(t *Task)
}

// Serial is a pool of the calling thread alone.
func Serial() Pool { return serial{} }

type serial struct{}

func (serial) Run(t *Task) error {
	for p := range t.Parts {
		Run(t, p)
	}
	return nil
}

func (serial) Threads() int { return 1 }
func (serial) Close()       {}

// Goroutines is a pool of n threads: the caller and n-1 goroutines that wait for work.
func Goroutines(n int) Pool {
	if n <= 1 {
		return Serial()
	}
	g := &goroutines{n: n, work: make(chan *Task)}
	for range n - 1 {
		go g.help()
	}
	return g
}

type goroutines struct {
	n    int
	work chan *Task
	next atomic.Int64
	done sync.WaitGroup
}

func (g *goroutines) Run(t *Task) error {
	g.next.Store(0)
	helpers := max(0, min(g.n, t.Parts)-1) // a task of no rows has no parts
	g.done.Add(helpers)
	for range helpers {
		g.work <- t
	}
	g.take(t)
	g.done.Wait()
	return nil
}

func (g *goroutines) help() {
	for t := range g.work {
		g.take(t)
		g.done.Done()
	}
}

// take runs parts until none is left.
func (g *goroutines) take(t *Task) {
	for {
		p := int(g.next.Add(1)) - 1
		if p >= t.Parts {
			return
		}
		Run(t, p)
	}
}

func (g *goroutines) Threads() int { return g.n }
func (g *goroutines) Close()       { close(g.work) }
