package bridge

import (
	"encoding/binary"
	"math"

	"thaw/core/model"
	"thaw/core/train"
)

// defaultLength is the limit of tokens where a question has none, that of training.
const defaultLength = 128

func length(n int) int {
	if n <= 0 {
		return defaultLength
	}
	return n
}

func (s *session) predict(a *Predict) (any, error) {
	if s.model == nil {
		return nil, notLoaded("predicting")
	}
	p, err := s.model.Predict(a.Texts, length(a.MaxLength))
	return Predictions{p}, err
}

func (s *session) evaluate(a *Evaluate) (any, error) {
	if s.model == nil {
		return nil, notLoaded("evaluating")
	}
	if s.model.Heads == nil {
		return nil, fault("state", "Train first.", "the model has no task heads yet")
	}
	records, err := a.Data.records(&s.words, tasksOf(s.model.Heads.Tasks))
	if err != nil {
		return nil, err
	}
	tasks := s.model.Heads.Tasks
	records = only(tasks, records, false)
	if err := checked(tasks, train.Data{Evals: []train.Set{{Name: "evaluation", Records: records}}}); err != nil {
		return nil, err
	}
	scores, err := s.model.Evaluate(records, length(a.MaxLength))
	return Evaluated{scores}, err
}

func (s *session) encode(a *Encode) (any, [][]byte, error) {
	if s.model == nil {
		return nil, nil, notLoaded("encoding")
	}
	if a.Pool == "" {
		a.Pool = model.PoolMean
	}
	tensors, err := s.model.Encode(a.Texts, a.Pool, length(a.MaxLength))
	if err != nil {
		return nil, nil, err
	}
	reply, bytes := Encoded{}, make([][]byte, len(tensors))
	for i, t := range tensors {
		reply.Shapes = append(reply.Shapes, t.Shape)
		for _, v := range t.Data {
			bytes[i] = binary.LittleEndian.AppendUint32(bytes[i], math.Float32bits(v))
		}
	}
	return reply, bytes, nil
}
