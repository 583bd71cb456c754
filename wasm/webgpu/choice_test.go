package webgpu

import (
	"testing"
	"time"

	"thaw/wasm/shader"
)

// TestChoice: what Choice says Recall takes; what another version said it does not.
func TestChoice(t *testing.T) {
	g, _ := listen(t)
	first := g.Choice()
	g.Force(shader.Tiles[4])
	g.ForceNorm(1)
	said := g.Choice()
	if said == first {
		t.Errorf("another choice is in the same words: %s", said)
	}
	other, _ := listen(t)
	if err := other.Recall(said); err != nil || other.Choice() != said {
		t.Errorf("recalled %q as %q, %v", said, other.Choice(), err)
	}
	for _, bad := range []string{"", "nt 4x8_8x8_0", "nt 9x9_8x8_0, nn 4x8_8x8_0, tn 4x8_8x8_0, norm 64", "nt 4x8_8x8_0, nn 4x8_8x8_0, tn 4x8_8x8_0, norm 3"} {
		if err := other.Recall(bad); err == nil || other.Choice() != said {
			t.Errorf("Recall(%q) = %v", bad, err)
		}
	}
}

// TestTune: every candidate is tried, and nothing is left behind.
func TestTune(t *testing.T) {
	g, l := listen(t)
	if err := g.Tune(time.Hour); err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, name := range l.take() {
		tried[name] = true
	}
	for _, tile := range shader.Tiles {
		if !tried["matmul_nt_store_"+tile.Name()] {
			t.Errorf("the tile %s was not tried", tile.Name())
		}
	}
	if !tried["layer_norm_1"] || !tried["layer_norm_64"] {
		t.Error("the ways of sharing a row were not tried")
	}
	if err := g.Sync(); err != nil || len(l.buffers) != firstBuffer {
		t.Errorf("%d buffers are left, %v", len(l.buffers)-firstBuffer, err)
	}
}

// Prepare remembers what was kept, if this version has it, and keeps what it finds.
func TestPrepareRemembers(t *testing.T) {
	g, l := listen(t)
	want := "nt 8x8_8x8_0, nn 4x8_8x8_0, tn 4x8_8x8_0, norm 1"
	l.kept = want
	if err := g.Prepare(0); err != nil || g.Choice() != want || len(l.take()) > 0 {
		t.Errorf("%v, the choice %s", err, g.Choice())
	}
	g, l = listen(t)
	l.kept = "nt of another version"
	if err := g.Prepare(0); err != nil || l.kept != g.Choice() {
		t.Errorf("%v, kept %q, the choice %q", err, l.kept, g.Choice())
	}
}
