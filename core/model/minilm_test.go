package model_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"thaw/core/internal/check"
	"thaw/core/model"
	"thaw/core/tensor"
)

// TestMiniLM compares ids and embeddings of everyday texts with transformers on the real all-MiniLM-L6-v2
// (weights/golden/minilm.py).
func TestMiniLM(t *testing.T) {
	m, err := model.Open(device(), os.DirFS(check.MiniLM(t)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join("testdata", "minilm", "texts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(file, &texts); err != nil {
		t.Fatal(err)
	}
	g := check.Golden(t, filepath.Join("testdata", "minilm", "golden.safetensors"))
	const maxLength = 128
	ids, offsets := g["ids"].I32, g["offsets"].I32
	if len(texts) == 0 || len(offsets) != len(texts)+1 {
		t.Fatalf("%d texts and %d offsets", len(texts), len(offsets))
	}
	for i, s := range texts {
		if got, want := m.Tokenizer.Encode(s, maxLength).IDs, ids[offsets[i]:offsets[i+1]]; !slices.Equal(got, want) {
			t.Errorf("text %d, %.60q: ids are %v, want %v", i, s, got, want)
		}
	}
	encode := func(pool model.Pool, texts []string) []*tensor.Tensor {
		out, err := m.Encode(texts, pool, maxLength)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for pool, name := range map[model.Pool]string{model.PoolMean: "mean", model.PoolFirst: "first"} {
		h := m.Encoder.Config.Hidden
		for i, x := range encode(pool, texts) {
			check.Close(t, fmt.Sprintf("%s of text %d", name, i), x.Data, g[name].F32[i*h:(i+1)*h], hiddenTol)
		}
	}
	for _, i := range []int{0, 4, 26, 53, 65, 83} {
		name := fmt.Sprintf("hidden.%d", i)
		check.Close(t, name, encode(model.PoolNone, texts[i:i+1])[0].Data, g[name].F32, hiddenTol)
	}
	if !slices.Equal(m.Ignored, []string{"embeddings.position_ids"}) || len(m.Fresh) > 0 {
		t.Errorf("ignored are %v, made anew %v", m.Ignored, m.Fresh)
	}
}
