package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/safetensors"
)

// The recordings of weights/golden/train_random.py and distilbert_random.py: random encoders, two tasks, ten batches of
// eight sentences.
const (
	encoders  = "../encoder/testdata"
	lossTol   = 1e-4 // the design's bound for losses over ten steps
	gradTol   = 1e-4 // of the greatest entry of the tensor's gradient
	gradFloor = 1e-3 // of the greatest entry of all gradients
)

// recording is what was recorded of one family of encoders under one style of heads.
type recording struct {
	family    string
	style     head.Style
	gradients int // tensors that the loss reaches
}

var golden = []recording{{"bert", head.Mean, 57}, {"bert", head.HF, 59}, {"distilbert", head.Mean, 56}, {"distilbert", head.HF, 60}}

func (r recording) name() string { return r.family + "-" + string(r.style) }

// tensors reads a file of the recording.
func (r recording) tensors(t testing.TB, file string) map[string]safetensors.Tensor {
	t.Helper()
	return check.Golden(t, filepath.Join("testdata", r.name(), file))
}

// model is the recorded encoder with the recorded heads.
func (r recording) model(t testing.TB, ops backend.Backend, tensors map[string]safetensors.Tensor) *model.Model {
	t.Helper()
	m := familyModel(t, ops, r.family)
	if err := m.SetHeads(r.style, goldenTasks(), 1); err != nil {
		t.Fatal(err)
	}
	setHeads(t, m, tensors)
	return m
}

func goldenTasks() []head.Task {
	return []head.Task{
		{Name: "topic", Kind: head.SingleLabel, Labels: []string{"a", "b", "c", "d"}, Weight: 1},
		{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"a", "b"}, Weight: 0.5},
	}
}

// goldenModel is the random BERT with the recorded heads.
func goldenModel(t testing.TB, ops backend.Backend, style head.Style, tensors map[string]safetensors.Tensor) *model.Model {
	t.Helper()
	return recording{family: "bert", style: style}.model(t, ops, tensors)
}

// tinyModel is the random BERT with a tokenizer of letters, so that real texts can go through it.
func tinyModel(t testing.TB, ops backend.Backend) *model.Model {
	t.Helper()
	return familyModel(t, ops, "bert")
}

// familyModel is the random encoder of a family with the tokenizer of tinyModel.
func familyModel(t testing.TB, ops backend.Backend, family string) *model.Model {
	t.Helper()
	fsys := fstest.MapFS{"vocab.txt": {Data: []byte(letters())}}
	for _, name := range []string{"config.json", "model.safetensors"} {
		file, err := os.ReadFile(filepath.Join(encoders, family, name))
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: file}
	}
	m, err := model.Open(ops, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// letters is a vocabulary of special tokens and letters, alone and inside words.
func letters() string {
	v := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
	for c := 'a'; c <= 'z'; c++ {
		v += string(c) + "\n##" + string(c) + "\n"
	}
	return v
}

// setHeads writes recorded heads into a model.
func setHeads(t testing.TB, m *model.Model, tensors map[string]safetensors.Tensor) {
	t.Helper()
	for _, p := range m.Params.Params() {
		if !strings.HasPrefix(p.Name, "heads.") {
			continue
		}
		w, ok := tensors[p.Name]
		if !ok {
			t.Fatalf("the recording has no %s", p.Name)
		}
		m.Params.Ops().Write(p.Value, w.F32)
	}
}

// goldenExamples are the recorded sentences.
func goldenExamples(tensors map[string]safetensors.Tensor, tasks []head.Task) []data.Example {
	ids, off := tensors["ids"].I32, tensors["offsets"].I32
	ex := make([]data.Example, len(off)-1)
	for i := range ex {
		ex[i].IDs = ids[off[i]:off[i+1]]
		for _, task := range tasks {
			ex[i].Labels = append(ex[i].Labels, tensors["labels."+task.Name].I32[i])
		}
	}
	return ex
}

// goldenSettings are those of the recordings.
func goldenSettings(policy string) Settings {
	s := Defaults(3)
	s.Freeze, s.Batch, s.Steps, s.LR, s.HeadLR, s.Dropout, s.Shuffle = policy, 8, 10, 1e-3, 1e-2, 0, false
	s.MaxLength = 40
	return s
}

// start is a run over recorded examples, past the tokenizer.
func start(t testing.TB, m *model.Model, s Settings, ex []data.Example) *Trainer {
	t.Helper()
	tr, err := begin(m, s, &corpus{name: "train", examples: ex}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// firstGradients are those of the first step, without the step.
func (t *Trainer) firstGradients() error {
	index := t.sentences()
	return t.gradients(index, data.Labelled(t.train.examples, index))
}

func TestGradients(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name(), func(t *testing.T) {
			tensors := g.tensors(t, "gradients.safetensors")
			m := g.model(t, cpu.New(kernel.Serial()), tensors)
			ex := goldenExamples(tensors, m.Heads.Tasks)
			s := goldenSettings("none")
			s.Batch = len(ex)
			for _, tokens := range []int{2048, 100} { // whole, and in micro-batches
				s.BatchTokens = tokens
				tr := start(t, m, s, ex)
				if err := tr.firstGradients(); err != nil {
					t.Fatal(err)
				}
				compareGradients(t, m, tensors, g.gradients)
				tr.Close()
			}
		})
	}
}

// compareGradients is the rule of the design: an entry is right when it is within 1e-4 of the tensor's greatest, or of
// a thousandth of the greatest of all; key biases, whose true gradient is zero, only against that floor.
func compareGradients(t *testing.T, m *model.Model, tensors map[string]safetensors.Tensor, count int) {
	t.Helper()
	greatest, all := map[string]float64{}, 0.0
	for name, w := range tensors {
		if n, ok := strings.CutPrefix(name, "grad."); ok {
			greatest[n] = norm(w.F32)
			all = max(all, greatest[n])
		}
	}
	seen := 0
	for _, p := range m.Params.Params() {
		w, ok := tensors["grad."+p.Name]
		if ok != p.Thawed() {
			t.Errorf("%s: recorded %v, thawed %v", p.Name, ok, p.Thawed())
			continue
		}
		if !ok {
			continue
		}
		seen++
		got := make([]float32, p.Size())
		if err := m.Params.Ops().Read(got, p.Grad); err != nil {
			t.Fatal(err)
		}
		tol := gradTol * max(greatest[p.Name], gradFloor*all)
		if strings.HasSuffix(p.Name, ".key.bias") || strings.HasSuffix(p.Name, ".k_lin.bias") {
			tol = gradTol * gradFloor * all
		}
		check.Close(t, p.Name, got, w.F32, tol)
	}
	if seen != count {
		t.Errorf("%d gradients compared, want %d", seen, count)
	}
}

func norm(x []float32) (top float64) {
	for _, e := range x {
		top = max(top, math.Abs(float64(e)))
	}
	return top
}

// log is what was recorded of ten steps.
type log struct {
	Loss, Topic, Sentiment, GradNorm, Factor []float64
}

func TestTenSteps(t *testing.T) {
	for _, g := range golden {
		tensors := g.tensors(t, "steps.safetensors")
		for policy, want := range logs(t, filepath.Join(g.name(), "losses.json")) {
			t.Run(g.name()+"/"+policy, func(t *testing.T) {
				tenSteps(t, g, tensors, goldenSettings(policy), want)
			})
		}
		variants := logs(t, filepath.Join(g.name(), "variants.json"))
		t.Run(g.name()+"/cosine", func(t *testing.T) {
			s := goldenSettings("none")
			s.Schedule = "cosine"
			tenSteps(t, g, tensors, s, variants["cosine"])
		})
		t.Run(g.name()+"/layerDecay", func(t *testing.T) {
			s := goldenSettings("none")
			s.LayerDecay = 0.8
			tenSteps(t, g, tensors, s, variants["layerDecay"])
		})
	}
}

func logs(t *testing.T, path string) map[string]log {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	var l map[string]log
	if err := json.Unmarshal(raw, &l); err != nil {
		t.Fatal(err)
	}
	if len(l) == 0 {
		t.Fatalf("%s records nothing", path)
	}
	return l
}

func tenSteps(t *testing.T, g recording, tensors map[string]safetensors.Tensor, s Settings, want log) {
	m := g.model(t, cpu.New(kernel.Serial()), tensors)
	tr := start(t, m, s, goldenExamples(tensors, m.Heads.Tasks))
	defer tr.Close()
	for i := range want.Loss {
		var e StepEvent
		if err := tr.Step(func(ev Event) { e, _ = ev.(StepEvent) }); err != nil {
			t.Fatal(err)
		}
		near(t, i, "loss", e.Loss, want.Loss[i], lossTol)
		near(t, i, "topic", e.Losses["topic"], want.Topic[i], lossTol)
		near(t, i, "sentiment", e.Losses["sentiment"], want.Sentiment[i], lossTol)
		near(t, i, "norm", e.GradNorm, want.GradNorm[i], lossTol*max(1, want.GradNorm[i]))
	}
	for name, w := range tensors {
		if n, ok := strings.CutPrefix(name, "final."+s.Freeze+"."); ok && s.Schedule == "linear" && s.LayerDecay == 1 {
			p, _ := m.Params.Lookup(n)
			got := make([]float32, p.Size())
			if err := m.Params.Ops().Read(got, p.Value); err != nil {
				t.Fatal(err)
			}
			check.Close(t, n, got, w.F32, lossTol)
		}
	}
}

func near(t *testing.T, step int, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("step %d: %s is %.7g, PyTorch has %.7g", step+1, what, got, want)
	}
}
