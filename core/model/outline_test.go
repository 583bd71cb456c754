package model_test

import (
	"slices"
	"testing"

	"thaw/core/head"
	"thaw/core/model"
)

// TestOutline has the names and shapes of the model itself.
func TestOutline(t *testing.T) {
	for _, style := range []head.Style{head.Mean, head.HF} {
		m := heads(t, style)
		o, err := model.Outline(bert(t)["config.json"].Data, style, m.Heads.Tasks)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(o.Names(), m.Names()) || o.Params.Total() != m.Params.Total() {
			t.Errorf("%s: %d parameters in the outline, %d in the model", style, o.Params.Total(), m.Params.Total())
		}
	}
	if _, err := model.Outline([]byte(`{"model_type":"roberta"}`), head.Mean, two()); err == nil {
		t.Error("an outline of a family that is not known")
	}
}
