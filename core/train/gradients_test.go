package train

import (
	"errors"
	"math"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
)

// cosine fails the test if there is none.
func cosine(t *testing.T, tr *Trainer, a, b string, n int) float64 {
	t.Helper()
	c, err := tr.GradientCosine(a, b, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// twins is a trainer of three tasks on the same sentences: b has a's labels under swapped names, its head's rows swapped too;
// c has a's head and the wrong label of each sentence.
func twins(t *testing.T) (*Trainer, *model.Model) {
	t.Helper()
	m := tinyModel(t, cpu.New(kernel.Serial()))
	var tasks []head.Task
	for _, name := range []string{"a", "b", "c"} {
		tasks = append(tasks, head.Task{Name: name, Kind: head.SingleLabel, Labels: []string{"0", "1"}, Weight: 1})
	}
	if err := m.SetHeads(head.Mean, tasks, 1); err != nil {
		t.Fatal(err)
	}
	ops, h := m.Params.Ops(), m.Encoder.Config.Hidden
	a, _ := m.Params.Lookup("heads.a.weight")
	b, _ := m.Params.Lookup("heads.b.weight")
	c, _ := m.Params.Lookup("heads.c.weight")
	w := make([]float32, 2*h)
	if err := ops.Read(w, a.Value); err != nil {
		t.Fatal(err)
	}
	ops.Write(c.Value, w)
	ops.Write(b.Value, append(append([]float32{}, w[h:]...), w[:h]...))
	var records []data.Record
	for i, r := range toy(30, 1) {
		yes, no := "0", "1"
		if i%2 == 1 {
			yes, no = no, yes
		}
		records = append(records, data.Record{Text: r.Text, Labels: map[string]string{"a": yes, "b": no, "c": no}})
	}
	tr, err := New(m, toySettings("none"), Data{Train: records})
	if err != nil {
		t.Fatal(err)
	}
	return tr, m
}

// TestGradientCosine: two names for one task agree, and a task and its contrary are opposed on any one sentence.
func TestGradientCosine(t *testing.T) {
	tr, _ := twins(t)
	defer tr.Close()
	if c := cosine(t, tr, "a", "b", 100); math.Abs(c-1) > 1e-6 {
		t.Errorf("of one task under two names: %v", c)
	}
	if c := cosine(t, tr, "a", "c", 1); math.Abs(c+1) > 1e-6 { // of one sentence: softmax - onehot of two classes is ±(p, -p)
		t.Errorf("of a sentence's label and its contrary: %v", c)
	}
	if x, y := cosine(t, tr, "a", "c", 100), cosine(t, tr, "c", "a", 100); x != y || math.Abs(x) > 0.99 {
		t.Errorf("of a task and its contrary over all sentences: %v, the other way round %v", x, y)
	}
}

// TestGradientCosineLeavesNoTrace: a run that is asked before, after and in between goes to the same bits.
func TestGradientCosineLeavesNoTrace(t *testing.T) {
	s := toySettings("layers:1")
	tr, m := toyTrainer(t, kernel.Serial(), s, head.Mean)
	run(t, tr)
	want := values(t, m)
	asked, m2 := toyTrainer(t, kernel.Serial(), s, head.Mean)
	before := cosine(t, asked, "topic", "mood", 20)
	if again := cosine(t, asked, "topic", "mood", 20); again != before || math.Abs(before) > 1 || before == 0 {
		t.Errorf("cosine %v, then %v", before, again)
	}
	run(t, asked)
	if after := cosine(t, asked, "topic", "mood", 20); after == before {
		t.Error("training has not changed the cosine")
	}
	sameBits(t, "asked for the cosine", want, values(t, m2))
}

func TestGradientCosineFaults(t *testing.T) {
	tr, _ := toyTrainer(t, kernel.Serial(), toySettings("backbone"), head.Mean)
	defer tr.Close()
	if _, err := tr.GradientCosine("topic", "mood", 9); !errors.Is(err, ErrNoGradient) {
		t.Errorf("of a frozen encoder: %v", err)
	}
	if _, err := tr.GradientCosine("topic", "none", 9); err == nil {
		t.Error("of a task that is not there: no error")
	}
}
