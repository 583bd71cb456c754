package train

import "thaw/core/report"

// An Event is something that happened in a run. Its JSON is a line of `thaw train --json` and an event of the JavaScript
// API; the field event says which kind it is.
type Event interface{ event() }

// PlanEvent comes first: what will train and what it takes.
type PlanEvent struct {
	Event       string `json:"event"`     // "plan"
	Trainable   int    `json:"trainable"` // parameters
	Frozen      int    `json:"frozen"`    // parameters
	MemoryBytes int64  `json:"memoryBytes"`
	Memory      Memory `json:"-"` // what MemoryBytes is made of
	Steps       int    `json:"steps"`
	Examples    int    `json:"examples"`
	Cut         int    `json:"cut"`    // texts longer than maxLength
	Freeze      string `json:"freeze"` // canonical policy
	CacheStage  int    `json:"cacheStage"`
}

// StepEvent is one optimizer step. Losses are those before the update; a task without a label in the step has none.
type StepEvent struct {
	Event           string             `json:"event"` // "step"
	Step            int                `json:"step"`  // from 1
	Steps           int                `json:"steps"`
	Epoch           float64            `json:"epoch"` // passes over the data so far
	Loss            float64            `json:"loss"`
	Losses          map[string]float64 `json:"losses"`
	LR              float64            `json:"lr"`
	GradNorm        float64            `json:"gradNorm"` // before clipping
	MS              float64            `json:"ms"`
	TokensPerSecond float64            `json:"tokensPerSecond"`
}

// EvalEvent is an evaluation on a labelled set.
type EvalEvent struct {
	Event string                   `json:"event"` // "eval"
	Step  int                      `json:"step"`  // 0 before the first
	Epoch float64                  `json:"epoch"`
	Set   string                   `json:"set"` // "heldout", "natural"
	Tasks map[string]report.Scores `json:"tasks"`
}

// FrozenEvent is the proof at the end of a run: the SHA-256 of each frozen tensor before and after.
type FrozenEvent struct {
	Event   string         `json:"event"` // "frozen"
	Equal   bool           `json:"equal"`
	Tensors int            `json:"tensors"`
	SHA256  string         `json:"sha256"` // of all their digests, in order
	List    []FrozenTensor `json:"list"`
}

// FrozenTensor is one frozen tensor's digests, in hexadecimal.
type FrozenTensor struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// SkippedEvent is a step whose gradient was not finite; nothing was updated.
type SkippedEvent struct {
	Event string `json:"event"` // "skipped"
	Step  int    `json:"step"`
	Why   string `json:"why"`
}

// RollbackEvent says that the weights of an earlier step have come back, for the gradient was not finite three steps in a row.
type RollbackEvent struct {
	Event string  `json:"event"` // "rollback"
	Step  int     `json:"step"`  // the last step before it
	To    int     `json:"to"`    // the step whose weights came back
	Rate  float64 `json:"rate"`  // factor of the rates from now on: 1/2, 1/4, …
}

// ProbeEvent is one head fitted at once under the policy probe.
type ProbeEvent struct {
	Event      string  `json:"event"` // "probe"
	Task       string  `json:"task"`
	N          int     `json:"n"` // labelled examples
	Iterations int     `json:"iterations"`
	Converged  bool    `json:"converged"`
	Loss       float64 `json:"loss"` // mean cross-entropy of the examples
	MS         float64 `json:"ms"`
}

// DoneEvent comes last.
type DoneEvent struct {
	Event   string  `json:"event"` // "done"
	Steps   int     `json:"steps"`
	Seconds float64 `json:"seconds"`
	Stopped bool    `json:"stopped"` // before the last step, by request
	// With patience: whether it ended the run early, and the step whose weights the model has now.
	Early    bool `json:"early"`
	BestStep int  `json:"bestStep"`
}

func (PlanEvent) event()     {}
func (StepEvent) event()     {}
func (EvalEvent) event()     {}
func (FrozenEvent) event()   {}
func (SkippedEvent) event()  {}
func (ProbeEvent) event()    {}
func (DoneEvent) event()     {}
func (RollbackEvent) event() {}
