//go:build js && wasm

// Program kernel runs thaw's own kernels, a step's worth of each kind, on one thread and on two, and compares every bit.
package main

import (
	"math"
	"runtime"
	"unsafe"

	"thaw/core/kernel"
	"thaw/wasm/link/testdata/threads"
)

const (
	tokens, hidden, feedForward, heads = 96, 64, 256, 4
	rounds                             = 60
)

func main() {
	threads.Lend()
	parts := 0
	var ballast [][]byte
	for round := range rounds {
		for i := range tasks(round) {
			one, two := tasks(round)[i], tasks(round)[i]
			kernel.Serial().Run(&one.task)
			parts += share(&two.task)
			equal(i, one.out, two.out)
		}
		ballast = append(ballast, make([]byte, 1<<20))
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	println("ok: tasks", rounds*len(tasks(0)), "parts", parts, "collections", m.NumGC, "MB", m.Sys>>20)
	runtime.KeepAlive(ballast)
}

// share runs the even parts here and the odd ones on the helper.
func share(t *kernel.Task) int {
	for p := 0; p < t.Parts; p += 2 {
		if p+1 < t.Parts {
			threads.Start(unsafe.Pointer(t), p+1)
		}
		kernel.Run(t, p)
		if p+1 < t.Parts && threads.Wait() != threads.Done {
			println("op", t.Op, "part", p+1)
			panic("the helper failed")
		}
	}
	runtime.KeepAlive(t)
	return t.Parts
}

func equal(i int, one, two []float32) {
	for j := range one {
		if math.Float32bits(one[j]) != math.Float32bits(two[j]) {
			println("task", i, "element", j, "one thread", one[j], "two", two[j])
			panic("two threads differ from one")
		}
	}
}

// job is a task and what it writes.
type job struct {
	task kernel.Task
	out  []float32
}

// tasks returns one task of each heavy kind, over fresh arrays with values that depend on the round alone.
func tasks(round int) []job {
	x, w, b := numbers(round, tokens*hidden), numbers(round+1, feedForward*hidden), numbers(round+2, feedForward)
	packedW := numbers(0, kernel.PackedCols(feedForward, hidden))
	packW := kernel.PackColsTask(packedW, w, feedForward, hidden, false)
	kernel.Serial().Run(&packW)
	y, u := make([]float32, tokens*feedForward), make([]float32, tokens*feedForward)
	product := kernel.MatMulTask(kernel.Product{
		Y: y, X: x, W: packedW, B: b, U: u, M: tokens, N: feedForward, K: hidden, Then: kernel.BiasGelu,
		Scratch: make([]float32, kernel.MatMulScratch(tokens, feedForward, hidden)),
	})

	drop := kernel.NewDrop(0.1, kernel.Key(1, uint32(round), 2))
	norm, stat := make([]float32, tokens*hidden), make([]float32, 2*tokens)
	layerNorm := kernel.LayerNormTask(norm, stat, numbers(round+3, tokens*hidden), x, b[:hidden], b[hidden:2*hidden], tokens, hidden, 1e-12, drop)

	offsets := []int32{0, 7, 40, 41, tokens}
	out, lse, qkv := make([]float32, tokens*hidden), make([]float32, heads*tokens), numbers(round+4, 3*tokens*hidden)
	scratch := make([]float32, kernel.AttentionScratch(offsets, heads, hidden))
	attention := kernel.AttentionTask(out, lse, qkv, scratch, offsets, heads, hidden, drop)

	gelu, long := make([]float32, 1<<16), numbers(round+5, 1<<16)
	p, m, v := numbers(round+6, 1<<16), make([]float32, 1<<16), make([]float32, 1<<16)
	settings := kernel.AdamWSettings{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.01, Step: round + 1}
	return []job{
		{product, y}, {layerNorm, norm}, {attention, out}, {kernel.GeluTask(gelu, long), gelu}, {kernel.AdamWTask(p, long, m, v, 0.5, settings), p},
	}
}

// numbers returns n values between -1 and 1 from a seed.
func numbers(seed, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(kernel.Bits([2]uint32{uint32(seed), 7}, uint32(i))>>8)/(1<<23) - 1
	}
	return x
}
