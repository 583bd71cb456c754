//go:build js && wasm

// Package threads is the Go side of one helper thread; run.js and helper.js are the other side.
package threads

import "unsafe"

//go:wasmimport thr start
func start(t unsafe.Pointer, part int32)

//go:wasmimport thr wait
func wait() int32

//go:wasmimport thr stack
func stack(base unsafe.Pointer, size int32)

// slab is the helper's stack: a piece of Go's heap, so that the heap never grows into it.
var slab = make([]byte, 64<<10)

// Lend tells the helper where its stack is. It comes first.
func Lend() { stack(unsafe.Pointer(&slab[0]), int32(len(slab))) }

// Start hands part p of the task at address t to the helper.
func Start(t unsafe.Pointer, p int) { start(t, int32(p)) }

// How the helper's part has ended.
const (
	Done        = iota
	Unreachable // it met an `unreachable`: an end of the program that link has cut
	Failed      // anything else
)

// Wait returns when the helper's part has ended.
func Wait() int { return int(wait()) }
