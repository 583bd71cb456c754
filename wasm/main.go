//go:build js && wasm

// The program of thaw's worker: it picks a device and serves the page.
package main

import (
	"errors"
	"fmt"
	"os"

	"thaw/wasm/bridge"
	"thaw/wasm/device"
	"thaw/wasm/pool"
	"thaw/wasm/webgpu"
)

// wrong is the exit code of a program whose kernels compute something else than they should on this machine; site/worker/program.js
// then tries the build without fused products.
const wrong = 3

func main() {
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "thaw:", err)
	}
	switch {
	case errors.Is(err, device.ErrWrong):
		os.Exit(wrong)
	case err != nil:
		os.Exit(1)
	}
}

// graphics opens the browser's graphics card.
func graphics() (device.Graphics, error) {
	card, err := webgpu.New()
	if err != nil {
		return nil, err
	}
	return card, nil
}

// run chooses a device and serves the page.
func run() error {
	machine, err := device.ReadMachine(os.Args)
	if err != nil {
		return err
	}
	workers, err := pool.New()
	if err != nil {
		return err
	}
	ladder, err := device.New(machine, workers, graphics)
	if err != nil {
		return err
	}
	port, err := bridge.Worker()
	if err != nil {
		return err
	}
	return bridge.Serve(port, ladder)
}
