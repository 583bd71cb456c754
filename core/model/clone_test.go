package model_test

import (
	"reflect"
	"testing"

	"thaw/core/head"
)

// TestClone changes every weight of a clone, its heads and its dropout: the model it came from answers as before.
func TestClone(t *testing.T) {
	m := heads(t, head.Mean)
	texts := []string{"the team won", "a"}
	before, err := m.Predict(texts, 16)
	if err != nil {
		t.Fatal(err)
	}
	dropout := m.Encoder.Config.Dropout
	m.Encoder.Config.Dropout = 0.7 // as a run does until it is closed
	c, err := m.Clone()
	if err != nil {
		t.Fatal(err)
	}
	if c.Encoder.Config.Dropout != dropout {
		t.Errorf("the clone has the dropout %v, config.json says %v", c.Encoder.Config.Dropout, dropout)
	}
	if same, err := c.Predict(texts, 16); err != nil || !reflect.DeepEqual(before, same) {
		t.Errorf("the clone answers %v, %v; the model %v", same, err, before)
	}
	for _, p := range c.Params.Params() {
		c.Params.Ops().Fill(p.Value, 0.5)
	}
	if err := c.SetHeads(head.HF, two(), 1); err != nil {
		t.Fatal(err)
	}
	if after, err := m.Predict(texts, 16); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("after the clone has changed the model answers %v, %v; before %v", after, err, before)
	}
	c.Free()
	if after, err := m.Predict(texts, 16); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("after the clone is gone the model answers %v, %v", after, err)
	}
}
