package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Half of each task runs on a helper thread in Node, on the memory of the Go program, with collections and growth
// between the tasks: every bit is as on one thread, and a helper that meets an end of the program traps.
func TestTwoThreadsGiveTheBitsOfOne(t *testing.T) {
	out := runOnTwoThreads(t, mustLink(t, build(t, "testdata/dispatch", "testdata/threads"), "main.run"))
	if !strings.HasPrefix(out, "ok: dispatches 450") {
		t.Errorf("got %q, want 450 dispatches", out)
	}
}

// The kernels of thaw keep the rules, and give the same bits on two threads. When the link fails, the message names the
// function and the calls that lead to it.
func TestKernelRun(t *testing.T) {
	p := mustLink(t, build(t, "testdata/kernel", "testdata/threads", "../../core/kernel"), "thaw/core/kernel.Run")
	compile(t, p.main, p.shared, p.helper)
	t.Logf("%d functions kept, %d cut, %d bytes", len(p.kept), len(p.cut), len(p.helper))
	if out := runOnTwoThreads(t, p); !strings.HasPrefix(out, "ok: tasks 300") {
		t.Errorf("got %q, want 300 tasks", out)
	}
}

// runOnTwoThreads runs a program that imports package testdata/threads, and returns what it printed.
func runOnTwoThreads(t *testing.T, p *program) string {
	t.Helper()
	root := strings.TrimSpace(command(t, nil, "go", "env", "GOROOT"))
	out := strings.TrimSpace(command(t, nil, "node", "testdata/threads/run.js", filepath.Join(root, "lib", "wasm", "wasm_exec.js"),
		write(t, p.shared), write(t, p.helper), strconv.Itoa(int(p.minPages))))
	t.Log(out)
	return out
}
