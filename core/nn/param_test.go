package nn_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
	"thaw/core/nn"
)

// watched is a device that knows which buffers are alive.
type watched struct {
	backend.Backend
	alive map[backend.Buffer]bool
}

func device() *watched {
	return &watched{Backend: cpu.New(kernel.Serial()), alive: map[backend.Buffer]bool{}}
}

func (w *watched) Alloc(n int) backend.Buffer {
	b := w.Backend.Alloc(n)
	w.alive[b] = true
	return b
}

func (w *watched) Free(b backend.Buffer) {
	if !w.alive[b] {
		panic("a buffer is freed twice, or a view of one")
	}
	delete(w.alive, b)
	w.Backend.Free(b)
}

func read(t testing.TB, ops backend.Backend, b backend.Buffer) []float32 {
	t.Helper()
	x := make([]float32, b.Len())
	if err := ops.Read(x, b); err != nil {
		t.Fatal(err)
	}
	return x
}

// block declares a norm, a joint linear layer and a head, and numbers all elements of each arena from 0.
func block(ops backend.Backend) *nn.Set {
	s := nn.NewSet(ops)
	nn.NewLayerNorm(s, "embeddings", "embeddings.LayerNorm", 4, 1e-5)
	nn.NewLinear(s, "layer.0", 4, 4, "q", "k", "v")
	nn.NewLinear(s, "heads.topic", 4, 3, "heads.topic")
	s.Alloc()
	for _, a := range s.Arenas {
		x := make([]float32, a.P.Len())
		for i := range x {
			x[i] = float32(i)
		}
		ops.Write(a.P, x)
	}
	return s
}

func param(t testing.TB, s *nn.Set, name string) *nn.Param {
	t.Helper()
	p, ok := s.Lookup(name)
	if !ok {
		t.Fatalf("there is no parameter %s", name)
	}
	return p
}

// TestArenas: parameters lie in the order of their layers, weights of a joint layer before its biases, each a view.
func TestArenas(t *testing.T) {
	ops := device()
	s := block(ops)
	var names []string
	for _, p := range s.Params() {
		names = append(names, p.Name)
	}
	want := []string{
		"embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias",
		"q.weight", "k.weight", "v.weight", "q.bias", "k.bias", "v.bias", "heads.topic.weight", "heads.topic.bias",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters are %v, want %v", names, want)
	}
	for name, first := range map[string]float32{"q.weight": 0, "k.weight": 16, "v.weight": 32, "q.bias": 48, "v.bias": 56, "heads.topic.bias": 12} {
		if got := read(t, ops, param(t, s, name).Value)[0]; got != first {
			t.Errorf("%s begins at element %g of its arena, want %g", name, got, first)
		}
	}
	ops.Fill(param(t, s, "k.bias").Value, -1)
	if got := read(t, ops, s.Arenas[1].P)[51:57]; !slices.Equal(got, []float32{51, -1, -1, -1, -1, 56}) {
		t.Errorf("around k.bias the arena holds %v", got)
	}
	if s.Total() != 8+60+15 || s.Trainable() != 0 {
		t.Errorf("%d of %d elements train, want 0 of 83", s.Trainable(), s.Total())
	}
}

// TestThaw: gradients exist for thawed tensors only, back to back; values never move.
func TestThaw(t *testing.T) {
	ops := device()
	s := block(ops)
	before := []backend.Buffer{s.Arenas[0].P, s.Arenas[1].P, s.Arenas[2].P}
	s.Thaw(func(name string) bool {
		return name == "k.weight" || name == "v.bias" || strings.HasPrefix(name, "heads.")
	})
	if s.Trainable() != 16+4+15 {
		t.Errorf("%d elements train, want 35", s.Trainable())
	}
	if s.Arenas[0].G != nil || s.Arenas[1].G.Len() != 20 || s.Arenas[2].G.Len() != 15 || len(ops.alive) != 5 {
		t.Errorf("gradients were made for frozen tensors; %d buffers are alive", len(ops.alive))
	}
	got := s.Arenas[1].Regions(func(p *nn.Param) float64 { return float64(p.Size()) })
	want := []backend.Region{{P: 16, G: 0, N: 16, Rate: 16, Decay: true}, {P: 56, G: 16, N: 4, Rate: 4}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("regions are %+v, want %+v", got, want)
	}
	v := param(t, s, "v.bias")
	ops.Fill(v.Grad, 7)
	if g := read(t, ops, s.Arenas[1].G); g[15] != 0 || g[16] != 7 || g[19] != 7 || v.GradOffset() != 16 {
		t.Errorf("the gradient of v.bias is not at 16 of %v", g)
	}
	s.BeginGrads()
	s.EndGrads()
	if g := read(t, ops, s.Arenas[1].G); slices.Max(g) != 0 {
		t.Errorf("where nothing has come the gradient is %v", g)
	}

	// Another set of thawed tensors: old gradients are freed, parameters stay where they are.
	s.Thaw(func(name string) bool { return strings.HasPrefix(name, "embeddings.") })
	if s.Trainable() != 8 || v.Thawed() || len(ops.alive) != 4 {
		t.Errorf("%d elements train, v.bias among them: %v; %d buffers are alive", s.Trainable(), v.Thawed(), len(ops.alive))
	}
	s.Thaw(func(string) bool { return false })
	for i, a := range s.Arenas {
		if a.P != before[i] || a.G != nil || len(a.Regions(func(*nn.Param) float64 { return 1 })) != 0 {
			t.Errorf("arena %s moved or kept a gradient", a.Group)
		}
	}
	if read(t, ops, v.Value)[0] != 56 {
		t.Error("thawing has changed a value")
	}
	s.BeginGrads() // none: nothing to do
	s.EndGrads()
}

// TestRemove takes a head away and puts another in its place.
func TestRemove(t *testing.T) {
	ops := device()
	s := block(ops)
	s.Thaw(func(string) bool { return true })
	s.Remove(func(group string) bool { return strings.HasPrefix(group, "heads.") })
	if _, ok := s.Lookup("heads.topic.weight"); ok || len(s.Params()) != 8 || len(ops.alive) != 4 {
		t.Errorf("%d parameters and %d buffers are left", len(s.Params()), len(ops.alive))
	}
	nn.NewLinear(s, "heads.topic", 4, 2, "heads.topic")
	s.Alloc()
	if p := param(t, s, "heads.topic.weight"); p.Size() != 8 || slices.Max(read(t, ops, p.Value)) != 0 {
		t.Error("the new head does not begin with zeros of its own")
	}
	if read(t, ops, param(t, s, "v.bias").Value)[0] != 56 {
		t.Error("the other arenas were given new memory")
	}
	s.Free()
	if len(ops.alive) != 0 {
		t.Errorf("%d buffers are alive after Free", len(ops.alive))
	}
	s.Free() // again: nothing to do
}

// TestFaultsOfTheProgram: a name or a group that is taken is a panic that says which.
func TestFaultsOfTheProgram(t *testing.T) {
	s := block(device())
	for want, f := range map[string]func(){
		"q.weight declared twice":                          func() { s.Add("other", "q.weight", 1) },
		"late declared after group layer.0 got its memory": func() { s.Add("layer.0", "late", 1) },
		"v.weight declared twice":                          func() { nn.NewEmbedding(s, "other", "v", 3, 3) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}

// TestDecays: as in the Hugging Face trainer, neither biases nor LayerNorm, in every family's spelling.
func TestDecays(t *testing.T) {
	for name, want := range map[string]bool{
		"bert.encoder.layer.0.output.dense.weight": true, "bert.embeddings.word_embeddings.weight": true, "heads.topic.weight": true,
		"bert.encoder.layer.0.output.dense.bias": false, "bert.encoder.layer.0.output.LayerNorm.weight": false, "heads.topic.bias": false,
		"distilbert.transformer.layer.0.sa_layer_norm.weight": false,
	} {
		if got := (&nn.Param{Name: name}).Decays(); got != want {
			t.Errorf("%s decays: %v, want %v", name, got, want)
		}
	}
}

// TestInitNormal: a value depends on seed and name alone, on every machine.
func TestInitNormal(t *testing.T) {
	ops := device()
	draw := func(name string, seed uint64, before int) []float32 {
		s := nn.NewSet(ops)
		for i := range before {
			s.Add("heads.a", fmt.Sprintf("heads.a.%d", i), 5)
		}
		p := s.Add("heads.topic", name, 40, 50)
		s.Alloc()
		s.InitNormal(p, 0.02, seed)
		return read(t, ops, p.Value)
	}
	x := draw("heads.topic.weight", 1, 0)
	if want := []float32{-0.003870599, 0.025401419, -0.027044084}; !slices.Equal(x[:3], want) {
		t.Errorf("the first values are %v, recorded were %v", x[:3], want)
	}
	if !slices.Equal(draw("heads.topic.weight", 1, 3), x) {
		t.Error("another parameter beside it has changed the values")
	}
	if slices.Equal(draw("heads.topic.weight", 2, 0), x) || slices.Equal(draw("heads.other.weight", 1, 0), x) {
		t.Error("another seed or name gives the same values")
	}
	var sum, squares float64
	for _, e := range x {
		sum, squares = sum+float64(e), squares+float64(e)*float64(e)
	}
	n := float64(len(x))
	// Four standard errors of 2,000 draws: 0.09 σ for the mean, 6.4 % for σ.
	if mean, std := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.09*0.02 || math.Abs(std/0.02-1) > 0.064 {
		t.Errorf("mean %g and deviation %g, want 0 and 0.02", mean, std)
	}
}
