package model_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/encoder"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/model"
	"thaw/core/nn"
	"thaw/core/safetensors"
)

const (
	index = "model.safetensors.index.json"
	first = "model-00001-of-00002.safetensors"
	last  = "model-00002-of-00002.safetensors"
)

// distilbert is a DistilBertModel as transformers saves it, its names without prefix.
func distilbert(t testing.TB) fstest.MapFS { return folder(t, "distilbert", 97) }

// sharded is a DistilBertForMaskedLM in float16 and in two shards.
func sharded(t testing.TB) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"vocab.txt": {Data: vocabulary(53)}}
	for _, name := range []string{"config.json", index, first, last} {
		b, err := os.ReadFile(filepath.Join("..", "encoder", "testdata", "distilbert2", name))
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: b}
	}
	return fsys
}

// lastHidden compares a model's last hidden state with a recording, within tol.
func lastHidden(t *testing.T, m *model.Model, name string, tol float64) {
	t.Helper()
	g := check.Golden(t, filepath.Join("..", "encoder", "testdata", name, "golden.safetensors"))
	want := g[fmt.Sprintf("hidden.%d", m.Encoder.Config.Layers)].F32
	check.Close(t, "the last hidden state", forward(t, m, nn.Batch{IDs: g["ids"].I32, Offsets: g["offsets"].I32}), want, tol)
}

func TestDistilBERT(t *testing.T) {
	m := open(t, distilbert(t))
	lastHidden(t, m, "distilbert", hiddenTol)
	if m.Encoder.Config.Family != encoder.DistilBERT || len(m.Ignored) > 0 || len(m.Fresh) > 0 {
		t.Errorf("family %s, ignored %v, made anew %v", m.Encoder.Config.Family, m.Ignored, m.Fresh)
	}
}

// TestOldDistilBERT: prefix, gamma and beta, and beside the encoder the heads of pre-training and of a classifier.
func TestOldDistilBERT(t *testing.T) {
	fsys := distilbert(t)
	old := map[string]safetensors.Tensor{}
	for name, w := range tensors(t, fsys) {
		if strings.Contains(name, "LayerNorm") || strings.Contains(name, "layer_norm") {
			name = strings.NewReplacer(".weight", ".gamma", ".bias", ".beta").Replace(name)
		}
		old["distilbert."+name] = w
	}
	heads := []string{
		"classifier.bias", "classifier.weight", "pre_classifier.bias", "pre_classifier.weight", "vocab_layer_norm.beta", "vocab_layer_norm.gamma",
		"vocab_projector.bias", "vocab_projector.weight", "vocab_transform.bias", "vocab_transform.weight",
	}
	for _, name := range heads {
		old[name] = safetensors.Tensor{Shape: []int{2}, F32: make([]float32, 2)}
	}
	setTensors(t, fsys, old)
	m := open(t, fsys)
	slices.Sort(m.Ignored)
	if !slices.Equal(m.Ignored, heads) || len(m.Fresh) > 0 {
		t.Errorf("ignored are %v, want %v; made anew %v", m.Ignored, heads, m.Fresh)
	}
	lastHidden(t, m, "distilbert", hiddenTol)
}

// TestDistilBERTInBrain: every tensor of a file of bfloat16 is widened.
func TestDistilBERTInBrain(t *testing.T) {
	fsys := distilbert(t)
	want := tensors(t, fsys)
	fsys["model.safetensors"] = &fstest.MapFile{Data: asBrain(t, fsys)}
	m := open(t, fsys)
	for _, name := range m.Names() {
		w := slices.Clone(want[strings.TrimPrefix(name, "distilbert.")].F32)
		for i, e := range w {
			w[i] = math.Float32frombits(math.Float32bits(e) &^ 0xffff)
		}
		equal(t, name, value(t, m, name), w)
	}
}

// TestHeadsOfDistilBERT: the family's own head has a dense layer and a classifier for each task, drawn by the seed; its
// dropout is the configuration's own.
func TestHeadsOfDistilBERT(t *testing.T) {
	m := open(t, distilbert(t))
	if err := m.SetHeads(head.HF, two(), 3); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range m.Params.Params() {
		if strings.HasPrefix(p.Group, "heads.") {
			names = append(names, fmt.Sprint(p.Name, p.Shape))
		}
	}
	want := []string{
		"heads.topic.pre_classifier.weight[27 27]", "heads.topic.pre_classifier.bias[27]", "heads.topic.classifier.weight[3 27]", "heads.topic.classifier.bias[3]",
		"heads.sentiment.pre_classifier.weight[27 27]", "heads.sentiment.pre_classifier.bias[27]", "heads.sentiment.classifier.weight[2 27]", "heads.sentiment.classifier.bias[2]",
	}
	if !slices.Equal(names, want) || m.Heads.Dropout != 0.2 {
		t.Errorf("heads are %v with dropout %g, want %v", names, m.Heads.Dropout, want)
	}
	if w := value(t, m, "heads.topic.pre_classifier.weight"); slices.Max(w) < 0.2 || slices.Equal(w, value(t, m, "heads.sentiment.pre_classifier.weight")) {
		t.Error("the dense layers are not drawn, or the same")
	}
	before, err := m.Predict([]string{"a bc", "w1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "saved")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	back, err := model.Open(device(), os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if after, err := back.Predict([]string{"a bc", "w1"}, 0); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("read back it answers %v, %v; want %v", after, err, before)
	}
	lastHidden(t, back, "distilbert", hiddenTol)
}

// TestShards: each shard of the index is read, float16 widened, the pre-training head ignored and listed.
func TestShards(t *testing.T) {
	m := open(t, sharded(t))
	lastHidden(t, m, "distilbert2", hiddenTol)
	want := []string{"vocab_layer_norm.bias", "vocab_layer_norm.weight", "vocab_projector.bias", "vocab_transform.bias", "vocab_transform.weight"}
	slices.Sort(m.Ignored)
	if !slices.Equal(m.Ignored, want) {
		t.Errorf("ignored are %v, want %v", m.Ignored, want)
	}
}

// TestSavedTypeIsFloat32: weights that were half precision are saved as float32, and config.json says so to transformers.
func TestSavedTypeIsFloat32(t *testing.T) {
	for name, c := range map[string]struct {
		fsys fstest.MapFS
		same bool
	}{"half": {sharded(t), false}, "single": {distilbert(t), true}, "an older word": {withType(t), false}, "unsaid": {bert2(t), true}} {
		files, err := open(t, c.fsys).Files()
		if err != nil {
			t.Fatal(err)
		}
		was, got := c.fsys["config.json"].Data, files["config.json"]
		if same := string(got) == string(was); same != c.same {
			t.Errorf("%s: config.json is unchanged: %v, want %v: %s", name, same, c.same, got)
		}
		var before, after map[string]any
		if err := errors.Join(json.Unmarshal(was, &before), json.Unmarshal(got, &after)); err != nil {
			t.Fatal(err)
		}
		for key, v := range before {
			if key == "dtype" || key == "torch_dtype" {
				v = "float32"
			}
			if fmt.Sprint(after[key]) != fmt.Sprint(v) || len(after) != len(before) {
				t.Errorf("%s: %s is %v, want %v", name, key, after[key], v)
			}
		}
	}
}

// withType is a folder whose config.json says in an older word of transformers that its weights are bfloat16.
func withType(t *testing.T) fstest.MapFS {
	fsys := distilbert(t)
	fsys["config.json"].Data = bytes.Replace(fsys["config.json"].Data, []byte(`"dtype": "float32"`), []byte(`"torch_dtype": "bfloat16"`), 1)
	return fsys
}

// TestOneFileBeforeShards: a folder that has both is read as transformers reads it.
func TestOneFileBeforeShards(t *testing.T) {
	fsys := distilbert(t)
	fsys[index] = &fstest.MapFile{Data: []byte(`{"weight_map": {"x": "gone.safetensors"}}`)}
	lastHidden(t, open(t, fsys), "distilbert", hiddenTol)
}

// weightMap is the index with some tensors sent elsewhere.
func weightMap(t *testing.T, fsys fstest.MapFS, changes map[string]string) []byte {
	t.Helper()
	var all struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(fsys[index].Data, &all); err != nil {
		t.Fatal(err)
	}
	maps.Copy(all.Map, changes)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFaultyShards(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fsys fstest.MapFS)
		reason string
		is     error
	}{
		"a shard is missing":   {func(f fstest.MapFS) { delete(f, last) }, index + ": 1 of 2 shards are missing: " + last, fs.ErrNotExist},
		"both are missing":     {func(f fstest.MapFS) { delete(f, first); delete(f, last) }, "2 of 2 shards are missing: " + first + ", " + last, fs.ErrNotExist},
		"a shard is cut short": {func(f fstest.MapFS) { f[last].Data = f[last].Data[:4000] }, "shard " + last + ": ", safetensors.ErrTruncated},
		"a path":               {func(f fstest.MapFS) { f[index].Data = weightMap(t, f, map[string]string{"x": "../" + first}) }, "want a plain name", nil},
		"another path":         {func(f fstest.MapFS) { f[index].Data = weightMap(t, f, map[string]string{"x": `..\x.safetensors`}) }, "want a plain name", nil},
		"another kind":         {func(f fstest.MapFS) { f[index].Data = weightMap(t, f, map[string]string{"x": "config.json"}) }, "that ends in .safetensors", nil},
		"no shard":             {func(f fstest.MapFS) { f[index].Data = []byte(`{}`) }, "weight_map names 0 shards, want 1 to 1024", nil},
		"too many": {func(f fstest.MapFS) {
			many := map[string]string{}
			for i := range 1030 {
				many[fmt.Sprint(i)] = fmt.Sprintf("%d.safetensors", i)
			}
			f[index].Data = weightMap(t, f, many)
		}, "weight_map names 1032 shards", nil},
		"no JSON":     {func(f fstest.MapFS) { f[index].Data = []byte(`{`) }, index + ": unexpected end", nil},
		"an odd map":  {func(f fstest.MapFS) { f[index].Data = []byte(`{"weight_map": [1]}`) }, index + ": json: cannot unmarshal", nil},
		"too long":    {func(f fstest.MapFS) { f[index].Data = make([]byte, 64<<20+1) }, "longer than the 67108864 bytes", nil},
		"stale index": {func(f fstest.MapFS) { f[last].Data = f[first].Data }, "stands twice", nil},
		"half an index": {func(f fstest.MapFS) { f[index].Data = []byte(`{"weight_map": {"x": "` + first + `"}}`) },
			"12 tensors are missing: distilbert.transformer.layer.1.attention.v_lin.weight", nil},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := sharded(t)
			c.change(fsys)
			_, err := model.Open(device(), fsys)
			if !errors.Is(err, model.ErrWeights) || !strings.Contains(err.Error(), c.reason) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want an ErrWeights with %q", err, c.reason)
			}
		})
	}
}
