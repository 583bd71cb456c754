// Package device chooses what runs the trainer: it tests every candidate against the reference kernels on the person's own
// machine, times those that are right on the model's real shapes, and takes the quickest. The reason is said, and a wish
// overrides it.
package device

import (
	"encoding/json"
	"fmt"
)

// The kinds of devices, the one that is hoped for first.
const (
	WebGPU  = "webgpu"
	Threads = "threads"
	CPU     = "cpu"
	Auto    = "auto" // the wish of one who has none
)

// Machine is what the worker knows of the machine and of the page's wish; site/worker/program.js has the twin.
type Machine struct {
	Asked string `json:"asked"` // a kind, or auto
	FMA   bool   `json:"fma"`   // the products are fused
	Alone string `json:"alone"` // why there are no helper threads, "" if there are
}

// ReadMachine reads the program's arguments. A program without any runs as it can.
func ReadMachine(args []string) (Machine, error) {
	m := Machine{Asked: Auto}
	if len(args) < 2 {
		return m, nil
	}
	if err := json.Unmarshal([]byte(args[1]), &m); err != nil {
		return m, fmt.Errorf("device: the argument of the program: %w", err)
	}
	return m, nil
}

// Candidate is a device that was looked at.
type Candidate struct {
	Kind string   `json:"kind"`
	OK   bool     `json:"ok"`
	MS   *float64 `json:"ms"`  // of the pass that was timed, nil before
	Why  string   `json:"why"` // in words: what it is, or why it is not taken
}

// Device is what runs, why, and what else was looked at.
type Device struct {
	Kind       string      `json:"kind"`
	Reason     string      `json:"reason"`
	Candidates []Candidate `json:"candidates"`
}
