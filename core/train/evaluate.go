package train

import (
	"math"

	"thaw/core/data"
	"thaw/core/model"
)

// evaluate scores the model on every set, through the cached prefix and without dropout. The first set is the one that early
// stopping goes by. It is sound if every loss is a number.
func (t *Trainer) evaluate(emit func(Event)) (sound bool, err error) {
	sound = true
	for i, c := range t.evals {
		if len(c.examples) == 0 {
			continue
		}
		s := model.NewScoring(t.model.Heads.Tasks)
		for _, run := range data.Cut(c.examples, data.Order(len(c.examples), 0, false, 0), t.passTokens()) {
			b := data.Pack(c.examples, run)
			rows := make([][][]float32, len(t.model.Heads.Tasks)) // counted only when all of the batch has come
			err := t.again(func() error {
				t.forwardOnly()
				return model.ReadLogits(t.ops, t.logits(c, b), func(i, task int, row []float32) { rows[task] = append(rows[task][:i], row) })
			})
			if err != nil {
				return false, err
			}
			for task := range rows {
				for i, row := range rows[task] {
					s.Add(task, b.Labels[task][i], row)
				}
			}
		}
		scores := s.Finish()
		for _, of := range scores {
			sound = sound && of.Loss < math.MaxFloat64
		}
		emit(EvalEvent{Event: "eval", Step: t.done, Epoch: t.epoch(), Set: c.name, Tasks: scores})
		if i == 0 && t.best != nil && t.done > 0 {
			t.consider(scores)
		}
	}
	t.scored = t.done
	return sound, nil
}

// forwardTokens is the most tokens of a pass that is not followed by a way back: as quick as longer ones, in less memory.
const forwardTokens = 512

func (t *Trainer) passTokens() int { return min(forwardTokens, t.settings.BatchTokens) }

// forwardOnly clears the tape for a pass without dropout or a way back.
func (t *Trainer) forwardOnly() {
	t.tape.Reset()
	t.tape.Training, t.tape.NoGrad = false, true
}
