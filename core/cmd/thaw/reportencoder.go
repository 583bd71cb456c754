package main

import (
	"fmt"
	"slices"
	"strings"

	"thaw/core/autograd"
	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/model"
	"thaw/core/nn"
	"thaw/core/report"
	"thaw/core/tensor"
)

// layerReport is how far the weights of a layer have moved, laid end to end, and each of its tensors.
type layerReport struct {
	Layer string `json:"layer"` // "embeddings", "layer.0", "pooler"
	report.Change
	Tensors []tensorReport `json:"tensors"`
}

type tensorReport struct {
	Name string `json:"name"`
	report.Change
}

// stageReport is how alike the mean-pooled hidden states behind a stage are before and after training.
type stageReport struct {
	Stage string  `json:"stage"` // "embeddings", "layer.0"
	N     int     `json:"n"`     // sentences
	CKA   float64 `json:"cka"`   // linear, 0 to 1
}

// pictureReport is sentences in the plane in which their mean-pooled last hidden states vary most. Where the origin is
// known Before has the same sentences on its encoder, in the same plane.
type pictureReport struct {
	Explained []float64 `json:"explained"` // share of the variance
	Points    []point   `json:"points"`
}

type point struct {
	Text   string            `json:"text"`
	Labels map[string]string `json:"labels"`
	After  []float32         `json:"after"`
	Before []float32         `json:"before,omitempty"`
}

// sameShapes says where two encoders differ in their tensors.
func sameShapes(a, b *model.Model) error {
	for _, p := range backbone(a) {
		q, ok := b.Params.Lookup(p.Name)
		if !ok || !slices.Equal(p.Shape, q.Shape) {
			return fmt.Errorf("their tensors %s differ in shape, or one has none", p.Name)
		}
	}
	if len(backbone(a)) != len(backbone(b)) || a.Tokenizer.VocabSize() != b.Tokenizer.VocabSize() {
		return fmt.Errorf("they have %d and %d tensors, %d and %d tokens", len(backbone(a)), len(backbone(b)), a.Tokenizer.VocabSize(), b.Tokenizer.VocabSize())
	}
	return nil
}

// backbone is the parameters that are no head's.
func backbone(m *model.Model) (list []*nn.Param) {
	for _, p := range m.Params.Params() {
		if !strings.HasPrefix(p.Group, "heads.") {
			list = append(list, p)
		}
	}
	return list
}

// drifts compares the weights of each layer.
func drifts(origin, m *model.Model) (list []layerReport, err error) {
	var before, after []float32 // of the layer at hand
	params := backbone(origin)
	for i, p := range params {
		if i == 0 || p.Group != params[i-1].Group {
			list = append(list, layerReport{Layer: p.Group})
			before, after = before[:0], after[:0]
		}
		q, _ := m.Params.Lookup(p.Name)
		at := len(before)
		if before, err = appendValues(before, origin, p); err != nil {
			return nil, err
		}
		if after, err = appendValues(after, m, q); err != nil {
			return nil, err
		}
		l := &list[len(list)-1]
		l.Tensors = append(l.Tensors, tensorReport{p.Name, report.Drift(before[at:], after[at:])})
		if i+1 == len(params) || params[i+1].Group != p.Group {
			l.Change = report.Drift(before, after)
		}
	}
	return list, nil
}

// appendValues reads a parameter behind what is there.
func appendValues(to []float32, m *model.Model, p *nn.Param) ([]float32, error) {
	at := len(to)
	to = slices.Grow(to, p.Size())[:at+p.Size()]
	return to, m.Params.Ops().Read(to[at:], p.Value)
}

// alignments compares the hidden states behind each stage.
func alignments(origin, m *model.Model, records []data.Record, limit int) ([]stageReport, error) {
	before, err := stages(origin, records, limit)
	if err != nil {
		return nil, err
	}
	after, err := stages(m, records, limit)
	if err != nil {
		return nil, err
	}
	list := make([]stageReport, len(after))
	for i := range list {
		list[i] = stageReport{Stage: "embeddings", N: len(records)}
		if i > 0 {
			list[i].Stage = encoder.LayerGroup(i - 1)
		}
		if list[i].CKA, err = report.CKA(before[i], after[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].Stage, err)
		}
	}
	return list, nil
}

// stageTokens is the most tokens at once.
const stageTokens = 2048

// stages is the mean over each sentence's hidden states behind each stage, [n, H].
func stages(m *model.Model, records []data.Record, limit int) ([]*tensor.Tensor, error) {
	e, ops := m.Encoder, m.Params.Ops()
	h := e.Config.Hidden
	out := make([]*tensor.Tensor, e.Stages())
	for i := range out {
		out[i] = tensor.New(len(records), h)
	}
	if most := e.Config.Positions; limit < 1 || limit > most {
		limit = most
	}
	tape := autograd.NewTape(ops)
	defer tape.Free()
	ex, _ := data.Examples(m.Tokenizer, nil, records, limit)
	for _, run := range data.Cut(ex, data.Order(len(ex), 0, false, 0), stageTokens) {
		tape.Reset()
		b := data.Pack(ex, run)
		var x *autograd.Var
		for i := range out {
			x = e.Forward(tape, nn.Batch{IDs: b.IDs, Offsets: b.Offsets}, x, i, i+1)
			pooled := autograd.Pool(x, tape.Ints(b.Offsets), true)
			if err := ops.Read(out[i].Data[run[0]*h:(run[0]+len(run))*h], pooled.Value()); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// picture finds the plane of the model's own sentences and shows there where they were before.
func picture(origin, m *model.Model, records []data.Record, limit int) (*pictureReport, error) {
	after, err := m.Embeddings(records, limit)
	if err != nil {
		return nil, err
	}
	p, err := report.PCA(after, 2)
	if err != nil {
		return nil, err
	}
	r := &pictureReport{Explained: p.Explained}
	places := p.Project(after)
	for i, record := range records {
		r.Points = append(r.Points, point{Text: record.Text, Labels: record.Labels, After: places.Row(i)})
	}
	if origin == nil {
		return r, nil
	}
	before, err := origin.Embeddings(records, limit)
	if err != nil {
		return nil, err
	}
	places = p.Project(before)
	for i := range r.Points {
		r.Points[i].Before = places.Row(i)
	}
	return r, nil
}
