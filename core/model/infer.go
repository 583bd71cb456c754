package model

import (
	"fmt"
	"math"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/nn"
	"thaw/core/report"
	"thaw/core/tensor"
)

// inferTokens is the budget of one pass of answers.
const inferTokens = 2048

// Pool says what Encode returns of a text.
type Pool string

const (
	PoolNone  Pool = "none"  // every token's hidden state, [T, H]
	PoolFirst Pool = "first" // the first token's, [H]
	PoolMean  Pool = "mean"  // the mean over all tokens, special ones included, not normalised, [H]
)

// Answer is what one head says of a text.
type Answer struct {
	Label  string             `json:"label"`
	Scores map[string]float64 `json:"scores"` // softmax, by label
}

// Prediction is the answer of each task.
type Prediction map[string]Answer

// Predict classifies texts, each cut to maxLength tokens.
func (m *Model) Predict(texts []string, maxLength int) ([]Prediction, error) {
	if m.Heads == nil {
		return nil, fmt.Errorf("predict: the model has no task heads yet; train it first")
	}
	out := make([]Prediction, len(texts))
	err := m.logits(m.examples(texts, maxLength), func(i, task int, row []float32) {
		if out[i] == nil {
			out[i] = Prediction{}
		}
		t := m.Heads.Tasks[task]
		a := Answer{Label: t.Labels[report.Best(row)], Scores: map[string]float64{}}
		for j, p := range softmax(row) {
			a.Scores[t.Labels[j]] = p
		}
		out[i][t.Name] = a
	})
	return out, err
}

// Evaluate scores the model on labelled records, which are checked first.
func (m *Model) Evaluate(records []data.Record, maxLength int) (map[string]report.Scores, error) {
	if m.Heads == nil {
		return nil, fmt.Errorf("evaluate: the model has no task heads yet; train it first")
	}
	if err := data.Check(m.Heads.Tasks, records); err != nil {
		return nil, err
	}
	ex, _ := data.Examples(m.Tokenizer, m.Heads.Tasks, records, m.length(maxLength))
	s := NewScoring(m.Heads.Tasks)
	err := m.logits(ex, func(i, task int, row []float32) { s.Add(task, ex[i].Labels[task], row) })
	return s.Finish(), err
}

// Embeddings returns the mean-pooled last hidden states of the records' texts, [n, H], each text cut to maxLength tokens.
func (m *Model) Embeddings(records []data.Record, maxLength int) (*tensor.Tensor, error) {
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = r.Text
	}
	rows, err := m.Encode(texts, PoolMean, maxLength)
	if err != nil {
		return nil, err
	}
	x := tensor.New(len(rows), m.Encoder.Config.Hidden)
	for i, row := range rows {
		copy(x.Row(i), row.Data)
	}
	return x, nil
}

// Encode returns hidden states of texts, each cut to maxLength tokens.
func (m *Model) Encode(texts []string, pool Pool, maxLength int) ([]*tensor.Tensor, error) {
	if pool != PoolNone && pool != PoolFirst && pool != PoolMean {
		return nil, fmt.Errorf("pool %q is unknown, want none, first or mean", pool)
	}
	ex, out := m.examples(texts, maxLength), make([]*tensor.Tensor, len(texts))
	h := m.Encoder.Config.Hidden
	err := m.batches(ex, func(b data.Batch, x *autograd.Var) error {
		if pool != PoolNone {
			x = autograd.Pool(x, m.tape.Ints(b.Offsets), pool == PoolMean)
		}
		all := tensor.New(x.Rows(), h)
		if err := m.tape.Ops().Read(all.Data, x.Value()); err != nil {
			return err
		}
		for i, j := range b.Index {
			if pool == PoolNone {
				lo, hi := int(b.Offsets[i]), int(b.Offsets[i+1])
				out[j] = &tensor.Tensor{Shape: tensor.Shape{hi - lo, h}, Data: all.Data[lo*h : hi*h]}
			} else {
				out[j] = &tensor.Tensor{Shape: tensor.Shape{h}, Data: all.Row(i)}
			}
		}
		return nil
	})
	return out, err
}

// length is a limit of tokens that the encoder can hold.
func (m *Model) length(maxLength int) int {
	if p := m.Encoder.Config.Positions; maxLength <= 0 || maxLength > p {
		return p
	}
	return maxLength
}

func (m *Model) examples(texts []string, maxLength int) []data.Example {
	ex := make([]data.Example, len(texts))
	for i, s := range texts {
		ex[i].IDs = m.Tokenizer.Encode(s, m.length(maxLength)).IDs
	}
	return ex
}

// batches runs the encoder over all examples, a budget of tokens at a time.
func (m *Model) batches(ex []data.Example, each func(b data.Batch, hidden *autograd.Var) error) error {
	for _, index := range data.Cut(ex, data.Order(len(ex), 0, false, 0), inferTokens) {
		b := data.Pack(ex, index)
		m.tape.Reset()
		x := m.Encoder.Forward(m.tape, nn.Batch{IDs: b.IDs, Offsets: b.Offsets}, nil, 0, m.Encoder.Stages())
		if err := each(b, x); err != nil {
			return err
		}
	}
	return nil
}

// logits calls each with every example's logits of every task.
func (m *Model) logits(ex []data.Example, each func(i, task int, row []float32)) error {
	return m.batches(ex, func(b data.Batch, x *autograd.Var) error {
		pooled := m.Heads.Pool(x, m.tape.Ints(b.Offsets))
		return ReadLogits(m.tape.Ops(), m.Heads.Logits(pooled), func(i, task int, row []float32) { each(b.Index[i], task, row) })
	})
}

// ReadLogits reads logits [B, C] of each task and calls each with every row.
func ReadLogits(ops backend.Backend, logits []*autograd.Var, each func(i, task int, row []float32)) error {
	for task, l := range logits {
		rows := tensor.New(l.Rows(), l.Cols())
		if err := ops.Read(rows.Data, l.Value()); err != nil {
			return err
		}
		for i := range l.Rows() {
			each(i, task, rows.Row(i))
		}
	}
	return nil
}

func softmax(row []float32) []float64 {
	top := row[report.Best(row)]
	p, sum := make([]float64, len(row)), 0.0
	for i, e := range row {
		p[i] = math.Exp(float64(e) - float64(top))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
