package model_test

import (
	"testing"
	"testing/fstest"

	"thaw/core/model"
)

// Whatever thaw.json and the index of the shards say: a model that answers, or an error.
func FuzzOpen(f *testing.F) {
	heads := `{"version": 1, "head": "mean", "tasks": [{"name": "topic", "kind": "single-label", "labels": ["a", "b"], "weight": 1}]}`
	f.Add([]byte(heads), []byte(`{"weight_map": {"distilbert.embeddings.LayerNorm.bias": "`+last+`"}}`))
	f.Add([]byte(`{"version": 1, "head": "hf", "tasks": [], "settings": {"maxLength": -1}}`), sharded(f)[index].Data)
	f.Add([]byte(`{"version": 1, "trained": null}`), []byte(`{"weight_map": {"": "../x", "a": 1}}`))
	f.Fuzz(func(t *testing.T, card, list []byte) {
		fsys := sharded(t)
		fsys["thaw.json"] = &fstest.MapFile{Data: card}
		fsys[index] = &fstest.MapFile{Data: list}
		m, err := model.Open(device(), fsys)
		if err != nil {
			return
		}
		defer m.Free()
		if m.Heads == nil {
			t.Fatal("a thaw.json and no heads")
		}
		if _, err := m.Predict([]string{"w1 w2"}, 0); err != nil {
			t.Error(err)
		}
	})
}
