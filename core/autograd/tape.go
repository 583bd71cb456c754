// Package autograd records operations on a tape and differentiates them in reverse. Each operation is one file, forward
// above backward; a rule is kept only if its input needs a gradient, so what lies below the lowest thawed tensor is never
// differentiated and a frozen weight costs no second product.
package autograd

import (
	"slices"

	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// Tape holds the values of one pass through the network and the rules of the way back. Values live in slots that the
// next pass uses again, so a step allocates nothing once the largest batch has been seen.
type Tape struct {
	ops    backend.Backend
	floats slots
	ints   slots
	rules  []rule
	spare  []*slot // of the rule that runs

	// Training switches dropout on.
	Training bool
	// NoGrad takes every parameter for frozen, as torch.no_grad does: no rule is kept, and Keep gives free what lies below.
	NoGrad bool
	// Seed and Step key the dropout of this pass; Step has the micro-batch in it.
	Seed uint64
	Step uint32
}

// rule is the way back of y.
type rule struct {
	y    *Var
	back func()
}

// NewTape returns an empty tape on a device.
func NewTape(ops backend.Backend) *Tape {
	return &Tape{ops: ops, floats: newSlots(ops.Alloc, ops.Free), ints: newSlots(ops.AllocInts, ops.Free)}
}

// Ops is the device.
func (t *Tape) Ops() backend.Backend { return t.ops }

// Reset forgets the pass. Vars made before are not used afterwards.
func (t *Tape) Reset() {
	t.floats.reset()
	t.ints.reset()
	clear(t.rules)
	t.rules = t.rules[:0]
}

// Free gives the slots' memory back.
func (t *Tape) Free() {
	t.Reset()
	t.floats.drop()
	t.ints.drop()
}

// Expect says how many rows the largest pass to come has, so that its slots need not grow.
func (t *Tape) Expect(rows int) { t.floats.rows = rows }

// Bytes is the memory of the slots.
func (t *Tape) Bytes() int64 { return t.floats.bytes() + t.ints.bytes() }

// Backward runs the rules, last first. The losses have set the gradients it starts from. Once the rule of a value has run,
// nothing asks for the value's gradient any more, and the gradients below use its memory again.
func (t *Tape) Backward() {
	for i := len(t.rules) - 1; i >= 0; i-- {
		r := t.rules[i]
		r.back()
		t.floats.release(r.y.gradSlot)
		r.y.gradSlot, r.y.grad = nil, nil
		for _, s := range t.spare {
			t.floats.release(s)
		}
		t.spare = t.spare[:0]
	}
	clear(t.rules)
	t.rules = t.rules[:0]
}

// Floats returns [rows, cols] float32 of this pass, which hold anything.
func (t *Tape) Floats(rows, cols int) backend.Buffer {
	b, _ := t.floats.take(rows, cols)
	return b
}

// temporary is Floats for the rule that runs, and no longer.
func (t *Tape) temporary(rows, cols int) (backend.Buffer, *slot) {
	b, s := t.floats.take(rows, cols)
	t.spare = append(t.spare, s)
	return b, s
}

// Ints returns a copy of src on the device.
func (t *Tape) Ints(src []int32) backend.Buffer {
	b, _ := t.ints.take(len(src), 1)
	t.ops.WriteInts(b, src)
	return b
}

// Mark is a place on the tape to go back to with Keep.
func (t *Tape) Mark() int { return len(t.floats.taken) }

// Keep gives the slots of floats since mark free again, except v's. It may only be called where nothing recorded since mark
// has a rule: below the thawed layers and in inference, where a layer then needs no more memory than one.
func (t *Tape) Keep(mark int, v *Var) {
	s := &t.floats
	if v.needs || v.slot < mark || v.slot >= len(s.taken) {
		return
	}
	for _, other := range s.taken[mark:] {
		if other != v.mem {
			s.release(other)
		}
	}
	s.taken = append(s.taken[:mark], v.mem)
	v.slot = mark
}

// Drop is dropout with probability p at a site of the network: none in inference.
func (t *Tape) Drop(p float64, site uint32) kernel.Drop {
	if !t.Training {
		return kernel.Drop{}
	}
	return kernel.NewDrop(p, kernel.Key(t.Seed, t.Step, site))
}

// Var is a matrix on the tape.
type Var struct {
	tape       *Tape
	val, grad  backend.Buffer
	rows, cols int
	slot       int   // when val was taken in this pass, -1 for a value from outside
	mem        *slot // where val lives, nil for a value from outside
	gradSlot   *slot // where grad lives, nil if outside the tape
	needs      bool
	read       bool           // a rule reads val
	uses       int            // operations it is an input of
	slope      backend.Buffer // of the output of Gelu, its input: see sumSloped
	sloped     bool           // grad is of that input already
	parts      []Part         // of a parameter
}

// Rows is the number of rows.
func (v *Var) Rows() int { return v.rows }

// Cols is the number of columns.
func (v *Var) Cols() int { return v.cols }

// Value is the elements.
func (v *Var) Value() backend.Buffer { return v.val }

// NeedsGrad says whether anything thawed lies below v.
func (v *Var) NeedsGrad() bool { return v.needs }

// Grad is the gradient, zeros at first. It is asked for only where NeedsGrad.
func (v *Var) Grad() backend.Buffer {
	if g, then := v.sum(); then == kernel.Store {
		v.tape.ops.Fill(g, 0)
	}
	return v.grad
}

// sum is where the gradient is added up, and whether what comes is the first term and is stored, or is added.
func (v *Var) sum() (backend.Buffer, kernel.Epilogue) {
	if v.grad != nil {
		return v.grad, kernel.Accumulate
	}
	v.grad, v.gradSlot = v.tape.floats.take(v.rows, v.cols)
	return v.grad, kernel.Store
}

// sumSloped is sum for a product, which can take the step back through Gelu along: where v is the output of one and has no other
// use, what is stored is the gradient of Gelu's input, and the buffer is that input. It is nil otherwise.
func (v *Var) sumSloped() (g backend.Buffer, then kernel.Epilogue, u backend.Buffer) {
	g, then = v.sum()
	if v.slope == nil || v.uses != 1 || then != kernel.Store {
		return g, then, nil
	}
	v.sloped = true
	return g, kernel.GeluSlope, v.slope
}

// inherit makes a rule's temporary the gradient of v, which has none yet.
func (v *Var) inherit(b backend.Buffer, s *slot) {
	t := v.tape
	t.spare = slices.DeleteFunc(t.spare, func(o *slot) bool { return o == s })
	v.grad, v.gradSlot = b, s
}

// consume gives v's memory to what comes next, if v lives on the tape and no rule reads it.
func (v *Var) consume() {
	if v.mem != nil && !v.read {
		v.tape.floats.release(v.mem)
		v.mem, v.val = nil, nil
	}
}

// newVar is a value of this pass.
func (t *Tape) newVar(rows, cols int, inputs ...*Var) *Var {
	v := &Var{tape: t, rows: rows, cols: cols, slot: t.Mark()}
	v.val, v.mem = t.floats.take(rows, cols)
	for _, in := range inputs {
		if in != nil {
			v.needs = v.needs || in.needs
			in.uses++
		}
	}
	return v
}

// onBackward keeps the rule of y if one of the inputs needs a gradient.
func (t *Tape) onBackward(y *Var, back func(), inputs ...*Var) {
	for _, in := range inputs {
		if in != nil && in.needs {
			t.rules = append(t.rules, rule{y, back})
			return
		}
	}
}

// Constant is a value from outside, without a gradient.
func (t *Tape) Constant(val backend.Buffer, rows, cols int) *Var {
	tensor.Must("autograd.Constant", tensor.Shape{val.Len()}, tensor.Shape{rows * cols})
	return &Var{tape: t, val: val, rows: rows, cols: cols, slot: -1}
}

// Space is a value of this pass that the caller fills, without a gradient.
func (t *Tape) Space(rows, cols int) *Var { return t.newVar(rows, cols) }

// Input is a value from outside whose gradient is wanted; tests differentiate by it.
func (t *Tape) Input(val, grad backend.Buffer, rows, cols int) *Var {
	v := t.Constant(val, rows, cols)
	v.grad, v.needs = grad, true
	return v
}

// Part is a run of a parameter's rows with a gradient of its own.
type Part struct {
	From, Rows int
	Grad       backend.Buffer
	// First says whether what comes now is the first term, and Grad holds anything; the next is not. Without it every term is added.
	First func() bool
}

// sum is where the part's gradient is added up, and whether what comes is the first term and is stored, or is added.
func (p Part) sum() (backend.Buffer, kernel.Epilogue) {
	if p.First != nil && p.First() {
		return p.Grad, kernel.Store
	}
	return p.Grad, kernel.Accumulate
}

// Param is a parameter [rows, cols], one of a single axis being [n, 1]. Its gradient lies in parts, of which only the thawed are given: one for the whole of
// an ordinary parameter, up to three for the joint weight of q, k and v, none if it is frozen.
func (t *Tape) Param(val backend.Buffer, rows, cols int, parts ...Part) *Var {
	v := t.Constant(val, rows, cols)
	if !t.NoGrad {
		v.parts, v.needs = parts, len(parts) > 0
	}
	return v
}

// whole is the gradient of a parameter that has it in one piece, nil if it is frozen.
func (v *Var) whole() backend.Buffer {
	if len(v.parts) == 0 {
		return nil
	}
	tensor.Must("autograd: gradient of a parameter", tensor.Shape{v.parts[0].Rows}, tensor.Shape{v.rows})
	return v.parts[0].Grad
}

// Tape is where v was recorded.
func (v *Var) Tape() *Tape { return v.tape }

// Slot is the number of v's memory on the tape, -1 for a value from outside.
func (v *Var) Slot() int { return v.slot }
