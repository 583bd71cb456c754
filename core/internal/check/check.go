// Package check helps tests compare numbers with recordings.
package check

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"thaw/core/safetensors"
)

// Golden reads a recorded safetensors file.
func Golden(t testing.TB, path string) map[string]safetensors.Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ts, _, err := safetensors.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// Close fails if an element differs from the wanted one by more than tol, and names the worst.
func Close(t testing.TB, name string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	worst, at := 0.0, -1
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if d > worst || d != d {
			worst, at = d, i
		}
		if d != d {
			break
		}
	}
	if !(worst <= tol) {
		t.Errorf("%s: element %d is %g, want %g (off by %.3g, allowed %.3g)", name, at, got[at], want[at], worst, tol)
	}
}

// MiniLM is the folder of the real model, which `thaw fetch minilm` fills. A test that needs it is skipped where it is not
// there; ./build.sh test fetches it first.
func MiniLM(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("go.mod not found above the test's folder")
		}
		dir = up
	}
	dir = filepath.Join(dir, "weights", "cache", "minilm")
	if _, err := os.Stat(filepath.Join(dir, "model.safetensors")); err != nil {
		if os.Getenv("THAW_WEIGHTS") == "required" {
			t.Fatalf("%v; run `thaw fetch minilm`", err)
		}
		t.Skip("the real MiniLM is not there; `thaw fetch minilm` brings it")
	}
	return dir
}
