package autograd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
)

// counting is a device that counts.
type counting struct {
	backend.Backend
	products, allocs int
	ops              int // of every kind
}

func newCounting() *counting {
	c := &counting{}
	c.Backend = cpu.New(kernel.Serial(), cpu.Tick(func() error { c.ops++; return nil }))
	return c
}

func (c *counting) MatMul(m backend.MatMul) {
	c.products++
	c.Backend.MatMul(m)
}

func (c *counting) Alloc(n int) backend.Buffer {
	c.allocs++
	return c.Backend.Alloc(n)
}

func (c *counting) AllocInts(n int) backend.Buffer {
	c.allocs++
	return c.Backend.AllocInts(n)
}

func (c *counting) reset() { c.products, c.allocs, c.ops = 0, 0, 0 }

// Widths of the small network below.
const tokens, hidden, inner = 6, 7, 9

// small is a network of most ops: embedding, norm, attention, feed-forward, pool.
type small struct {
	ops        *counting
	tape       *autograd.Tape
	val, grads []backend.Buffer
	shapes     [][2]int
	ids        []int32
}

// The parameters of small, from the bottom.
const (
	table = iota
	normW
	normB
	qkvW
	qkvB
	upW
	upB
	downW
	downB
	parameters
)

func newSmall() *small {
	s := &small{ops: newCounting(), ids: []int32{4, 1, 4, 0, 4, 2}}
	s.tape = autograd.NewTape(s.ops)
	s.shapes = [][2]int{{5, hidden}, {hidden, 1}, {hidden, 1}, {3 * hidden, hidden}, {3 * hidden, 1}, {inner, hidden}, {inner, 1}, {hidden, inner}, {hidden, 1}}
	r := rand.New(rand.NewPCG(3, 3))
	for _, shape := range s.shapes {
		s.val = append(s.val, upload(s.ops, normals(r, shape[0]*shape[1])))
		s.grads = append(s.grads, s.ops.Alloc(shape[0]*shape[1]))
	}
	return s
}

// forward runs the network with some parameters thawed.
func (s *small) forward(thawed ...int) *autograd.Var {
	s.tape.Reset()
	p := make([]*autograd.Var, parameters)
	for i, shape := range s.shapes {
		var parts []autograd.Part
		if slices.Contains(thawed, i) {
			parts = []autograd.Part{{Rows: shape[0], Grad: s.grads[i]}}
		}
		p[i] = s.tape.Param(s.val[i], shape[0], shape[1], parts...)
	}
	x := autograd.Embed(s.tape, lookup(s.tape, p[table], s.ids...))
	x = autograd.LayerNorm(x, nil, p[normW], p[normB], rough, kernel.Drop{})
	y := autograd.Attention(autograd.Linear(x, p[qkvW], p[qkvB]), sentences, 1, drop)
	z := autograd.Linear(autograd.LinearGelu(y, p[upW], p[upB]), p[downW], p[downB])
	return autograd.Pool(autograd.Tanh(z), s.tape.Ints(sentences), true)
}

// TestFrozenCostsNothing counts the products and operations of the way back, and looks for new memory.
func TestFrozenCostsNothing(t *testing.T) {
	for _, c := range []struct {
		name     string
		thawed   []int
		products int // of the way back: one a thawed weight, and one for each linear input above something thawed
		ops      int // of any kind
	}{
		{"nothing", nil, 0, 0},
		// PoolGrad and TanhGrad into two cleared gradients, then the tensor's own.
		{"the last bias", []int{downB}, 0, 2 + 2 + 1},
		{"the last weight", []int{downW}, 1, 2 + 2 + 1},
		// then the input of the last product, stored as the gradient of Gelu's input; its own.
		{"a weight below a frozen layer", []int{upW}, 2, 2 + 2 + 1 + 1},
		{"the table alone", []int{table}, 3, 2 + 2 + 1 + 1 + 2 + 1 + 2 + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSmall()
			y := s.forward(c.thawed...)
			if y.NeedsGrad() != (len(c.thawed) > 0) {
				t.Fatalf("NeedsGrad is %v", y.NeedsGrad())
			}
			if y.NeedsGrad() {
				s.ops.Write(y.Grad(), normals(rand.New(rand.NewPCG(1, 1)), 3*hidden))
			}
			s.ops.reset()
			before := s.tape.Bytes()
			s.tape.Backward()
			if s.ops.products != c.products || s.ops.ops != c.ops {
				t.Errorf("the way back took %d products and %d operations, want %d and %d", s.ops.products, s.ops.ops, c.products, c.ops)
			}
			if len(c.thawed) == 0 && (s.tape.Bytes() != before || s.ops.allocs > 0) {
				t.Errorf("a gradient was allocated for frozen parameters: %d bytes, then %d", before, s.tape.Bytes())
			}
			for i, g := range s.grads {
				if moved := slices.Max(read(t, s.ops, g)) > 0; moved != slices.Contains(c.thawed, i) {
					t.Errorf("parameter %d: a gradient arrived: %v", i, moved)
				}
			}
		})
	}
}

// TestNormAboveFrozen: a thawed norm on a sum of frozen values takes one operation, and no memory for the sum's gradient.
func TestNormAboveFrozen(t *testing.T) {
	s := newSmall()
	x, z := s.tape.Space(tokens, hidden), s.tape.Space(tokens, hidden)
	w := s.tape.Param(s.val[normW], hidden, 1, autograd.Part{Rows: hidden, Grad: s.grads[normW]})
	y := autograd.LayerNorm(x, z, w, s.tape.Param(s.val[normB], hidden, 1), rough, drop)
	s.ops.Fill(y.Grad(), 1)
	s.ops.reset()
	s.tape.Backward()
	if s.ops.ops != 1 || s.ops.allocs != 0 {
		t.Errorf("the way back took %d operations and %d buffers, want one and none", s.ops.ops, s.ops.allocs)
	}
}

// TestFreezingChangesNoOtherGradient compares the gradients of a part of the parameters with those of all, bit for bit.
func TestFreezingChangesNoOtherGradient(t *testing.T) {
	gradients := func(thawed ...int) [][]float32 {
		s := newSmall()
		y := s.forward(thawed...)
		s.ops.Write(y.Grad(), normals(rand.New(rand.NewPCG(1, 1)), 3*hidden))
		s.tape.Backward()
		var all [][]float32
		for _, g := range s.grads {
			all = append(all, read(t, s.ops, g))
		}
		return all
	}
	want := gradients(table, normW, normB, qkvW, qkvB, upW, upB, downW, downB)
	for _, thawed := range [][]int{{downB}, {upW, downB}, {table}, {normW}, {normB}, {qkvB, upB}, {table, downW}} {
		got := gradients(thawed...)
		for _, i := range thawed {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("parameter %d has another gradient when only %v train", i, thawed)
			}
		}
	}
}

// TestPartlyFrozenJoint thaws each part of a joint weight and bias of q, k and v: one product a thawed weight, one for the
// input, and the same gradient as all three together.
func TestPartlyFrozenJoint(t *testing.T) {
	const n = 5
	r := rand.New(rand.NewPCG(9, 9))
	x, w, b, dy := normals(r, tokens*n), normals(r, 3*n*n), normals(r, 3*n), normals(r, tokens*3*n)
	// pass gives the gradients of input, weight and bias with these of q, k, v thawed, frozen ones left 0.
	pass := func(t *testing.T, joint bool, thawed []int) (dx, dw, db []float32, products int) {
		ops := newCounting()
		tape := autograd.NewTape(ops)
		gx, gw, gb := ops.Alloc(tokens*n), ops.Alloc(3*n*n), ops.Alloc(3*n)
		var pw, pb []autograd.Part
		for _, i := range thawed {
			pw = append(pw, autograd.Part{From: i * n, Rows: n, Grad: gw.View(i*n*n, n*n)})
			pb = append(pb, autograd.Part{From: i * n, Rows: n, Grad: gb.View(i*n, n)})
		}
		if joint {
			pw, pb = []autograd.Part{{Rows: 3 * n, Grad: gw}}, []autograd.Part{{Rows: 3 * n, Grad: gb}}
		}
		y := autograd.Linear(tape.Input(upload(ops, x), gx, tokens, n), tape.Param(upload(ops, w), 3*n, n, pw...), tape.Param(upload(ops, b), 3*n, 1, pb...))
		ops.Write(y.Grad(), dy)
		ops.reset()
		tape.Backward()
		return read(t, ops, gx), read(t, ops, gw), read(t, ops, gb), ops.products
	}
	wantX, wantW, wantB, products := pass(t, true, nil)
	if products != 2 {
		t.Errorf("the joint gradient took %d products, want one for the weight and one for the input", products)
	}
	for set := range 8 {
		var thawed []int
		for i := range 3 {
			if set>>i&1 == 1 {
				thawed = append(thawed, i)
			}
		}
		t.Run(fmt.Sprint(thawed), func(t *testing.T) {
			dx, dw, db, products := pass(t, false, thawed)
			if products != 1+len(thawed) {
				t.Errorf("%d products, want one for the input and %d for the weights", products, len(thawed))
			}
			if !slices.Equal(dx, wantX) {
				t.Error("the input's gradient differs")
			}
			for i := range 3 {
				w, b := make([]float32, n*n), make([]float32, n)
				if slices.Contains(thawed, i) {
					w, b = wantW[i*n*n:(i+1)*n*n], wantB[i*n:(i+1)*n]
				}
				if !slices.Equal(dw[i*n*n:(i+1)*n*n], w) || !slices.Equal(db[i*n:(i+1)*n], b) {
					t.Errorf("part %d has another gradient than in the joint product", i)
				}
			}
		})
	}
}
