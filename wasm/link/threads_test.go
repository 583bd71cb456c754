package main

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Half of each task runs on a helper thread in Node, on the memory of the Go program, with collections and growth
// between the tasks: every bit is as on one thread, and a helper that meets an end of the program traps.
func TestTwoThreadsGiveTheBitsOfOne(t *testing.T) {
	p := mustLink(t, build(t, "testdata/dispatch", "testdata/threads"), "main.run")
	out := runOnTwoThreads(t, &p.modules, p.minPages)
	if !strings.HasPrefix(out, "ok: dispatches 450") {
		t.Errorf("got %q, want 450 dispatches", out)
	}
}

// The kernels of thaw keep the rules, and give the same bits on two threads, with fused products and without. When the
// link fails, the message names the function and the calls that lead to it; when it cannot fuse, what is in the way.
func TestKernelRun(t *testing.T) {
	p, err := link(build(t, "testdata/kernel", "testdata/threads", "../../core/kernel"), "thaw/core/kernel.Run", "thaw/core/kernel.tile")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(p.helper, p.fma.helper) || bytes.Equal(p.shared, p.fma.shared) {
		t.Error("the fused modules are the plain ones")
	}
	t.Logf("%d functions kept, %d cut, %d bytes", len(p.kept), len(p.cut), len(p.helper))
	for _, m := range []*modules{&p.modules, p.fma} {
		compile(t, m.main, m.shared, m.helper)
		if out := runOnTwoThreads(t, m, p.minPages); !strings.HasPrefix(out, "ok: tasks 300") {
			t.Errorf("got %q, want 300 tasks", out)
		}
	}
}

// runOnTwoThreads runs a program that imports package testdata/threads, and returns what it printed.
func runOnTwoThreads(t *testing.T, m *modules, minPages uint32) string {
	t.Helper()
	root := strings.TrimSpace(command(t, nil, "go", "env", "GOROOT"))
	out := strings.TrimSpace(command(t, nil, "node", "testdata/threads/run.js", filepath.Join(root, "lib", "wasm", "wasm_exec.js"),
		write(t, m.shared), write(t, m.helper), strconv.Itoa(int(minPages))))
	t.Log(out)
	return out
}
