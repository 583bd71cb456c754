package main

import (
	"slices"
	"testing"
)

// The kernels of thaw keep the rules. When this fails, the message names the function and the calls that lead to it.
func TestKernelRun(t *testing.T) {
	p := mustLink(t, build(t, "./testdata/kernel"), "thaw/core/kernel.Run")
	compile(t, p.main, p.shared, p.helper)
	if !slices.Contains(p.kept, "kernel.Run") {
		t.Errorf("the entry is missing from %v", p.kept)
	}
	t.Logf("%d functions kept, %d cut, %d bytes", len(p.kept), len(p.cut), len(p.helper))
}
