package webgpu_test

import (
	"errors"
	"os"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/backendtest"
	"thaw/wasm/webgpu"
)

// device is the one that all tests share: Dawn in Node does not like a second.
var device *webgpu.GPU

const forTests = "nt 4x8_8x8_0, nn 4x8_8x8_0, tn 4x8_8x8_0, norm 1"

// open gives a device or skips: Node has none unless site/dev/gpu-exec.mjs runs the test. THAW_WEBGPU=required fails instead.
func open(t testing.TB) *webgpu.GPU {
	t.Helper()
	if device != nil {
		return device
	}
	g, err := webgpu.New()
	if errors.Is(err, webgpu.ErrNoAdapter) && os.Getenv("THAW_WEBGPU") != "required" {
		t.Skipf("no WebGPU here; run with -exec 'node site/dev/gpu-exec.mjs …/wasm_exec_node.js' and a Vulkan driver: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	device = g
	// Barriers are slow on SwiftShader; TestNorms has the kernels with barriers.
	if err := g.Recall(forTests); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestBackend is the conformance suite.
func TestBackend(t *testing.T) {
	g := open(t)
	t.Log(g.Name())
	backendtest.Run(t, func(*testing.T) backend.Backend { return g })
}
