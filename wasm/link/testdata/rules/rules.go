//go:build js && wasm

// Program rules holds one entry for each rule of wasm/link that a kernel can break, and two that break none.
package main

import (
	"sync/atomic"
	"unsafe"
)

// Task stands for the task of a kernel: addresses and numbers.
type Task struct {
	A, B unsafe.Pointer
	N    int
}

func floats(p unsafe.Pointer, n int) []float32 { return unsafe.Slice((*float32)(p), n) }

// What the entries below use, in variables so that the compiler can decide nothing early.
var (
	function  func(int) int
	speaker   interface{ Speak(int) int }
	anything  any
	table     map[int]int
	slot      *Task
	slots     []*Task
	text      string
	numbers   []float32
	channel   chan int
	counter   int32
	reachable bool
)

// Each entry of this list is kept by the linker because main may call it.
func main() {
	for _, entry := range []func(*Task){
		Good, Numeric, Closure, Method, Append, Make, New, Map, MapRange, PanicValue, Import, PointerStore, PointerClear,
		Concat, Convert, Assert, Box, Send, Go, Defer, Print, Atomic, Random, Text, Recurse, TwoFaults, Deep,
	} {
		if reachable {
			entry(&Task{})
		}
	}
}

//go:noinline
func Closure(t *Task) { t.N = function(t.N) }

//go:noinline
func Method(t *Task) { t.N = speaker.Speak(t.N) }

//go:noinline
func Append(t *Task) { numbers = append(numbers, float32(t.N)) }

//go:noinline
func Make(t *Task) { numbers = make([]float32, t.N) }

//go:noinline
func New(t *Task) { slot = &Task{N: t.N} }

//go:noinline
func Map(t *Task) { t.N = table[t.N] }

//go:noinline
func MapRange(t *Task) {
	for k := range table {
		t.N += k
	}
}

//go:noinline
func PanicValue(t *Task) {
	if t.N < 0 {
		panic("N is negative")
	}
}

//go:wasmimport thr wait
func wait()

//go:noinline
func Import(t *Task) { wait() }

//go:noinline
func PointerStore(t *Task) { slot = t }

//go:noinline
func PointerClear(t *Task) { clear(slots) }

//go:noinline
func Concat(t *Task) { text = text + "!" }

//go:noinline
func Convert(t *Task) { text = string(unsafe.Slice((*byte)(t.A), t.N)) }

//go:noinline
func Assert(t *Task) { t.N = anything.(int) }

//go:noinline
func Box(t *Task) { anything = t.N }

//go:noinline
func Send(t *Task) { channel <- t.N }

//go:noinline
func Go(t *Task) { go main() }

//go:noinline
func Defer(t *Task) {
	for range t.N {
		defer wait()
	}
}

//go:noinline
func Print(t *Task) { println(t.N) }

//go:noinline
func Atomic(t *Task) { t.N = int(add(&counter)) }

// add is reached through a variable elsewhere; the intrinsic itself leaves no call to see.
//
//go:noinline
func add(p *int32) int32 { return atomic.AddInt32(p, 1) }

//go:noinline
func Random(t *Task) { t.N = int(random()) }

//go:linkname random runtime.rand
func random() uint64

//go:noinline
func Text(t *Task) {
	if text == "x" || text < "abcdef" {
		t.N++
	}
}

//go:noinline
func Recurse(t *Task) {
	if t.N--; t.N > 0 {
		Recurse(t)
	}
}

//go:noinline
func TwoFaults(t *Task) { Map(t); Make(t) }

// Deep reaches its fault by three calls; the report has to show them.
//
//go:noinline
func Deep(t *Task) { gemm(t) }

//go:noinline
func gemm(t *Task) { pack(t) }

//go:noinline
func pack(t *Task) { Closure(t) }
