package nn

import (
	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/kernel"
)

// Linear is y = x Wᵀ + b (torch.nn.Linear). Weight and Bias are one tensor each, or three for q, k and v, which lie side
// by side in their arena and make one product.
type Linear struct {
	Weight, Bias []*Param // [out, in] and [out] each
}

// NewLinear declares the weights, then the biases, of layers with the given prefixes, each [out, in].
func NewLinear(s *Set, group string, in, out int, prefixes ...string) *Linear {
	l := &Linear{}
	for _, p := range prefixes {
		w := s.Add(group, p+".weight", out, in)
		w.product = true
		l.Weight = append(l.Weight, w)
	}
	for _, p := range prefixes {
		l.Bias = append(l.Bias, s.Add(group, p+".bias", out))
	}
	return l
}

// Forward is [T, in] to [T, out].
func (l *Linear) Forward(s *Set, x *autograd.Var) *autograd.Var {
	return autograd.Linear(x, joint(s, x.Tape(), l.Weight), joint(s, x.Tape(), l.Bias))
}

// ForwardGelu is Forward with Gelu behind it.
func (l *Linear) ForwardGelu(s *Set, x *autograd.Var) *autograd.Var {
	return autograd.LinearGelu(x, joint(s, x.Tape(), l.Weight), joint(s, x.Tape(), l.Bias))
}

// Thawed says whether any tensor of the layer trains.
func (l *Linear) Thawed() bool { return anyThawed(l.Weight...) || anyThawed(l.Bias...) }

// Embedding is a table [V, H] (torch.nn.Embedding).
type Embedding struct{ Weight *Param }

// NewEmbedding declares a table.
func NewEmbedding(s *Set, group, prefix string, rows, width int) *Embedding {
	return &Embedding{Weight: s.Add(group, prefix+".weight", rows, width)}
}

// LayerNorm normalises rows (torch.nn.LayerNorm).
type LayerNorm struct {
	Weight, Bias *Param
	Eps          float64
}

// NewLayerNorm declares weight and bias of width h.
func NewLayerNorm(s *Set, group, prefix string, h int, eps float64) *LayerNorm {
	return &LayerNorm{Weight: s.Add(group, prefix+".weight", h), Bias: s.Add(group, prefix+".bias", h), Eps: eps}
}

// Forward is the norm of residual + dropout(x), x nil for none.
func (l *LayerNorm) Forward(s *Set, residual, x *autograd.Var, d kernel.Drop) *autograd.Var {
	t := residual.Tape()
	return autograd.LayerNorm(residual, x, joint(s, t, []*Param{l.Weight}), joint(s, t, []*Param{l.Bias}), l.Eps, d)
}

// Thawed says whether weight or bias trains.
func (l *LayerNorm) Thawed() bool { return anyThawed(l.Weight, l.Bias) }

// Lookup is the table's part in an autograd.Embed.
func (e *Embedding) Lookup(s *Set, t *autograd.Tape, ids backend.Buffer, sorted func() backend.Sorted) autograd.Lookup {
	l := autograd.Lookup{Table: joint(s, t, []*Param{e.Weight}), IDs: ids}
	if e.Weight.Thawed() {
		l.Sorted = sorted()
	}
	return l
}

func anyThawed(ps ...*Param) bool {
	for _, p := range ps {
		if p.Thawed() {
			return true
		}
	}
	return false
}

// joint is the tensors, which lie side by side, as one variable. If all are thawed their gradients lie side by side too
// and are one part; otherwise each thawed tensor is a part, so that it gets one product of its own.
func joint(s *Set, t *autograd.Tape, ps []*Param) *autograd.Var {
	a, first, last := s.arena(ps[0].Group), ps[0], ps[len(ps)-1]
	rows, cols := 0, 1
	if len(first.Shape) == 2 {
		cols = first.Shape[1]
	}
	var parts []autograd.Part
	for _, p := range ps {
		if p.Thawed() {
			parts = append(parts, autograd.Part{From: rows, Rows: p.Shape[0], Grad: p.Grad, First: firstOf(p)})
		}
		rows += p.Shape[0]
	}
	if len(ps) == 1 {
		return t.Param(first.Value, rows, cols, parts...)
	}
	if len(parts) == len(ps) {
		whole := a.G.View(first.grad, last.grad+last.Size()-first.grad)
		parts = []autograd.Part{{Rows: rows, Grad: whole, First: firstOf(ps...)}}
	}
	return t.Param(a.joined(first, last), rows, cols, parts...)
}

// firstOf asks once whether nothing has come to the gradients of the tensors since BeginGrads.
func firstOf(ps ...*Param) func() bool {
	return func() bool {
		first := ps[0].first
		for _, p := range ps {
			p.first = false
		}
		return first
	}
}

// joined is the values from first to last, one buffer for ever, so that a device can keep what it makes of it.
func (a *Arena) joined(first, last *Param) backend.Buffer {
	if a.views == nil {
		a.views = map[*Param]backend.Buffer{}
	}
	if a.views[first] == nil {
		a.views[first] = a.P.View(first.at, last.at+last.Size()-first.at)
	}
	return a.views[first]
}
