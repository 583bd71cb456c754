package head_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/nn"
)

func task(name string, labels ...string) head.Task {
	return head.Task{Name: name, Kind: head.SingleLabel, Labels: labels, Weight: 1}
}

func TestCheck(t *testing.T) {
	if err := head.Check([]head.Task{task("topic", "a", "b"), task("2-b_c", "x", "y", "z"), {Name: "w", Kind: head.SingleLabel, Labels: []string{"a", "b"}}}); err != nil {
		t.Error(err)
	}
	weighted := func(w float64) []head.Task {
		x := task("topic", "a", "b")
		x.Weight = w
		return []head.Task{x}
	}
	for want, tasks := range map[string][]head.Task{
		"there is none; give at least one task with two labels": {},
		`"Topic": a name is made of a-z, 0-9, _ and -`:          {task("Topic", "a", "b")},
		`"": a name is made of`:                                 {task("", "a", "b")},
		`"a.b": a name is made of`:                              {task("a.b", "a", "b")},
		`"a\n": a name is made of`:                              {task("a\n", "a", "b")},
		`and is not "text"`:                                     {task("text", "a", "b")},
		`topic: kind "" is unknown, want "single-label"`:        {{Name: "topic", Labels: []string{"a", "b"}}},
		`topic: kind "regression" is unknown`:                   {{Name: "topic", Kind: "regression", Labels: []string{"a", "b"}}},
		"topic: it has 1 labels, want two or more":              {task("topic", "a")},
		"topic: it has 0 labels":                                {task("topic")},
		`topic: label "" is empty or stands twice`:              {task("topic", "a", "")},
		`topic: label "a" is empty or stands twice`:             {task("topic", "a", "b", "a")},
		"topic: weight is -1, want 0 or more":                   weighted(-1),
		"topic: weight is NaN, want 0 or more":                  weighted(math.NaN()),
		"topic: weight is +Inf, want":                           weighted(math.Inf(1)),
		"topic: named twice":                                    {task("topic", "a", "b"), task("mood", "a", "b"), task("topic", "c", "d")},
	} {
		if err := head.Check(tasks); !errors.Is(err, head.ErrTask) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", tasks, err, want)
		}
	}
	if x := task("topic", "a", "b"); x.Index("b") != 1 || x.Index("c") != -1 {
		t.Error("Index finds the wrong label")
	}
}

// Sizes of the small network below.
const width, tokens = 6, 5

var offsets = []int32{0, 2, 5}

// rig is heads on hidden states of two sentences.
type rig struct {
	ops    backend.Backend
	set    *nn.Set
	heads  *head.Heads
	tape   *autograd.Tape
	hidden []float32
}

func newRig(t testing.TB, style head.Style, tasks ...head.Task) *rig {
	t.Helper()
	x := &rig{ops: cpu.New(kernel.Serial())}
	x.set = nn.NewSet(x.ops)
	f := head.Frame{Hidden: width, Pooler: nn.NewLinear(x.set, "pooler", width, width, "bert.pooler.dense"), Dropout: 0.5, Site: 40}
	var err error
	if x.heads, err = head.New(style, tasks, f, x.set); err != nil {
		t.Fatal(err)
	}
	x.set.Alloc()
	x.heads.Init(0.3, 5)
	for _, p := range f.Pooler.Weight {
		x.set.InitNormal(p, 1, 5)
	}
	x.tape = autograd.NewTape(x.ops)
	r := rand.New(rand.NewPCG(2, 3))
	for range tokens * width {
		x.hidden = append(x.hidden, float32(r.NormFloat64()))
	}
	return x
}

// logits runs the hidden states through pooling and heads.
func (x *rig) logits() []*autograd.Var {
	v := x.tape.Space(tokens, width)
	x.ops.Write(v.Value(), x.hidden)
	return x.heads.Logits(x.heads.Pool(v, x.tape.Ints(offsets)))
}

func (x *rig) read(t testing.TB, b backend.Buffer) []float32 {
	t.Helper()
	v := make([]float32, b.Len())
	if err := x.ops.Read(v, b); err != nil {
		t.Fatal(err)
	}
	return v
}

func (x *rig) value(t testing.TB, name string) []float32 {
	t.Helper()
	p, ok := x.set.Lookup(name)
	if !ok {
		t.Fatalf("there is no parameter %s", name)
	}
	return x.read(t, p.Value)
}

// dense is x wᵀ + b for x [n, width], in float64.
func dense(x []float64, w, b []float32) (y []float64) {
	for i := 0; i < len(x); i += width {
		for j := range b {
			sum := float64(b[j])
			for k := range width {
				sum += x[i+k] * float64(w[j*width+k])
			}
			y = append(y, sum)
		}
	}
	return y
}

func narrow(x []float64) (y []float32) {
	for _, e := range x {
		y = append(y, float32(e))
	}
	return y
}

// TestMeanHead: names, order and logits of the mean-pooled linear head.
func TestMeanHead(t *testing.T) {
	x := newRig(t, head.Mean, task("topic", "a", "b", "c"), task("mood", "no", "yes"))
	var names []string
	for _, p := range x.set.Params() {
		names = append(names, fmt.Sprint(p.Name, p.Shape, p.Group))
	}
	want := []string{
		"bert.pooler.dense.weight[6 6]pooler", "bert.pooler.dense.bias[6]pooler", "heads.topic.weight[3 6]heads.topic", "heads.topic.bias[3]heads.topic",
		"heads.mood.weight[2 6]heads.mood", "heads.mood.bias[2]heads.mood",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters are %v, want %v", names, want)
	}
	mean := make([]float64, 2*width)
	for b, n := range []float64{2, 3} {
		for r := offsets[b]; r < offsets[b+1]; r++ {
			for i := range width {
				mean[b*width+i] += float64(x.hidden[int(r)*width+i]) / n
			}
		}
	}
	for i, l := range x.logits() {
		name := "heads." + x.heads.Tasks[i].Name
		check.Close(t, name, x.read(t, l.Value()), narrow(dense(mean, x.value(t, name+".weight"), x.value(t, name+".bias"))), 1e-5)
	}
	if !x.heads.PoolsMean() || x.heads.Dropout != 0 {
		t.Error("the mean-pooled head pools the mean and has no dropout")
	}
	for _, p := range x.set.Params() {
		if x.heads.Uses(p) != (p.Group != "pooler") {
			t.Errorf("%s is used: %v", p.Name, x.heads.Uses(p))
		}
	}
}

// TestFamilyHead: BERT's own head is its pooler, tanh and a classifier.
func TestFamilyHead(t *testing.T) {
	x := newRig(t, head.HF, task("topic", "a", "b", "c"), task("mood", "no", "yes"))
	first := make([]float64, 0, 2*width)
	for _, r := range offsets[:2] {
		for i := range width {
			first = append(first, float64(x.hidden[int(r)*width+i]))
		}
	}
	pooled := dense(first, x.value(t, "bert.pooler.dense.weight"), x.value(t, "bert.pooler.dense.bias"))
	for i, e := range pooled {
		pooled[i] = math.Tanh(e)
	}
	for i, l := range x.logits() {
		name := "heads." + x.heads.Tasks[i].Name + ".classifier"
		check.Close(t, name, x.read(t, l.Value()), narrow(dense(pooled, x.value(t, name+".weight"), x.value(t, name+".bias"))), 1e-5)
	}
	if x.heads.PoolsMean() || x.heads.Dropout != 0.5 {
		t.Error("the family's own head pools the first token and has its dropout")
	}
	for _, p := range x.set.Params() {
		if !x.heads.Uses(p) {
			t.Errorf("%s is not used", p.Name)
		}
	}
}

// TestDropoutOfHeads: in training each thawed classifier drops elements of its own; a frozen one drops none.
func TestDropoutOfHeads(t *testing.T) {
	x := newRig(t, head.HF, task("topic", "a", "b"), task("mood", "a", "b"))
	p, _ := x.set.Lookup("heads.topic.classifier.weight")
	q, _ := x.set.Lookup("heads.mood.classifier.weight")
	x.ops.Write(q.Value, x.read(t, p.Value)) // equal heads, so that only dropout can tell them apart
	logits := func() (topic, mood []float32) {
		x.tape.Reset()
		l := x.logits()
		return x.read(t, l[0].Value()), x.read(t, l[1].Value())
	}
	still, _ := logits()
	x.set.Thaw(func(name string) bool { return strings.HasPrefix(name, "heads.") })
	if topic, _ := logits(); !slices.Equal(topic, still) {
		t.Error("there is dropout in inference")
	}
	x.tape.Training = true
	topic, mood := logits()
	if slices.Equal(topic, still) || slices.Equal(topic, mood) {
		t.Error("in training each head drops elements of its own")
	}
	if again, _ := logits(); !slices.Equal(again, topic) {
		t.Error("the same step must drop the same elements")
	}
	x.set.Thaw(func(name string) bool { return strings.HasPrefix(name, "heads.mood") })
	if topic, _ := logits(); !slices.Equal(topic, still) {
		t.Error("a frozen head has dropout")
	}
}

// TestLoss: each task's sum goes to its own place, unlabelled sentences and tasks of scale 0 leave no gradient.
func TestLoss(t *testing.T) {
	x := newRig(t, head.Mean, task("topic", "a", "b", "c"), task("mood", "no", "yes"), task("mute", "no", "yes"))
	x.set.Thaw(func(string) bool { return true })
	sums := x.ops.Alloc(3)
	views := []backend.Buffer{sums.View(0, 1), sums.View(1, 1), sums.View(2, 1)}
	logits := x.logits()
	x.heads.Loss(views, logits, [][]int32{{2, 0}, {-1, 1}, {0, 1}}, []float64{0.5, 2, 0})
	x.tape.Backward()
	want := make([]float64, 3)
	bias := map[string][]float64{"topic": make([]float64, 3), "mood": make([]float64, 2), "mute": make([]float64, 2)}
	for i, labels := range [][]int32{{2, 0}, {-1, 1}, {0, 1}} {
		c := logits[i].Cols()
		for b, l := range labels {
			if l < 0 {
				continue
			}
			row, sum := x.read(t, logits[i].Value())[b*c:(b+1)*c], 0.0
			for _, z := range row {
				sum += math.Exp(float64(z))
			}
			want[i] += math.Log(sum) - float64(row[l])
			for j, z := range row {
				g := math.Exp(float64(z)) / sum
				if j == int(l) {
					g--
				}
				bias[x.heads.Tasks[i].Name][j] += []float64{0.5, 2, 0}[i] * g
			}
		}
	}
	check.Close(t, "sums", x.read(t, sums), narrow(want), 1e-5)
	for name, g := range bias {
		p, _ := x.set.Lookup("heads." + name + ".bias")
		check.Close(t, "gradient of the bias of "+name, x.read(t, p.Grad), narrow(g), 1e-5)
	}
}

func TestNewRefuses(t *testing.T) {
	s := nn.NewSet(cpu.New(kernel.Serial()))
	if _, err := head.New("cnn", []head.Task{task("topic", "a", "b")}, head.Frame{Hidden: width}, s); err == nil || err.Error() != `head "cnn" is unknown, want "mean" or "hf"` {
		t.Errorf("got %v", err)
	}
	if _, err := head.New(head.Mean, nil, head.Frame{Hidden: width}, s); !errors.Is(err, head.ErrTask) {
		t.Errorf("got %v", err)
	}
	if len(s.Params()) != 0 {
		t.Error("a refusal has declared parameters")
	}
}
