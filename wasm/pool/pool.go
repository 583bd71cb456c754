// Package pool shares the kernels among helper workers of the browser: kernel.Pool over a shared memory. It is the only user
// of go:wasmimport; site/worker/pool.js is its other half.
//
// The main thread opens a task, takes parts of it like everyone else, and waits until no helper is in the midst of one.
// Parts are taken one by one from a counter that all threads share, so a helper that wakes late takes fewer and none is
// waited for that has not begun. Go's own atomics are plain accesses on wasm, so every shared word is JavaScript's to touch.
package pool

import "errors"

// ErrLost says that a helper died in the midst of a part: trapped, failed or ended by the browser. What the task writes is
// undefined, for a part that adds to its destination must not run twice. The pool goes on with the threads that are left.
var ErrLost = errors.New("a helper thread was lost in the midst of its work")

// stackSize is a helper's stack in bytes. The deepest path of the kernels takes less than 4 KB.
const stackSize = 64 << 10
