// Package cpu is the backend of the processor: the kernels of core/kernel, their parts shared by a pool of threads.
package cpu

import (
	"fmt"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// CPU is a backend. One goroutine uses it at a time.
type CPU struct {
	pool    kernel.Pool
	task    kernel.Task // the one that runs: kept here so that a step allocates none
	scratch []float32
	packed  []float32
	owners  map[*owner]bool // of buffers in use
	peak    int64
	thrift  bool
	tick    func() error
	err     error
}

// Option changes how a CPU runs.
type Option func(*CPU)

// Tick has f called after every operation but AdamW, so that a browser's training loop can let events in. An error of f stops
// the work: it is kept, the operations that follow do nothing, and Sync reports it.
func Tick(f func() error) Option { return func(c *CPU) { c.tick = f } }

// New returns a backend whose tasks run on the pool.
func New(pool kernel.Pool, options ...Option) *CPU {
	c := &CPU{pool: pool, owners: map[*owner]bool{}}
	for _, o := range options {
		o(c)
	}
	return c
}

// Name says which kernels run on how many threads.
func (c *CPU) Name() string {
	return fmt.Sprintf("cpu, %s kernels, threads: %d", kernel.Version, c.pool.Threads())
}

// Supports is true: the processor has every operation.
func (c *CPU) Supports(string) bool { return true }

// Close ends the pool's helpers.
func (c *CPU) Close() { c.pool.Close() }

// run does a task, unless a fault is pending. That a thread was lost is such a fault: the work is to be done again.
func (c *CPU) run(t kernel.Task) {
	if c.err != nil {
		return
	}
	c.task = t
	if err := c.pool.Run(&c.task); err != nil {
		c.err = fmt.Errorf("%w: %w", backend.ErrAgain, err)
	}
}

// whole does a task that may not be left half done: a parameter that took its update must not take it again.
func (c *CPU) whole(t kernel.Task) {
	frail, ok := c.pool.(kernel.Frail)
	if !ok || c.err != nil {
		c.run(t)
		return
	}
	c.task = t
	frail.Alone(&c.task)
}

// after ends an operation.
func (c *CPU) after() {
	if c.tick != nil && c.err == nil {
		c.err = c.tick()
	}
}

// do is an operation of one task.
func (c *CPU) do(t kernel.Task) {
	c.run(t)
	c.after()
}

// floats returns n elements of scratch, which hold anything.
func (c *CPU) floats(n int) []float32 {
	if len(c.scratch) < n {
		c.scratch = make([]float32, n+n/8)
	}
	return c.scratch[:n]
}

var _ backend.Backend = (*CPU)(nil)
