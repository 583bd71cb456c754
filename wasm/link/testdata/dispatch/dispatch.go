//go:build js && wasm

// Program dispatch cuts tasks into two parts, runs one here and one on a helper thread, and compares every bit with a
// run of both parts here. Between the tasks it collects garbage and grows the memory.
package main

import (
	"math"
	"runtime"
	"unsafe"

	"thaw/wasm/link/testdata/threads"
)

const n = 64 * 96

var ballast [][]byte

func main() {
	threads.Lend()
	x := make([]float32, n)
	seed := uint32(1)
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(seed>>8)/(1<<24) - 0.5
	}
	dispatches := 0
	for round := range 150 {
		for op := opNorm; op <= opMove; op++ {
			compare(op, x)
			dispatches++
		}
		disturb(round)
	}
	traps()
	compare(opNorm, x)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	println("ok: dispatches", dispatches, "collections", m.NumGC, "MB", m.Sys>>20)
}

// compare runs a task on one thread and on two, and ends the program if a bit differs.
func compare(op int, x []float32) {
	one, two := make([]float32, n), make([]float32, n)
	t1 := &task{op: op, x: at(x), y: at(one), n: n}
	t2 := &task{op: op, x: at(x), y: at(two), n: n}
	run(t1, 0)
	run(t1, 1)
	threads.Start(unsafe.Pointer(t2), 1)
	run(t2, 0)
	if threads.Wait() != threads.Done {
		panic("the helper failed")
	}
	different := 0
	for i := range one {
		if math.Float32bits(one[i]) != math.Float32bits(two[i]) {
			different++
		}
	}
	if different > 0 || one[n/2] == 0 {
		println("op", op, "different", different, "sample", one[n/2])
		panic("two threads differ from one")
	}
	runtime.KeepAlive(t2)
}

// disturb makes garbage, collects it, and grows the memory under the helper's feet.
func disturb(round int) {
	if round%2 == 0 {
		ballast = append(ballast, make([]byte, 1<<20))
		ballast[len(ballast)-1][round] = 1
	}
	if round%3 == 0 {
		runtime.GC()
	}
}

// traps makes sure that a helper stops, and says so, where a program on Go's own thread would end.
func traps() {
	for _, op := range []int{opBounds, opDeep} {
		t := &task{op: op, n: n}
		threads.Start(unsafe.Pointer(t), 1)
		if code := threads.Wait(); code != threads.Unreachable {
			println("op", op, "code", code)
			panic("the helper did not meet an unreachable")
		}
	}
}

func at(s []float32) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
