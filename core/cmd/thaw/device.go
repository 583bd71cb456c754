package main

import (
	"context"
	"flag"
	"runtime"

	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

const maxThreads = 1024

// threadsFlag declares --threads.
func threadsFlag(fs *flag.FlagSet) *int {
	return fs.Int("threads", runtime.GOMAXPROCS(0), "`N` threads; the result does not depend on it")
}

// openDevice is the processor with n threads.
func openDevice(n int, options ...cpu.Option) (*cpu.CPU, error) {
	if n < 1 || n > maxThreads {
		return nil, usagef("--threads is %d, want 1 to %d", n, maxThreads)
	}
	return cpu.New(kernel.Goroutines(n), options...), nil
}

// untilDone lets the device stop in the middle of its work when ctx is done.
func untilDone(ctx context.Context) cpu.Option { return cpu.Tick(ctx.Err) }
