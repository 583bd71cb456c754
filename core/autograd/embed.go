package autograd

import "thaw/core/backend"

// Lookup is one table and the rows of it that a batch needs. Sorted is only read if the table is thawed.
type Lookup struct {
	Table  *Var           // [V, H]
	IDs    backend.Buffer // [T]
	Sorted backend.Sorted
}

// Embed returns the sum of the looked-up rows of several tables, [T, H] (torch.nn.Embedding).
//
//	dtable[id] += Σ dy over the tokens with that id
func Embed(t *Tape, tables ...Lookup) *Var {
	h, rows := tables[0].Table.cols, tables[0].IDs.Len()
	in := make([]*Var, len(tables))
	for i, l := range tables {
		in[i] = l.Table
	}
	y := t.newVar(rows, h, in...)
	for i, l := range tables {
		t.ops.Embed(y.val, l.Table.val, l.IDs, h, i > 0)
	}
	t.onBackward(y, func() {
		for _, l := range tables {
			if g := l.Table.whole(); g != nil {
				t.ops.EmbedGrad(g, y.Grad(), l.Sorted, h)
			}
		}
	}, in...)
	return y
}
