package model_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"thaw/core/backend"
	"thaw/core/model"
	"thaw/core/safetensors"
)

const query = "encoder.layer.1.attention.self.query.weight"

// TestNamesWithoutPrefix: a file of AutoModel has no prefix; the parameters have it.
func TestNamesWithoutPrefix(t *testing.T) {
	fsys := bert(t)
	m := open(t, fsys)
	equal(t, query, value(t, m, "bert."+query), tensors(t, fsys)[query].F32)
	if len(m.Ignored) > 0 || len(m.Fresh) > 0 {
		t.Errorf("ignored %v, made anew %v; want neither", m.Ignored, m.Fresh)
	}
}

// TestNamesOfEarlyCheckpoint: prefix, gamma and beta, and the heads of pre-training beside the encoder.
func TestNamesOfEarlyCheckpoint(t *testing.T) {
	fsys := bert2(t)
	m, ts := open(t, fsys), tensors(t, fsys)
	equal(t, query, value(t, m, "bert."+query), ts["bert."+query].F32)
	const norm = "bert.encoder.layer.0.output.LayerNorm"
	equal(t, "gamma", value(t, m, norm+".weight"), ts[norm+".gamma"].F32)
	equal(t, "beta", value(t, m, norm+".bias"), ts[norm+".beta"].F32)
	want := []string{
		"bert.embeddings.position_ids", "cls.predictions.bias", "cls.predictions.transform.LayerNorm.beta", "cls.predictions.transform.LayerNorm.gamma",
		"cls.predictions.transform.dense.bias", "cls.predictions.transform.dense.weight", "cls.seq_relationship.bias", "cls.seq_relationship.weight",
	}
	slices.Sort(m.Ignored)
	if !slices.Equal(m.Ignored, want) {
		t.Errorf("ignored are %v, want %v", m.Ignored, want)
	}
	if err := m.ReadWeights(bytes.NewReader(fsys["model.safetensors"].Data)); err != nil || len(m.Ignored) != len(want) {
		t.Errorf("read again, %v; ignored are %v", err, m.Ignored)
	}
}

// away hides that a device's memory is the host's.
type away struct{ backend.Backend }

// TestDeviceAway streams the weights to a device that only takes whole tensors.
func TestDeviceAway(t *testing.T) {
	fsys := bert(t)
	near := open(t, fsys)
	far, err := model.Open(away{device()}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range near.Names() {
		equal(t, name, value(t, far, name), value(t, near, name))
	}
}

// TestHalfPrecision: a file of bfloat16 is widened.
func TestHalfPrecision(t *testing.T) {
	fsys := bert(t)
	want := tensors(t, fsys)[query].F32
	fsys["model.safetensors"] = &fstest.MapFile{Data: asBrain(t, fsys)}
	for i, e := range value(t, open(t, fsys), "bert."+query) {
		if w := math.Float32frombits(math.Float32bits(want[i]) &^ 0xffff); e != w {
			t.Fatalf("element %d is %g, want %g", i, e, w)
		}
	}
}

// asBrain rewrites a folder's weights as BF16, cutting the lower half of each number.
func asBrain(t *testing.T, fsys fstest.MapFS) []byte {
	t.Helper()
	whole := fsys["model.safetensors"].Data
	h, err := safetensors.ReadHeader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	for _, i := range h.Tensors {
		fields[i.Name] = map[string]any{"dtype": "BF16", "shape": i.Shape, "data_offsets": []int64{i.Offset / 2, (i.Offset + i.Size) / 2}}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	out := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for at := int(h.HeaderSize); at < len(whole); at += 4 {
		out = append(out, whole[at+2], whole[at+3])
	}
	return out
}

// TestFaultyWeights: each fault is an ErrWeights that names the tensor and what was wanted.
func TestFaultyWeights(t *testing.T) {
	for name, c := range map[string]struct {
		change func(ts map[string]safetensors.Tensor)
		reason string
	}{
		"a tensor is missing": {func(ts map[string]safetensors.Tensor) { delete(ts, query) }, "1 tensors are missing: bert." + query},
		"many are missing": {func(ts map[string]safetensors.Tensor) {
			for n := range ts {
				if strings.HasPrefix(n, "encoder.layer.2.") {
					delete(ts, n)
				}
			}
		}, "16 tensors are missing: bert.encoder.layer.2.attention.self.query.weight, "},
		"another shape": {func(ts map[string]safetensors.Tensor) {
			w := ts[query]
			w.Shape = []int{18, 72}
			ts[query] = w
		}, query + " is [18 72], config.json makes it [36 36]"},
		"twice": {func(ts map[string]safetensors.Tensor) { ts["bert."+query] = ts[query] }, "stands twice"},
		"whole numbers": {func(ts map[string]safetensors.Tensor) {
			ts[query] = safetensors.Tensor{Shape: []int{36, 36}, I32: make([]int32, 36*36)}
		}, "dtype I32 cannot become float32"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := bert(t)
			ts := tensors(t, fsys)
			c.change(ts)
			setTensors(t, fsys, ts)
			_, err := model.Open(device(), fsys)
			if !errors.Is(err, model.ErrWeights) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, want an ErrWeights with %q", err, c.reason)
			}
		})
	}
}

// TestManyMissingAreCounted: six names and the number of the others, not a page of them.
func TestManyMissingAreCounted(t *testing.T) {
	fsys := bert(t)
	setTensors(t, fsys, map[string]safetensors.Tensor{query: tensors(t, fsys)[query]})
	_, err := model.Open(device(), fsys)
	if err == nil || !strings.Contains(err.Error(), "52 tensors are missing") || !strings.HasSuffix(err.Error(), " and 46 more") {
		t.Errorf("got %v", err)
	}
}

// TestCutShort: a download that broke off.
func TestCutShort(t *testing.T) {
	for _, keep := range []float64{0, 1e-4, 0.1, 0.5, 0.99999} {
		fsys := bert(t)
		whole := fsys["model.safetensors"].Data
		fsys["model.safetensors"] = &fstest.MapFile{Data: whole[:int(keep*float64(len(whole)))]}
		_, err := model.Open(device(), fsys)
		if !errors.Is(err, model.ErrWeights) || !errors.Is(err, safetensors.ErrTruncated) {
			t.Errorf("%g of the file: %v", keep, err)
		}
	}
}

// TestFreshPooler: a checkpoint without BERT's pooler gets one as transformers makes it, the same each time.
func TestFreshPooler(t *testing.T) {
	fsys := bert(t)
	ts := tensors(t, fsys)
	delete(ts, "pooler.dense.weight")
	delete(ts, "pooler.dense.bias")
	setTensors(t, fsys, ts)
	m := open(t, fsys)
	if want := []string{"bert.pooler.dense.weight", "bert.pooler.dense.bias"}; !slices.Equal(m.Fresh, want) {
		t.Errorf("made anew are %v, want %v", m.Fresh, want)
	}
	w := value(t, m, "bert.pooler.dense.weight")
	var squares float64
	for _, e := range w {
		squares += float64(e) * float64(e)
	}
	// initializer_range is 0.2; the deviation of 1296 draws is within 8 % of it (four times 1/√(2·1296)).
	if std := math.Sqrt(squares / float64(len(w))); math.Abs(std/0.2-1) > 0.08 {
		t.Errorf("the deviation of the weight is %g, want 0.2", std)
	}
	p, _ := m.Params.Lookup("bert.pooler.dense.bias")
	m.Params.Ops().Fill(p.Value, 3)
	if err := m.ReadWeights(bytes.NewReader(fsys["model.safetensors"].Data)); err != nil {
		t.Fatal(err)
	}
	equal(t, "weight, read again", value(t, m, "bert.pooler.dense.weight"), w)
	equal(t, "bias, read again", value(t, m, p.Name), make([]float32, 36))
}

// TestFaultyFolders: what is not there or does not fit is said before memory is taken.
func TestFaultyFolders(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		reason string
		is     error
	}{
		"no config":    {func(f fstest.MapFS) { delete(f, "config.json") }, "a model folder holds config.json, a tokenizer and model.safetensors", fs.ErrNotExist},
		"no tokenizer": {func(f fstest.MapFS) { delete(f, "vocab.txt") }, "neither tokenizer.json nor vocab.txt", fs.ErrNotExist},
		"no weights":   {func(f fstest.MapFS) { delete(f, "model.safetensors") }, "model.safetensors", model.ErrWeights},
		"a tokenizer of another model": {func(f fstest.MapFS) { f["vocab.txt"].Data = vocabulary(98) },
			"the tokenizer has 98 tokens and config.json a vocabulary of 97", nil},
		"too few positions": {func(f fstest.MapFS) {
			f["config.json"].Data = bytes.Replace(f["config.json"].Data, []byte(`"max_position_embeddings": 40`), []byte(`"max_position_embeddings": 2`), 1)
		}, "2 special tokens around a text, want at least one and fewer than the 2 positions", nil},
		"thaw.json is no JSON":        {card(`{`), "thaw.json: unexpected end", nil},
		"thaw.json of the future":     {card(`{"version": 2}`), "thaw.json: version 2, this program reads version 1", nil},
		"thaw.json without tasks":     {card(`{"version": 1, "head": "mean"}`), "thaw.json: task: there is none", nil},
		"thaw.json with another head": {card(`{"version": 1, "head": "cnn"}`), `thaw.json: head "cnn" is unknown`, nil},
		"heads that are not in the file": {card(`{"version": 1, "head": "mean", "tasks": [{"name": "topic", "kind": "single-label", "labels": ["a", "b"], "weight": 1}]}`),
			"2 tensors are missing: heads.topic.weight, heads.topic.bias", model.ErrWeights},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := bert(t)
			c.change(fsys)
			_, err := model.Open(device(), fsys)
			if err == nil || !strings.Contains(err.Error(), c.reason) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.reason)
			}
		})
	}
}

func card(text string) func(fstest.MapFS) {
	return func(f fstest.MapFS) { f["thaw.json"] = &fstest.MapFile{Data: []byte(text)} }
}
