package pool

import (
	"unsafe"

	"thaw/core/kernel"
	"thaw/wasm/jsio"
)

// helpers is how many helper workers have started, 0 in a program of one thread.
//
//go:wasmimport pool helpers
func helpers() int32

// lend gives helper i its stack, before the first task.
//
//go:wasmimport pool lend
func lend(i int32, base unsafe.Pointer, size int32)

// alive is how many helpers are left.
//
//go:wasmimport pool alive
func alive() int32

// open offers a task to the first n helpers that are left.
//
//go:wasmimport pool open
func open(t unsafe.Pointer, parts, n int32)

// take returns the next part of the open task, -1 if there is none.
//
//go:wasmimport pool take
func take() int32

// settle closes the task and waits, a second at most, until no helper is in the midst of a part.
//
//go:wasmimport pool settle
func settle() int32

// What settle returns.
const (
	settled = 0 // every part that was taken is done
	busy    = 1 // a helper is still at work, or dead
	lost    = 2 // a helper died in the midst of a part
)

// Workers is a pool of the main thread and helper workers. One goroutine uses it.
type Workers struct {
	threads int      // that are to share the work
	stacks  [][]byte // of Go's heap, so that the heap never grows into one
	breath  *jsio.Breath
	open    bool // a task has been opened and not settled
}

var _ kernel.Frail = (*Workers)(nil)

// New takes over the helpers that site/worker/pool.js has started.
func New() (*Workers, error) {
	breath, err := jsio.NewBreath()
	if err != nil {
		return nil, err
	}
	w := &Workers{threads: 1 + int(helpers()), breath: breath}
	for i := range w.threads - 1 {
		stack := make([]byte, stackSize)
		w.stacks = append(w.stacks, stack)
		lend(int32(i), unsafe.Pointer(unsafe.SliceData(stack)), stackSize)
	}
	return w, nil
}

// Use has n threads share the work from the next task on; the helpers beyond them sleep.
func (w *Workers) Use(n int) { w.threads = max(1, n) }

// Most is the number of threads there are.
func (w *Workers) Most() int { return 1 + int(alive()) }

// Threads is how many threads share the work.
func (w *Workers) Threads() int { return min(w.threads, w.Most()) }

// Run does all parts of t. A task of one part is not worth waking anybody.
func (w *Workers) Run(t *kernel.Task) error {
	if w.open {
		w.settle() // a panic has left a task open
	}
	if t.Parts < 2 || w.threads < 2 {
		return kernel.Serial().Run(t)
	}
	w.open = true
	open(unsafe.Pointer(t), int32(t.Parts), int32(w.threads-1))
	for p := take(); p >= 0; p = take() {
		kernel.Run(t, int(p))
	}
	return w.settle()
}

// Alone does all parts of t on the main thread.
func (w *Workers) Alone(t *kernel.Task) { kernel.Serial().Run(t) }

// settle waits for the helpers. One that is silent for a second may be dead, and news of that come as events: so the
// goroutine parks and asks again.
func (w *Workers) settle() error {
	for {
		switch settle() {
		case settled:
			w.open = false
			return nil
		case lost:
			w.open = false
			return ErrLost
		}
		if err := w.breath.Take(); err != nil {
			return err
		}
	}
}

// Close sends the helpers to sleep; they end with the page's worker.
func (w *Workers) Close() { w.threads = 1 }
