package train

import (
	"thaw/core/data"
	"thaw/core/model"
)

// evaluate scores the model on every set, through the cached prefix and without dropout. The first set is the one that early
// stopping goes by.
func (t *Trainer) evaluate(emit func(Event)) error {
	for i, c := range t.evals {
		if len(c.examples) == 0 {
			continue
		}
		s := model.NewScoring(t.model.Heads.Tasks)
		for _, run := range data.Cut(c.examples, data.Order(len(c.examples), 0, false, 0), t.settings.BatchTokens) {
			b := data.Pack(c.examples, run)
			rows := make([][][]float32, len(t.model.Heads.Tasks)) // counted only when all of the batch has come
			err := t.again(func() error {
				t.tape.Reset()
				t.tape.Training = false
				return model.ReadLogits(t.ops, t.logits(c, b), func(i, task int, row []float32) { rows[task] = append(rows[task][:i], row) })
			})
			if err != nil {
				return err
			}
			for task := range rows {
				for i, row := range rows[task] {
					s.Add(task, b.Labels[task][i], row)
				}
			}
		}
		scores := s.Finish()
		emit(EvalEvent{Event: "eval", Step: t.done, Epoch: t.epoch(), Set: c.name, Tasks: scores})
		if i == 0 && t.best != nil && t.done > 0 {
			t.consider(scores)
		}
	}
	t.scored = t.done
	return nil
}
