package cpu_test

import (
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/backendtest"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

func TestSerial(t *testing.T) {
	backendtest.Run(t, func(*testing.T) backend.Backend { return cpu.New(kernel.Serial()) })
}

func TestTwoThreads(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) backend.Backend {
		c := cpu.New(kernel.Goroutines(2))
		t.Cleanup(c.Close)
		return c
	})
}

func TestSameBits(t *testing.T) {
	one, two := cpu.New(kernel.Serial()), cpu.New(kernel.Goroutines(2))
	defer two.Close()
	backendtest.Same(t, one, two)
}
