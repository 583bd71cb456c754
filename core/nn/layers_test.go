package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/nn"
)

// Sizes of the joint layer below.
const rows, width = 5, 4

// joint is a set with q, k and v, jointly as one layer or each as its own, filled alike.
func joint(ops backend.Backend, apart bool) (*nn.Set, []*nn.Linear) {
	s := nn.NewSet(ops)
	var layers []*nn.Linear
	if apart {
		for _, name := range []string{"q", "k", "v"} {
			layers = append(layers, nn.NewLinear(s, "group."+name, width, width, name))
		}
	} else {
		layers = []*nn.Linear{nn.NewLinear(s, "layer.0", width, width, "q", "k", "v")}
	}
	s.Alloc()
	for _, p := range s.Params() {
		s.InitNormal(p, 1, 3)
	}
	return s, layers
}

// pass runs x through the layers and dy back, and gives outputs side by side and gradients by name.
func pass(t *testing.T, apart bool, thawed string) (y []float32, grads map[string][]float32) {
	ops := device()
	s, layers := joint(ops, apart)
	s.Thaw(func(name string) bool { return strings.Contains(thawed, name) })
	tape, r := autograd.NewTape(ops), rand.New(rand.NewPCG(1, 1))
	x, dy := normals(r, rows*width), normals(r, rows*3*width)
	in := ops.Alloc(len(x))
	ops.Write(in, x)
	y = make([]float32, rows*3*width)
	for i, l := range layers {
		out := l.Forward(s, tape.Constant(in, rows, width))
		n := out.Cols()
		d, got := make([]float32, rows*n), read(t, ops, out.Value())
		for r := range rows {
			copy(y[r*3*width+i*n:], got[r*n:(r+1)*n])
			copy(d[r*n:(r+1)*n], dy[r*3*width+i*n:])
		}
		if out.NeedsGrad() != l.Thawed() {
			t.Errorf("layer %d is thawed: %v, and its output needs a gradient: %v", i, l.Thawed(), out.NeedsGrad())
		}
		if out.NeedsGrad() {
			ops.Write(out.Grad(), d)
		}
	}
	tape.Backward()
	grads = map[string][]float32{}
	for _, p := range s.Params() {
		if p.Thawed() {
			grads[p.Name] = read(t, ops, p.Grad)
		}
	}
	return y, grads
}

// TestJointLinear: q, k and v in one product are what they are apart, bit for bit, whichever of them train.
func TestJointLinear(t *testing.T) {
	for _, thawed := range []string{
		"", "q.weight", "v.bias", "q.weight k.weight", "q.weight v.weight k.bias", "q.weight k.weight v.weight q.bias k.bias v.bias",
	} {
		y, grads := pass(t, false, thawed)
		wantY, wantGrads := pass(t, true, thawed)
		if !slices.Equal(y, wantY) {
			t.Errorf("with %q thawed the outputs differ", thawed)
		}
		if len(grads) != len(strings.Fields(thawed)) || fmt.Sprint(grads) != fmt.Sprint(wantGrads) {
			t.Errorf("with %q thawed the gradients are %v, want %v", thawed, grads, wantGrads)
		}
	}
}

// TestFirstTermIsStored: gradients that held anything before BeginGrads are, after any number of passes, those that grew from zeros.
func TestFirstTermIsStored(t *testing.T) {
	gradients := func(thawed string, passes int, begin func(*nn.Set), end func(*nn.Set)) map[string][]float32 {
		ops := device()
		s, layers := joint(ops, false)
		s.Thaw(func(name string) bool { return strings.Contains(thawed, name) })
		begin(s)
		tape, r := autograd.NewTape(ops), rand.New(rand.NewPCG(1, 1))
		for range passes {
			tape.Reset()
			x := tape.Space(rows, width)
			ops.Write(x.Value(), normals(r, rows*width))
			ops.Write(layers[0].Forward(s, x).Grad(), normals(r, rows*3*width))
			tape.Backward()
		}
		end(s)
		grads := map[string][]float32{}
		for _, p := range s.Params() {
			if p.Thawed() {
				grads[p.Name] = read(t, ops, p.Grad)
			}
		}
		return grads
	}
	rubbish := func(s *nn.Set) {
		for _, a := range s.Arenas {
			s.Ops().Fill(a.G, float32(math.NaN()))
		}
		s.BeginGrads()
	}
	for _, thawed := range []string{"k.weight", "v.bias", "q.weight v.weight k.bias", "q.weight k.weight v.weight q.bias k.bias v.bias"} {
		for passes := range 3 {
			got := gradients(thawed, passes, rubbish, (*nn.Set).EndGrads)
			want := gradients(thawed, passes, func(*nn.Set) {}, func(*nn.Set) {}) // Thaw has given zeros
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("with %q thawed %d passes give %v, want %v", thawed, passes, got, want)
			}
		}
	}
}

// TestForwardGelu is Forward and Gelu.
func TestForwardGelu(t *testing.T) {
	ops := device()
	s, layers := joint(ops, false)
	tape := autograd.NewTape(ops)
	x := tape.Space(rows, width)
	ops.Write(x.Value(), normals(rand.New(rand.NewPCG(2, 2)), rows*width))
	want := read(t, ops, layers[0].Forward(s, x).Value())
	kernel.Gelu(want, slices.Clone(want))
	check.Close(t, "gelu", read(t, ops, layers[0].ForwardGelu(s, x).Value()), want, 1e-5) // rounding of a fast erf
}

// TestLayerNormAndEmbedding run forward from their parameters.
func TestLayerNormAndEmbedding(t *testing.T) {
	ops := device()
	s := nn.NewSet(ops)
	norm := nn.NewLayerNorm(s, "embeddings", "norm", 2, 1e-12)
	table := nn.NewEmbedding(s, "embeddings", "words", 3, 2)
	s.Alloc()
	ops.Write(norm.Weight.Value, []float32{2, 3})
	ops.Write(norm.Bias.Value, []float32{10, 20})
	ops.Write(table.Weight.Value, []float32{0, 0, 1, 3, 8, 4})
	tape := autograd.NewTape(ops)
	sorted := 0
	look := func() autograd.Lookup {
		return table.Lookup(s, tape, tape.Ints([]int32{2, 1}), func() backend.Sorted { sorted++; return nn.Sort([]int32{2, 1}) })
	}
	y := norm.Forward(s, autograd.Embed(tape, look()), nil, kernel.Drop{})
	// Rows (8, 4) and (1, 3) are normalised to (1, -1) and (-1, 1).
	check.Close(t, "norm of rows", read(t, ops, y.Value()), []float32{12, 17, 8, 23}, 1e-5)
	if sorted != 0 || norm.Thawed() {
		t.Error("ids were sorted for a frozen table")
	}
	s.Thaw(func(name string) bool { return name == "words.weight" || name == "norm.bias" })
	if look(); sorted != 1 || !norm.Thawed() {
		t.Error("a thawed table needs the sorted ids")
	}
}

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}
