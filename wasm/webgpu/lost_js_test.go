package webgpu_test

import (
	"errors"
	"testing"

	"thaw/core/head"
	"thaw/core/train"
	"thaw/wasm/webgpu"
)

// TestLost destroys the device in the middle of a run, as a driver may: steps and reads say so, and a new device opens
// and computes. The other tests go on with that one.
func TestLost(t *testing.T) {
	g := open(t)
	m := tiny(t, g, "bert", head.Mean)
	s := train.Defaults(3)
	s.Freeze, s.Steps, s.Batch, s.MaxLength = "none", 20, 8, 40
	d := train.Data{Train: records(24)}
	tr, err := train.New(m, s, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Step(func(train.Event) {}); err != nil {
		t.Fatal(err)
	}
	if err := g.Lose(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // lost for good
		if err := tr.Step(func(train.Event) {}); !errors.Is(err, webgpu.ErrDeviceLost) {
			t.Fatalf("a step on a lost device = %v, want ErrDeviceLost", err)
		}
	}
	if err := g.Read(make([]float32, 4), g.Alloc(4)); !errors.Is(err, webgpu.ErrDeviceLost) {
		t.Errorf("Read on a lost device = %v", err)
	}
	tr.Close()
	m.Free()
	device = nil
	again := open(t)
	b := again.Alloc(64)
	again.Fill(b, 2)
	got := make([]float32, 64)
	if err := again.Read(got, b); err != nil || got[63] != 2 {
		t.Errorf("a new device reads %g, %v", got[63], err)
	}
}
