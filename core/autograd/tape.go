// Package autograd records operations on a tape and differentiates them in reverse. Each operation is one file, forward
// above backward; a rule is kept only if its input needs a gradient, so what lies below the lowest thawed tensor is never
// differentiated and a frozen weight costs no second product.
package autograd

import (
	"thaw/core/backend"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// Tape holds the values of one pass through the network and the rules of the way back. Values live in slots that the
// next pass uses again, so a step allocates nothing once the largest batch has been seen.
type Tape struct {
	ops   backend.Backend
	slots []slot
	next  int
	rules []func()

	// Training switches dropout on.
	Training bool
	// Seed and Step key the dropout of this pass; Step has the micro-batch in it.
	Seed uint64
	Step uint32
}

type slot struct {
	buf  backend.Buffer
	ints bool
}

// NewTape returns an empty tape on a device.
func NewTape(ops backend.Backend) *Tape { return &Tape{ops: ops} }

// Ops is the device.
func (t *Tape) Ops() backend.Backend { return t.ops }

// Reset forgets the pass. Vars made before are not used afterwards.
func (t *Tape) Reset() {
	t.next = 0
	t.rules = t.rules[:0]
}

// Free gives the slots' memory back.
func (t *Tape) Free() {
	for _, s := range t.slots {
		t.ops.Free(s.buf)
	}
	t.slots, t.next, t.rules = nil, 0, nil
}

// Bytes is the memory of the slots.
func (t *Tape) Bytes() (n int64) {
	for _, s := range t.slots {
		n += 4 * int64(s.buf.Len())
	}
	return n
}

// Backward runs the rules, last first. The losses have set the gradients it starts from.
func (t *Tape) Backward() {
	for i := len(t.rules) - 1; i >= 0; i-- {
		t.rules[i]()
	}
	t.rules = t.rules[:0]
}

// Floats returns n float32 of this pass, which hold anything.
func (t *Tape) Floats(n int) backend.Buffer { return t.slot(n, false) }

// Ints returns a copy of src on the device.
func (t *Tape) Ints(src []int32) backend.Buffer {
	b := t.slot(len(src), true)
	t.ops.WriteInts(b, src)
	return b
}

func (t *Tape) slot(n int, ints bool) backend.Buffer {
	if t.next == len(t.slots) {
		t.slots = append(t.slots, slot{})
	}
	s := &t.slots[t.next]
	t.next++
	if s.buf == nil || s.ints != ints || s.buf.Len() < n {
		t.replace(s, n, ints)
	}
	if s.buf.Len() == n {
		return s.buf
	}
	return s.buf.View(0, n)
}

// replace makes a slot of another kind or a larger one, with some room so that batches of about one size do not
// replace it each time.
func (t *Tape) replace(s *slot, n int, ints bool) {
	if s.buf != nil {
		t.ops.Free(s.buf)
	}
	s.ints = ints
	if ints {
		s.buf = t.ops.AllocInts(n + n/8)
	} else {
		s.buf = t.ops.Alloc(n + n/8)
	}
}

// Mark is a place on the tape to go back to with Keep.
func (t *Tape) Mark() int { return t.next }

// Keep gives the slots since mark free again, except v's. It may only be called where nothing recorded since mark has a
// rule: below the thawed layers and in inference, where a layer then needs no more memory than one.
func (t *Tape) Keep(mark int, v *Var) {
	if v.needs || t.next <= mark {
		return
	}
	for i := mark; i < t.next; i++ {
		if i == v.slot {
			t.slots[mark], t.slots[i] = t.slots[i], t.slots[mark]
			v.slot = mark
			t.next = mark + 1
			return
		}
	}
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
	slot       int
	needs      bool
	parts      []Part // of a parameter
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
	if v.grad == nil {
		v.grad = v.tape.Floats(v.rows * v.cols)
		v.tape.ops.Fill(v.grad, 0)
	}
	return v.grad
}

// newVar is a value of this pass.
func (t *Tape) newVar(rows, cols int, inputs ...*Var) *Var {
	v := &Var{tape: t, rows: rows, cols: cols, slot: t.next}
	v.val = t.Floats(rows * cols)
	for _, in := range inputs {
		v.needs = v.needs || in != nil && in.needs
	}
	return v
}

// onBackward keeps a rule of y if one of the inputs needs a gradient.
func (t *Tape) onBackward(rule func(), inputs ...*Var) {
	for _, in := range inputs {
		if in != nil && in.needs {
			t.rules = append(t.rules, rule)
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
}

// Param is a parameter [rows, cols], one of a single axis being [n, 1]. Its gradient lies in parts, of which only the thawed are given: one for the whole of
// an ordinary parameter, up to three for the joint weight of q, k and v, none if it is frozen.
func (t *Tape) Param(val backend.Buffer, rows, cols int, parts ...Part) *Var {
	v := t.Constant(val, rows, cols)
	v.parts, v.needs = parts, len(parts) > 0
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
