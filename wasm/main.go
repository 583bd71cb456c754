//go:build js && wasm

// The program of thaw's worker: it picks a device and serves the page.
package main

import (
	"fmt"
	"os"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/wasm/bridge"
	"thaw/wasm/pool"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "thaw:", err)
		os.Exit(1)
	}
}

// run serves the page with the processor's backend, its tasks cut over the pool.
func run() error {
	workers, err := pool.New()
	if err != nil {
		return err
	}
	port, err := bridge.Worker()
	if err != nil {
		return err
	}
	return bridge.Serve(port, func(tick func() error) backend.Backend { return cpu.New(workers, cpu.Tick(tick)) })
}
