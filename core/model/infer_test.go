package model_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/model"
	"thaw/core/nn"
)

// hiddenTol is the greatest difference to transformers: the design's bound for hidden states.
const hiddenTol = 1e-4

// TestHiddenStates runs recorded ids through encoders that were read as model folders.
func TestHiddenStates(t *testing.T) {
	for name, words := range map[string]int{"bert": 97, "bert2": 53} {
		t.Run(name, func(t *testing.T) {
			m := open(t, folder(t, name, words))
			g := check.Golden(t, filepath.Join("..", "encoder", "testdata", name, "golden.safetensors"))
			last := g[fmt.Sprintf("hidden.%d", m.Encoder.Config.Layers)].F32
			check.Close(t, "the last hidden state", forward(t, m, nn.Batch{IDs: g["ids"].I32, Offsets: g["offsets"].I32}), last, hiddenTol)
		})
	}
}

// forward runs all stages of a model's encoder on a tape of its own.
func forward(t testing.TB, m *model.Model, b nn.Batch) []float32 {
	t.Helper()
	tape := autograd.NewTape(m.Params.Ops())
	x := m.Encoder.Forward(tape, b, nil, 0, m.Encoder.Stages())
	out := make([]float32, x.Rows()*x.Cols())
	if err := m.Params.Ops().Read(out, x.Value()); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKeptSlotsChangeNothing: a frozen encoder gives the slots of each layer free, a thawed one keeps them for the way back.
// Both have the same bits, in one go and stage by stage.
func TestKeptSlotsChangeNothing(t *testing.T) {
	m := open(t, bert(t))
	g := check.Golden(t, filepath.Join("..", "encoder", "testdata", "bert", "golden.safetensors"))
	b := nn.Batch{IDs: g["ids"].I32, Offsets: g["offsets"].I32}
	frozen := forward(t, m, b)
	m.Params.Thaw(func(string) bool { return true })
	equal(t, "hidden state with every slot kept", forward(t, m, b), frozen)
	for lowest := range m.Encoder.Config.Layers {
		m.Params.Thaw(func(name string) bool { return strings.Contains(name, fmt.Sprintf("layer.%d.", lowest)) })
		equal(t, fmt.Sprintf("hidden state with layer %d thawed", lowest), forward(t, m, b), frozen)
	}
	m.Params.Thaw(func(string) bool { return false })
	tape, all := autograd.NewTape(m.Params.Ops()), m.Encoder.Stages()
	other := tape.Space(b.Tokens(), m.Encoder.Config.Hidden) // of the same pass, as the cache's rows are
	m.Params.Ops().Fill(other.Value(), 3)
	x := m.Encoder.Forward(tape, b, m.Encoder.Forward(tape, b, nil, 0, 2), 2, all)
	got := make([]float32, len(frozen))
	if err := m.Params.Ops().Read(got, x.Value()); err != nil {
		t.Fatal(err)
	}
	equal(t, "hidden state in two goes", got, frozen)
	m.Encoder.Forward(tape, b, nil, 0, all)
	if err := m.Params.Ops().Read(got, other.Value()); err != nil {
		t.Fatal(err)
	}
	equal(t, "a value of the pass before the encoder", got, slices.Repeat([]float32{3}, len(got)))
}

func TestEncode(t *testing.T) {
	m := open(t, bert(t))
	texts := []string{"w1 w2 abc w3", "", "w9 zebra", "w1 w2 abc w3"}
	all, err := m.Encode(texts, model.PoolNone, 0)
	if err != nil {
		t.Fatal(err)
	}
	first, err := m.Encode(texts, model.PoolFirst, 0)
	if err != nil {
		t.Fatal(err)
	}
	mean, err := m.Encode(texts, model.PoolMean, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		ids := m.Tokenizer.Encode(text, 0).IDs
		if n := len(ids); !slices.Equal(all[i].Shape, []int{n, 36}) || !slices.Equal(mean[i].Shape, []int{36}) {
			t.Fatalf("%q has shapes %v and %v", text, all[i].Shape, mean[i].Shape)
		}
		equal(t, "first token of "+text, first[i].Data, all[i].Row(0))
		sum := make([]float32, 36)
		for r := range ids {
			for j, e := range all[i].Row(r) {
				sum[j] += e / float32(len(ids))
			}
		}
		check.Close(t, "mean of "+text, mean[i].Data, sum, 1e-6) // rounding of sums of at most six values
		equal(t, "hidden states of "+text, all[i].Data, forward(t, m, nn.Batch{IDs: ids, Offsets: []int32{0, int32(len(ids))}}))
	}
	if _, err := m.Encode(texts, "max", 0); err == nil || err.Error() != `pool "max" is unknown, want none, first or mean` {
		t.Errorf("got %v", err)
	}
	if none, err := m.Encode(nil, model.PoolMean, 0); err != nil || len(none) != 0 {
		t.Errorf("no texts: %v, %v", none, err)
	}
}

// TestLongTexts: a text is cut to maxLength tokens, and to the encoder's positions whatever is asked for.
func TestLongTexts(t *testing.T) {
	m := open(t, bert(t))
	long := strings.Repeat("w5 w6 ", 100)
	for maxLength, want := range map[int]int{0: 40, -1: 40, 1000: 40, 40: 40, 12: 12, 3: 3, 1: 2} {
		out, err := m.Encode([]string{long}, model.PoolNone, maxLength)
		if err != nil || out[0].Shape[0] != want {
			t.Errorf("maxLength %d gives %v tokens, want %d (%v)", maxLength, out[0].Shape, want, err)
		}
	}
}

// TestOneAloneEqualsOneOfMany: texts are answered in several passes of a token budget, each with the bits it has alone.
func TestOneAloneEqualsOneOfMany(t *testing.T) {
	m := heads(t, head.Mean)
	var texts []string
	for i := range 150 { // about 3,000 tokens: two passes
		texts = append(texts, strings.TrimSpace(strings.Repeat(fmt.Sprintf("w%d abc ", i%60), i%10)))
	}
	vectors, err := m.Encode(texts, model.PoolMean, 0)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := m.Predict(texts, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, 77, 109, 149} {
		one, err := m.Encode(texts[i:i+1], model.PoolMean, 0)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, texts[i], one[0].Data, vectors[i].Data)
		alone, err := m.Predict(texts[i:i+1], 0)
		if err != nil || fmt.Sprint(alone[0]) != fmt.Sprint(answers[i]) {
			t.Errorf("%q alone: %v, among others: %v (%v)", texts[i], alone[0], answers[i], err)
		}
	}
}

// heads opens bert and gives it heads of two tasks.
func heads(t testing.TB, style head.Style) *model.Model {
	t.Helper()
	m := open(t, bert(t))
	if err := m.SetHeads(style, two(), 7); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPredict(t *testing.T) {
	for _, style := range []head.Style{head.Mean, head.HF} {
		m := heads(t, style)
		answers, err := m.Predict([]string{"w1 abc", "", "w30 w31 w32"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range answers {
			for _, task := range two() {
				a := p[task.Name]
				sum, best := 0.0, ""
				for label, s := range a.Scores {
					sum += s
					if best == "" || s > a.Scores[best] {
						best = label
					}
				}
				if len(p) != 2 || len(a.Scores) != len(task.Labels) || math.Abs(sum-1) > 1e-12 || a.Label != best || task.Index(best) < 0 {
					t.Errorf("%s, text %d, %s: %+v", style, i, task.Name, a)
				}
			}
		}
	}
	m := open(t, bert(t))
	if _, err := m.Predict([]string{"w1"}, 0); err == nil || !strings.Contains(err.Error(), "no task heads yet; train it first") {
		t.Errorf("without heads: %v", err)
	}
	if _, err := m.Evaluate(nil, 0); err == nil || !strings.Contains(err.Error(), "no task heads yet; train it first") {
		t.Errorf("without heads: %v", err)
	}
}

// TestMeanHead computes the logits of the mean-pooled head by hand.
func TestMeanHead(t *testing.T) {
	m := heads(t, head.Mean)
	text := "w1 abc w2"
	mean, err := m.Encode([]string{text}, model.PoolMean, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, b := value(t, m, "heads.topic.weight"), value(t, m, "heads.topic.bias")
	var p [3]float64
	sum := 0.0
	for c := range p {
		z := float64(b[c])
		for j, e := range mean[0].Data {
			z += float64(e) * float64(w[c*36+j])
		}
		p[c] = math.Exp(z)
		sum += p[c]
	}
	answers, err := m.Predict([]string{text}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for c, label := range two()[0].Labels {
		if got, want := answers[0]["topic"].Scores[label], p[c]/sum; math.Abs(got-want) > 1e-5 {
			t.Errorf("%s has the score %g, want %g", label, got, want)
		}
	}
}

// TestEvaluate adds up what Predict says.
func TestEvaluate(t *testing.T) {
	m := heads(t, head.Mean)
	var records []data.Record
	var texts []string
	for i := range 40 {
		r := data.Record{Text: fmt.Sprintf("w%d w%d abc", i, (7*i)%50), Labels: map[string]string{}}
		if i%3 > 0 {
			r.Labels["topic"] = two()[0].Labels[i%3]
		}
		if i < 5 {
			r.Labels["sentiment"] = "positive"
		}
		records, texts = append(records, r), append(texts, r.Text)
	}
	scores, err := m.Evaluate(records, 0)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := m.Predict(texts, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range two() {
		n, right, loss := 0, 0, 0.0
		for i, r := range records {
			if label, ok := r.Labels[task.Name]; ok {
				n++
				loss -= math.Log(answers[i][task.Name].Scores[label])
				if answers[i][task.Name].Label == label {
					right++
				}
			}
		}
		s := scores[task.Name]
		if s.N != n || math.Abs(s.Accuracy-float64(right)/float64(n)) > 1e-12 || math.Abs(s.Loss-loss/float64(n)) > 1e-9 {
			t.Errorf("%s: %+v, want n %d, accuracy %d/%d, loss %g", task.Name, s, n, right, n, loss/float64(n))
		}
	}
	onlyTopic, err := m.Evaluate(records[5:], 0)
	if _, ok := onlyTopic["sentiment"]; err != nil || ok {
		t.Errorf("a task without a label has scores: %+v (%v)", onlyTopic, err)
	}
	if _, err := m.Evaluate([]data.Record{{Text: "w1", Labels: map[string]string{"topic": "tecg"}}}, 0); err == nil || !strings.Contains(err.Error(), `did you mean "tech"?`) {
		t.Errorf("an unknown label: %v", err)
	}
}

func TestSetHeads(t *testing.T) {
	m := heads(t, head.Mean)
	topic := value(t, m, "heads.topic.weight")
	encoder := len(open(t, bert(t)).Names())
	if got := m.Names()[encoder:]; !slices.Equal(got, []string{"heads.topic.weight", "heads.topic.bias", "heads.sentiment.weight", "heads.sentiment.bias"}) {
		t.Errorf("the heads' parameters are %v", got)
	}

	// The same tasks at another weight keep what was learnt.
	p, _ := m.Params.Lookup("heads.topic.weight")
	m.Params.Ops().Fill(p.Value, 5)
	again := two()
	again[0].Weight = 0.25
	if err := m.SetHeads(head.Mean, again, 99); err != nil {
		t.Fatal(err)
	}
	if value(t, m, "heads.topic.weight")[0] != 5 || m.Heads.Tasks[0].Weight != 0.25 || m.Card.Tasks[0].Weight != 0.25 {
		t.Error("equal tasks must keep their heads and take the new weight")
	}

	// A refusal leaves everything as it was.
	bad := two()
	bad[1].Weight = -1
	for _, try := range []struct {
		style head.Style
		tasks []head.Task
	}{{"cnn", two()[:1]}, {head.Mean, nil}, {head.Mean, bad}, {"", two()}} {
		if err := m.SetHeads(try.style, try.tasks, 1); err == nil {
			t.Errorf("heads %q for %v were made", try.style, try.tasks)
		}
	}
	if value(t, m, "heads.topic.weight")[0] != 5 || len(m.Heads.Tasks) != 2 || m.Heads.Tasks[1].Weight != 0.5 {
		t.Error("a refusal has changed the heads")
	}
	if _, err := m.Predict([]string{"w1"}, 0); err != nil {
		t.Error(err)
	}

	// Other tasks make new heads; a head begins the same whatever stands beside it.
	third := append([]head.Task{{Name: "extra", Kind: head.SingleLabel, Labels: []string{"no", "yes"}, Weight: 1}}, two()...)
	if err := m.SetHeads(head.Mean, third, 7); err != nil {
		t.Fatal(err)
	}
	equal(t, "heads.topic.weight", value(t, m, "heads.topic.weight"), topic)
	if err := m.SetHeads(head.HF, two(), 7); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Params.Lookup("heads.extra.weight"); ok {
		t.Error("an old head is still there")
	}
	if _, ok := m.Params.Lookup("heads.topic.classifier.weight"); !ok || m.Card.Head != head.HF {
		t.Error("the family's own head is called heads.NAME.classifier")
	}
}

// TestCardBringsHeads: thaw.json says which heads a folder's weights hold.
func TestCardBringsHeads(t *testing.T) {
	fsys := bert(t)
	ts := tensors(t, fsys)
	w, b := ts[query], ts["encoder.layer.0.attention.self.query.bias"]
	w.Shape, w.F32 = []int{2, 36}, w.F32[:72]
	b.Shape, b.F32 = []int{2}, []float32{0.5, -0.5}
	ts["heads.mood.weight"], ts["heads.mood.bias"] = w, b
	setTensors(t, fsys, ts)
	if m := open(t, fsys); m.Heads != nil || !slices.Equal(m.Ignored, []string{"heads.mood.bias", "heads.mood.weight"}) {
		t.Errorf("without thaw.json, heads are %v and ignored %v", m.Heads, m.Ignored)
	}
	card(`{"version": 1, "head": "mean", "freeze": "layers:1", "tasks": [{"name": "mood", "kind": "single-label", "labels": ["bad", "good"], "weight": 2}]}`)(fsys)
	m := open(t, fsys)
	equal(t, "the bias", value(t, m, "heads.mood.bias"), b.F32)
	equal(t, "the weight", value(t, m, "heads.mood.weight"), w.F32)
	if m.Card.Freeze != "layers:1" || m.Heads.Tasks[0].Weight != 2 {
		t.Errorf("the card is %+v", m.Card)
	}
	if a, err := m.Predict([]string{"w1"}, 0); err != nil || a[0]["mood"].Label == "" {
		t.Errorf("%v, %v", a, err)
	}
}
