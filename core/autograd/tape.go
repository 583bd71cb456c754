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
	rules  []func()

	// Training switches dropout on.
	Training bool
	// Seed and Step key the dropout of this pass; Step has the micro-batch in it.
	Seed uint64
	Step uint32
}

// slots is memory of one kind. Keep changes the order of a pass; made is the order in which every pass begins, so that
// equal passes ask each slot for the same sizes.
type slots struct {
	made, order []*slot
	next        int
}

type slot struct{ buf backend.Buffer }

// NewTape returns an empty tape on a device.
func NewTape(ops backend.Backend) *Tape { return &Tape{ops: ops} }

// Ops is the device.
func (t *Tape) Ops() backend.Backend { return t.ops }

// Reset forgets the pass. Vars made before are not used afterwards.
func (t *Tape) Reset() {
	for _, s := range []*slots{&t.floats, &t.ints} {
		copy(s.order, s.made)
		s.next = 0
	}
	t.rules = t.rules[:0]
}

// Free gives the slots' memory back.
func (t *Tape) Free() {
	for _, s := range t.all() {
		t.ops.Free(s.buf)
	}
	t.floats, t.ints, t.rules = slots{}, slots{}, nil
}

// Bytes is the memory of the slots.
func (t *Tape) Bytes() (n int64) {
	for _, s := range t.all() {
		n += 4 * int64(s.buf.Len())
	}
	return n
}

func (t *Tape) all() []*slot { return slices.Concat(t.floats.made, t.ints.made) }

// Backward runs the rules, last first. The losses have set the gradients it starts from.
func (t *Tape) Backward() {
	for i := len(t.rules) - 1; i >= 0; i-- {
		t.rules[i]()
	}
	t.rules = t.rules[:0]
}

// Floats returns n float32 of this pass, which hold anything.
func (t *Tape) Floats(n int) backend.Buffer { return t.floats.take(t.ops, n, t.ops.Alloc) }

// Ints returns a copy of src on the device.
func (t *Tape) Ints(src []int32) backend.Buffer {
	b := t.ints.take(t.ops, len(src), t.ops.AllocInts)
	t.ops.WriteInts(b, src)
	return b
}

// take is n elements of the next slot. A slot that is too small is replaced, with some room so that batches of about one
// size do not replace it each time.
func (s *slots) take(ops backend.Backend, n int, alloc func(int) backend.Buffer) backend.Buffer {
	if s.next == len(s.order) {
		fresh := &slot{buf: alloc(n + n/8)}
		s.made, s.order = append(s.made, fresh), append(s.order, fresh)
	}
	at := s.order[s.next]
	s.next++
	if at.buf.Len() < n {
		ops.Free(at.buf)
		at.buf = alloc(n + n/8)
	}
	if at.buf.Len() == n {
		return at.buf
	}
	return at.buf.View(0, n)
}

// Mark is a place on the tape to go back to with Keep.
func (t *Tape) Mark() int { return t.floats.next }

// Keep gives the slots of floats since mark free again, except v's. It may only be called where nothing recorded since mark
// has a rule: below the thawed layers and in inference, where a layer then needs no more memory than one.
func (t *Tape) Keep(mark int, v *Var) {
	if s := &t.floats; !v.needs && mark <= v.slot && v.slot < s.next {
		s.order[mark], s.order[v.slot] = s.order[v.slot], s.order[mark]
		v.slot, s.next = mark, mark+1
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
	v := &Var{tape: t, rows: rows, cols: cols, slot: t.floats.next}
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
