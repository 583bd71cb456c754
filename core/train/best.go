package train

import (
	"math"

	"thaw/core/backend"
	"thaw/core/nn"
	"thaw/core/report"
)

// best is the weights of the evaluation with the least weighted held-out loss so far. It holds every parameter that has
// trained since; the others are as they were then.
type best struct {
	loss   float64
	step   int
	since  int // evaluations since then
	values map[*nn.Param]backend.Buffer
}

func newBest() *best { return &best{loss: math.Inf(1), values: map[*nn.Param]backend.Buffer{}} }

// consider compares an evaluation with the best one.
func (t *Trainer) consider(scores map[string]report.Scores) {
	loss := 0.0
	for _, task := range t.model.Heads.Tasks {
		loss += task.Weight * scores[task.Name].Loss
	}
	if !(loss < t.best.loss) {
		t.best.since++
		return
	}
	t.best.loss, t.best.step, t.best.since = loss, t.done, 0
	for _, p := range t.model.Params.Params() {
		if _, kept := t.best.values[p]; kept || p.Thawed() {
			t.best.keep(t.ops, p)
		}
	}
}

// keep copies a parameter as it is now.
func (b *best) keep(ops backend.Backend, p *nn.Param) {
	if b.values[p] == nil {
		b.values[p] = ops.Alloc(p.Size())
	}
	copyAll(ops, b.values[p], p.Value)
}

// keepThawing keeps what thaws now and was frozen until here, which is what it was at the best evaluation.
func (t *Trainer) keepThawing() {
	if t.best == nil || math.IsInf(t.best.loss, 1) {
		return
	}
	for _, p := range t.model.Params.Params() {
		if t.best.values[p] == nil && !p.Thawed() && t.trains(p.Name) {
			t.best.keep(t.ops, p)
		}
	}
}

// restoreBest puts the best weights back at the end of a run.
func (t *Trainer) restoreBest() {
	if t.best == nil || t.best.step == t.done {
		return
	}
	for p, v := range t.best.values {
		copyAll(t.ops, p.Value, v)
	}
}

// copyAll copies a buffer to one of the same length.
func copyAll(ops backend.Backend, dst, src backend.Buffer) {
	ops.Copy(dst, src, src.Len(), backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{1}})
}

func (b *best) free(ops backend.Backend) {
	if b == nil {
		return
	}
	for _, v := range b.values {
		ops.Free(v)
	}
	b.values = nil
}
