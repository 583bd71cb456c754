package probe

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thaw/core/tensor"
)

// clouds are n rows round one random centre a class, each feature with a standard deviation of spread.
func clouds(n, h, classes int, spread float64, seed uint64) (*tensor.Tensor, []int32) {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := tensor.New(classes, h)
	for i := range centres.Data {
		centres.Data[i] = float32(r.NormFloat64())
	}
	x, labels := tensor.New(n, h), make([]int32, n)
	for i := range n {
		labels[i] = int32(i % classes)
		for j, v := range centres.Row(i % classes) {
			x.Row(i)[j] = v + float32(spread*r.NormFloat64())
		}
	}
	return x, labels
}

// fit fails the test if Fit does.
func fit(t *testing.T, x *tensor.Tensor, labels []int32, classes int, o Options) *Classifier {
	t.Helper()
	c, err := Fit(x, labels, classes, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// right is the share of labelled rows that a classifier gets right.
func right(c *Classifier, x *tensor.Tensor, labels []int32) float64 {
	z, hits, n := c.Logits(x), 0, 0
	for i, label := range labels {
		if label < 0 {
			continue
		}
		n++
		if row := z.Row(i); row[label] == slices.Max(row) {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

func TestSeparable(t *testing.T) {
	x, labels := clouds(120, 16, 4, 0.2, 3)
	c := fit(t, x, labels, 4, Options{})
	if got := right(c, x, labels); got != 1 || !c.Converged || c.N != 120 || c.Loss > 0.1 {
		t.Errorf("accuracy %v of clouds far apart: %+v", got, c)
	}
	small := fit(t, x, labels, 4, Options{L2: 1e-6})
	if !small.Converged || small.Loss > c.Loss/100 {
		t.Errorf("loss %v with hardly a penalty, %v with penalty 1", small.Loss, c.Loss)
	}
}

// TestRecovers draws labels from a known classifier: with 20,000 rows its weights come back within 0.1, and the loss is
// that of the classifier itself.
func TestRecovers(t *testing.T) {
	const n, h, classes = 20000, 3, 3
	want := &Classifier{W: tensor.New(classes, h), B: tensor.New(classes)}
	copy(want.W.Data, []float32{1, -0.5, 0, -1, 1, 0.5, 0, -0.5, -0.5}) // columns and biases sum to 0, as fitted ones do
	copy(want.B.Data, []float32{0.4, -0.1, -0.3})
	r := rand.New(rand.NewPCG(7, 7))
	x, labels := tensor.New(n, h), make([]int32, n)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64() + 1)
	}
	z := want.Logits(x)
	for i := range labels {
		var e [classes]float64
		for c, v := range z.Row(i) {
			e[c] = math.Exp(float64(v))
		}
		for at := r.Float64() * (e[0] + e[1] + e[2]); at > e[labels[i]]; labels[i]++ {
			at -= e[labels[i]]
		}
	}
	got := fit(t, x, labels, classes, Options{})
	for i := range want.W.Data {
		if d := got.W.Data[i] - want.W.Data[i]; math.Abs(float64(d)) > 0.1 {
			t.Errorf("weight %d is %v, want %v", i, got.W.Data[i], want.W.Data[i])
		}
	}
	if !got.Converged || math.Abs(right(got, x, labels)-right(want, x, labels)) > 0.005 {
		t.Errorf("accuracy %v, of the true classifier %v", right(got, x, labels), right(want, x, labels))
	}
}

// TestNoSignal gives labels that the features say nothing of: the loss is that of the shares of the classes.
func TestNoSignal(t *testing.T) {
	x, _ := clouds(3000, 4, 1, 1, 4)
	labels := make([]int32, 3000)
	for i := range labels {
		labels[i] = int32(i % 3 / 2) // two thirds 0, one third 1
	}
	c := fit(t, x, labels, 2, Options{})
	entropy := -(2*math.Log(2./3) + math.Log(1./3)) / 3
	if math.Abs(c.Loss-entropy) > 0.005 {
		t.Errorf("loss %v, want about %v", c.Loss, entropy)
	}
}

// TestSameBits repeats a fit, and repeats it on one and on several threads.
func TestSameBits(t *testing.T) {
	x, labels := clouds(203, 33, 3, 1.5, 8)
	first := fit(t, x, labels, 3, Options{Standardize: true})
	for _, threads := range []int{1, 1, 4} {
		before := runtime.GOMAXPROCS(threads)
		again := fit(t, x, labels, 3, Options{Standardize: true})
		runtime.GOMAXPROCS(before)
		if !slices.Equal(first.W.Data, again.W.Data) || !slices.Equal(first.B.Data, again.B.Data) ||
			first.Loss != again.Loss || first.Passes != again.Passes {
			t.Fatalf("another result on %d threads", threads)
		}
	}
}

// TestArgumentsStay holds the fit to be a pure function.
func TestArgumentsStay(t *testing.T) {
	x, labels := clouds(30, 5, 2, 1, 8)
	data, kept := slices.Clone(x.Data), slices.Clone(labels)
	fit(t, x, labels, 2, Options{Standardize: true})
	if !slices.Equal(data, x.Data) || !slices.Equal(kept, labels) {
		t.Fatal("Fit changed its arguments")
	}
}

// TestShift moves all features far away. They are multiples of 1/64 and their number is a power of 2, so that nothing is
// rounded on the way, and the fit is the same to the last bit.
func TestShift(t *testing.T) {
	x, labels := clouds(64, 6, 3, 0.8, 12)
	moved := tensor.New(64, 6)
	for i, v := range x.Data {
		x.Data[i] = float32(math.Round(float64(v)*64) / 64)
		moved.Data[i] = x.Data[i] + 4096
	}
	a, b := fit(t, x, labels, 3, Options{}), fit(t, moved, labels, 3, Options{})
	if a.Loss != b.Loss || !slices.Equal(a.W.Data, b.W.Data) {
		t.Errorf("loss %v, moved %v", a.Loss, b.Loss)
	}
	if right(a, x, labels) != right(b, moved, labels) {
		t.Errorf("accuracy %v, moved %v", right(a, x, labels), right(b, moved, labels))
	}
}

// TestStandardize scales one feature by 1024: standardised features, and so the logits, are the same. A feature that never
// changes has no weight either way.
func TestStandardize(t *testing.T) {
	x, labels := clouds(80, 4, 2, 1, 6)
	scaled := tensor.New(80, 4)
	copy(scaled.Data, x.Data)
	for i := range 80 {
		x.Row(i)[2], scaled.Row(i)[2] = 0.1, 0.1
		scaled.Row(i)[1] *= 1024
	}
	a, b := fit(t, x, labels, 2, Options{Standardize: true}), fit(t, scaled, labels, 2, Options{Standardize: true})
	if !slices.Equal(a.Logits(x).Data, b.Logits(scaled).Data) {
		t.Error("the scale of a feature shows in the logits")
	}
	if a.W.Row(0)[2] != 0 || a.W.Row(1)[2] != 0 {
		t.Errorf("a constant feature has weights %v and %v", a.W.Row(0)[2], a.W.Row(1)[2])
	}
	if plain := fit(t, x, labels, 2, Options{}); plain.W.Row(0)[2] != 0 {
		t.Errorf("a constant feature has weight %v", plain.W.Row(0)[2])
	}
}

// TestUnlabelled fits the same with and without rows that have no label, whatever is in them.
func TestUnlabelled(t *testing.T) {
	x, labels := clouds(40, 5, 2, 1, 6)
	want := fit(t, x, labels, 2, Options{})
	more := tensor.New(42, 5)
	copy(more.Data[5:], x.Data)
	more.Row(0)[3] = float32(math.NaN())
	got := fit(t, more, append(append([]int32{-1}, labels...), -1), 2, Options{})
	if got.N != 40 || !slices.Equal(got.W.Data, want.W.Data) {
		t.Errorf("rows without a label count: n %d", got.N)
	}
}

// TestAbsentClass never chooses a class that no row has.
func TestAbsentClass(t *testing.T) {
	x, labels := clouds(60, 5, 2, 1, 6)
	for i := range labels {
		labels[i] *= 2
	}
	c := fit(t, x, labels, 3, Options{})
	z := c.Logits(x)
	for i := range 60 {
		if row := z.Row(i); row[1] >= max(row[0], row[2]) {
			t.Fatalf("row %d goes to the absent class: %v", i, row)
		}
	}
	if !c.Converged || c.B.Data[1] > -2 {
		t.Errorf("converged: %v, biases %v", c.Converged, c.B.Data)
	}
}

// TestFew covers the smallest inputs: two rows, equal rows of two classes, no feature at all.
func TestFew(t *testing.T) {
	x := tensor.New(2, 1)
	copy(x.Data, []float32{-1, 1})
	if c := fit(t, x, []int32{1, 0}, 2, Options{}); right(c, x, []int32{1, 0}) != 1 {
		t.Errorf("two rows: %v %v", c.W.Data, c.B.Data)
	}
	c := fit(t, tensor.New(4, 3), []int32{0, 0, 0, 1}, 2, Options{Standardize: true})
	if odds := math.Exp(float64(c.B.Data[0] - c.B.Data[1])); math.Abs(odds-3) > 1e-5 || slices.Max(c.W.Data) != 0 {
		t.Errorf("equal rows: odds %v of 3 to 1, weights %v", odds, c.W.Data)
	}
	if c := fit(t, tensor.New(3, 0), []int32{0, 1, 1}, 2, Options{}); !c.Converged || c.B.Data[0] >= c.B.Data[1] {
		t.Errorf("no features: %+v", c)
	}
}

// TestGreatFeatures ends with finite weights even at the rim of float32.
func TestGreatFeatures(t *testing.T) {
	for _, scale := range []float32{1e-30, 1e30, 1e38} {
		x, labels := clouds(20, 3, 2, 0.1, 6)
		for i := range x.Data {
			x.Data[i] *= scale / 4
		}
		for _, o := range []Options{{}, {Standardize: true}} {
			c := fit(t, x, labels, 2, o)
			for _, w := range append(c.W.Data, c.B.Data...) {
				if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
					t.Fatalf("features of %v: weights %v %v", scale, c.W.Data, c.B.Data)
				}
			}
		}
	}
}

// TestOutOfIterations is no error and says so.
func TestOutOfIterations(t *testing.T) {
	x, labels := clouds(100, 8, 3, 1, 6)
	c := fit(t, x, labels, 3, Options{MaxIter: 2})
	if c.Converged || c.Iterations != 2 || c.Loss <= fit(t, x, labels, 3, Options{}).Loss {
		t.Errorf("after two iterations: %+v", c)
	}
}

// TestTick hears of each pass once and can end the fit.
func TestTick(t *testing.T) {
	x, labels := clouds(100, 8, 3, 1, 6)
	heard := 0
	c := fit(t, x, labels, 3, Options{Tick: func(passes int, loss float64) error {
		if heard++; passes != heard || !(loss > 0) {
			t.Errorf("call %d: pass %d, loss %v", heard, passes, loss)
		}
		return nil
	}})
	if heard != c.Passes {
		t.Errorf("heard of %d passes out of %d", heard, c.Passes)
	}
	enough := errors.New("enough")
	_, err := Fit(x, labels, 3, Options{Tick: func(passes int, _ float64) error {
		if passes == 3 {
			return enough
		}
		return nil
	}})
	if err != enough {
		t.Errorf("the error of Tick came back as %v", err)
	}
}

func TestFaultsOfData(t *testing.T) {
	x, labels := clouds(6, 3, 2, 1, 6)
	broken := func(i int, v float64) *tensor.Tensor {
		y := tensor.New(6, 3)
		copy(y.Data, x.Data)
		y.Data[i] = float32(v)
		return y
	}
	for _, c := range []struct {
		x       *tensor.Tensor
		labels  []int32
		classes int
		o       Options
		is      error
		says    string
	}{
		{x, []int32{-1, -1, -1, -1, -1, -1}, 2, Options{}, ErrNoLabel, "label some rows"},
		{x, []int32{1, 1, -1, 1, 1, -1}, 2, Options{}, ErrOneClass, "(1)"},
		{tensor.New(0, 3), nil, 2, Options{}, ErrNoLabel, "no row"},
		{x, []int32{0, 1, 2, 0, 1, 0}, 2, Options{}, nil, "row 2 has label 2; labels are 0 to 1"},
		{x, []int32{0, 1, 1, -2, 1, 0}, 2, Options{}, nil, "row 3 has label -2"},
		{x, labels, 0, Options{}, nil, "row 0 has label 0"},
		{broken(7, math.NaN()), labels, 2, Options{}, nil, "feature 1 of row 2 is NaN"},
		{broken(17, math.Inf(-1)), labels, 2, Options{}, nil, "feature 2 of row 5 is -Inf"},
		{x, labels, 2, Options{L2: -1}, nil, "penalty is -1"},
		{x, labels, 2, Options{L2: math.NaN()}, nil, "penalty is NaN"},
		{x, labels, 2, Options{L2: math.Inf(1)}, nil, "penalty is +Inf"},
		{x, labels, 2, Options{MaxIter: -1}, nil, "-1 iterations"},
	} {
		got, err := Fit(c.x, c.labels, c.classes, c.o)
		if err == nil || got != nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("got %v and the error %q, want one that says %q", got, err, c.says)
		}
	}
}

func TestFaultsOfProgram(t *testing.T) {
	x, labels := clouds(6, 3, 2, 1, 6)
	c := fit(t, x, labels, 2, Options{})
	for name, call := range map[string]func(){
		"labels":  func() { Fit(x, labels[:5], 2, Options{}) },
		"rank":    func() { Fit(x.Reshape(18), labels, 2, Options{}) },
		"logits":  func() { c.Logits(tensor.New(6, 4)) },
		"logits1": func() { c.Logits(tensor.New(3)) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(tensor.ShapeError); !ok {
					t.Errorf("%s: no ShapeError", name)
				}
			}()
			call()
		}()
	}
}

func TestJSON(t *testing.T) {
	x, labels := clouds(6, 1, 2, 1, 6)
	text, err := json.Marshal(fit(t, x, labels, 2, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weight", "bias", "n", "iterations", "passes", "converged", "loss"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("no field %s in %s", name, text)
		}
	}
}
