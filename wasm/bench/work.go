//go:build js && wasm

package main

import (
	"fmt"
	"slices"
	"time"

	"thaw/core/backend"
)

// bench keeps the last job with its operands, for a job comes many times.
type bench struct {
	ops  backend.Backend
	last job
	work work
}

// work is a job on the device: run does it, and result is where it left its numbers.
type work interface {
	run()
	result() []backend.Buffer
	free()
}

// run does a job once. Only the work itself is timed.
func (b *bench) run(j job) (answer, error) {
	if err := b.prepare(j); err != nil {
		return answer{}, err
	}
	begin := time.Now()
	b.work.run()
	if err := b.ops.Sync(); err != nil {
		return answer{}, err
	}
	a := answer{MS: time.Since(begin).Seconds() * 1e3}
	for _, r := range b.work.result() {
		s, err := b.sample(r)
		if err != nil {
			return answer{}, err
		}
		a.Sample = append(a.Sample, s...)
	}
	return a, nil
}

// prepare makes the operands of a job unless they are there.
func (b *bench) prepare(j job) error {
	if b.work != nil && j.Work == b.last.Work && j.Rows == b.last.Rows && j.Layout == b.last.Layout && slices.Equal(j.Sizes, b.last.Sizes) {
		return nil
	}
	if b.work != nil {
		b.work.free()
		b.work = nil
	}
	if j.Rows < 1 || len(j.Sizes) < 2 || slices.Min(j.Sizes) < 1 {
		return fmt.Errorf("a job of %d rows and sizes %v: want one row or more, and two sizes or more", j.Rows, j.Sizes)
	}
	switch j.Work {
	case "products":
		b.work = newProducts(b.ops, j)
	case "block":
		b.work = newBlock(b.ops, j)
	case "product":
		var err error
		if b.work, err = newProduct(b.ops, j); err != nil {
			return err
		}
	default:
		return fmt.Errorf("work %q is unknown, want products, block or product", j.Work)
	}
	b.last = j
	return nil
}

// samples is how many numbers of each result are compared.
const samples = 64

// sample is numbers of a buffer, evenly spread.
func (b *bench) sample(from backend.Buffer) ([]float32, error) {
	all := make([]float32, from.Len())
	if err := b.ops.Read(all, from); err != nil {
		return nil, err
	}
	some := make([]float32, samples)
	for i := range some {
		some[i] = all[i*len(all)/samples]
	}
	return some, nil
}

// numbers is n numbers between -scale and scale that site/dev/bench/page/numbers.js makes too.
func numbers(ops backend.Backend, n, seed int, scale float64) backend.Buffer {
	v, b := make([]float32, n), ops.Alloc(n)
	for i := range v {
		v[i] = float32(scale * (float64((int64(i)*7919+int64(seed)*104729)%2003)/1001 - 1))
	}
	ops.Write(b, v)
	return b
}
