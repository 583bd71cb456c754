package autograd_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/autograd"
	"thaw/core/kernel"
	"thaw/core/tensor"
)

// TestSlotsDoNotGrow repeats a training pass: after the first one nothing is allocated and the tape keeps its size.
func TestSlotsDoNotGrow(t *testing.T) {
	s := newSmall()
	step := func() {
		y := s.forward(qkvW, downW)
		s.ops.Write(y.Grad(), make([]float32, 3*hidden))
		s.tape.Backward()
	}
	step()
	before := s.tape.Bytes()
	s.ops.reset()
	for range 3 {
		step()
	}
	if s.ops.allocs > 0 || s.tape.Bytes() != before {
		t.Errorf("three more passes allocated %d buffers; %d bytes became %d", s.ops.allocs, before, s.tape.Bytes())
	}
	s.tape.Free()
	if s.tape.Bytes() != 0 {
		t.Errorf("%d bytes are left after Free", s.tape.Bytes())
	}
	if y := s.forward(); y.Rows() != 3 {
		t.Error("a freed tape can be used again")
	}
}

// TestSmallerBatchesFit goes on with smaller passes and comes back: the slots stay as they are. A larger one leaves some room.
func TestSmallerBatchesFit(t *testing.T) {
	ops := newCounting()
	tape := autograd.NewTape(ops)
	for i, rows := range []int{36, 40, 39, 4, 40, 45} {
		tape.Reset()
		x := tape.Space(rows, 3)
		ops.Fill(x.Value(), 1)
		if y := autograd.Relu(x); y.Value().Len() != 3*rows || read(t, ops, y.Value())[3*rows-1] != 1 {
			t.Fatalf("%d rows: the value is %d long", rows, y.Value().Len())
		}
		tape.Ints(make([]int32, rows))
		if i == 1 {
			ops.reset()
		}
	}
	if ops.allocs > 0 {
		t.Errorf("passes up to an eighth larger than the one before allocated %d buffers", ops.allocs)
	}
}

// layers runs a stack of frozen blocks over ids, with or without giving their slots free.
func layers(s *small, n int, keep bool) *autograd.Var {
	s.tape.Reset()
	p := make([]*autograd.Var, parameters)
	for i, shape := range s.shapes {
		p[i] = s.tape.Param(s.val[i], shape[0], shape[1])
	}
	x := autograd.Embed(s.tape, lookup(s.tape, p[table], s.ids...))
	for i := range n {
		mark := s.tape.Mark()
		y := autograd.Attention(autograd.Linear(x, p[qkvW], p[qkvB]), sentences, 1, drop)
		z := autograd.Linear(autograd.LinearGelu(y, p[upW], p[upB]), p[downW], p[downB])
		y = autograd.LayerNorm(x, z, p[normW], p[normB], rough, kernel.Drop{})
		if i > 0 {
			mark = x.Slot()
		}
		if keep {
			s.tape.Keep(mark, y)
		}
		x = y
	}
	return x
}

// TestKeep frees the slots of layers below the thawed ones: twelve need less than a quarter of the memory, the
// result has the same bits, and passes that follow allocate nothing.
func TestKeep(t *testing.T) {
	all := newSmall()
	want := read(t, all.ops, layers(all, 12, false).Value())
	twelve := newSmall()
	if got := read(t, twelve.ops, layers(twelve, 12, true).Value()); !slices.Equal(got, want) {
		t.Error("giving slots free has changed the result")
	}
	if a, b := all.tape.Bytes(), twelve.tape.Bytes(); b*4 > a {
		t.Errorf("twelve layers take %d bytes, and %d with slots given free", a, b)
	}
	twelve.ops.reset()
	before := twelve.tape.Bytes()
	for range 3 {
		if got := read(t, twelve.ops, layers(twelve, 12, true).Value()); !slices.Equal(got, want) {
			t.Error("the slots of an earlier pass have changed the result")
		}
	}
	if twelve.ops.allocs > 0 || twelve.tape.Bytes() != before {
		t.Errorf("three more passes allocated %d buffers; %d bytes became %d", twelve.ops.allocs, before, twelve.tape.Bytes())
	}
}

// stack runs blocks that train over ids and the way back, and returns the memory before and after it.
func stack(s *small, n int) (forward, backward int64) {
	s.tape.Reset()
	p := make([]*autograd.Var, parameters)
	for i, shape := range s.shapes {
		p[i] = s.tape.Param(s.val[i], shape[0], shape[1], autograd.Part{Rows: shape[0], Grad: s.grads[i]})
	}
	x := autograd.Embed(s.tape, lookup(s.tape, p[table], s.ids...))
	for range n {
		y := autograd.Attention(autograd.Linear(x, p[qkvW], p[qkvB]), sentences, 1, drop)
		z := autograd.Linear(autograd.LinearGelu(y, p[upW], p[upB]), p[downW], p[downB])
		x = autograd.LayerNorm(x, z, p[normW], p[normB], rough, kernel.Drop{})
	}
	forward = s.tape.Bytes()
	s.ops.Fill(x.Grad(), 1)
	s.tape.Backward()
	return forward, s.tape.Bytes()
}

// TestGradientsShareMemory: the way back through twelve blocks takes no more memory than through two, for a gradient that
// has been handed on is given free. Values are kept for the way back and grow with the blocks.
func TestGradientsShareMemory(t *testing.T) {
	two, twelve := newSmall(), newSmall()
	f2, b2 := stack(two, 2)
	f12, b12 := stack(twelve, 12)
	if b12-f12 != b2-f2 || b2 == f2 {
		t.Errorf("the way back took %d bytes for two blocks and %d for twelve", b2-f2, b12-f12)
	}
	if f12 < 4*f2 {
		t.Errorf("the values of two blocks took %d bytes, of twelve %d: were some given free that the way back reads?", f2, f12)
	}
	twelve.ops.reset()
	if f, b := stack(twelve, 12); f != b12 || b != b12 || twelve.ops.allocs > 0 {
		t.Errorf("the next pass took %d and %d bytes, the first %d, in %d new buffers", f, b, b12, twelve.ops.allocs)
	}
}

// TestKeepLeavesRulesAlone: what needs a gradient keeps its slots, for the way back reads them.
func TestKeepLeavesRulesAlone(t *testing.T) {
	ops := newCounting()
	tape := autograd.NewTape(ops)
	x := tape.Input(upload(ops, normals(rand.New(rand.NewPCG(1, 2)), 6)), ops.Alloc(6), 3, 2)
	mark := tape.Mark()
	y := autograd.Tanh(autograd.Tanh(x))
	tape.Keep(mark, y)
	if tape.Mark() != mark+2 {
		t.Errorf("%d slots are taken, want both values", tape.Mark()-mark)
	}
}

// TestDropoutOnlyInTraining: in inference no site drops anything, and dropout that is off is not even recorded.
func TestDropoutOnlyInTraining(t *testing.T) {
	tape := autograd.NewTape(newCounting())
	if tape.Drop(0.5, 3).On() {
		t.Error("dropout is on in inference")
	}
	x := tape.Space(2, 2)
	if autograd.Dropout(x, tape.Drop(0.5, 3)) != x {
		t.Error("dropout that is off must be its input")
	}
	tape.Training, tape.Seed, tape.Step = true, 1, 2
	if d := tape.Drop(0.5, 3); !d.On() || d.Key != kernel.Key(1, 2, 3) {
		t.Errorf("dropout in training is %+v", d)
	}
	if tape.Drop(0, 3).On() {
		t.Error("dropout of probability 0 is on")
	}
}

// TestShapeFaults: operands that do not fit are faults of the program and panic with both shapes.
func TestShapeFaults(t *testing.T) {
	tape := autograd.NewTape(newCounting())
	x, w, b := tape.Space(4, 3), tape.Space(5, 3), tape.Space(5, 1)
	for name, f := range map[string]func(){
		"inner sizes":        func() { autograd.Linear(x, tape.Space(5, 2), b) },
		"a bias of others":   func() { autograd.Linear(x, w, tape.Space(4, 1)) },
		"gelu":               func() { autograd.LinearGelu(x, tape.Space(5, 2), b) },
		"offsets":            func() { autograd.Attention(tape.Space(4, 3), []int32{0, 5}, 1, kernel.Drop{}) },
		"a value's own size": func() { tape.Constant(x.Value(), 5, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if err, ok := recover().(error); !ok || !errors.As(err, new(tensor.ShapeError)) {
					t.Errorf("got %v, want a ShapeError", err)
				}
			}()
			f()
		})
	}
}
