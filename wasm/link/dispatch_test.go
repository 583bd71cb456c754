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
	p := mustLink(t, build(t, "./testdata/dispatch"), "main.run")
	root := strings.TrimSpace(command(t, nil, "go", "env", "GOROOT"))
	out := command(t, nil, "node", "testdata/dispatch/run.js", filepath.Join(root, "lib", "wasm", "wasm_exec.js"),
		write(t, p.shared), write(t, p.helper), strconv.Itoa(int(p.minPages)))
	t.Log(strings.TrimSpace(out))
	if !strings.Contains(out, "ok: dispatches 450") {
		t.Errorf("got %q, want 450 dispatches", out)
	}
}
