package check

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thaw/core/safetensors"
)

// recorder is a test that remembers what was said instead of failing.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, a ...any) { r.said = fmt.Sprintf(format, a...) }

// Fatalf ends the check, as the one of testing does.
func (r *recorder) Fatalf(format string, a ...any) {
	r.Errorf(format, a...)
	panic(r)
}

// said is what Close says of two arrays, "" if it is content.
func said(t *testing.T, got, want []float32, tol float64) string {
	r := &recorder{TB: t}
	func() {
		defer func() { _ = recover() }()
		Close(r, "x", got, want, tol)
	}()
	return r.said
}

// TestClose: a test helper that lets errors pass would make every other test worthless.
func TestClose(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		got, want []float32
		tol       float64
		says      string // "" for nothing
	}{
		{nil, nil, 0, ""},
		{[]float32{1, 2}, []float32{1, 2}, 0, ""},
		{[]float32{1, 2.25}, []float32{1, 2}, 0.25, ""},
		{[]float32{1, 2.5, 3.25}, []float32{1, 2, 3}, 0.25, "x: element 1 is 2.5, want 2 (off by 0.5, allowed 0.25)"},
		{[]float32{1, 2.5, 7}, []float32{1, 2, 3}, 0.25, "element 2 is 7"}, // the worst is named
		{[]float32{1, math.Nextafter32(1, 2)}, []float32{1, 1}, 0, "element 1"},
		{[]float32{nan, 9}, []float32{1, 2}, 100, "element 0 is NaN"},
		{[]float32{5, nan}, []float32{1, 2}, 100, "element 1 is NaN"},
		{[]float32{1}, []float32{nan}, 100, "want NaN"},
		{[]float32{nan}, []float32{nan}, 100, "is NaN"},
		{[]float32{inf}, []float32{1}, 100, "is +Inf"},
		{[]float32{1}, []float32{1, 2}, 1, "x: 1 elements, want 2"},
	} {
		if got := said(t, c.got, c.want, c.tol); got != c.says && (c.says == "" || !strings.Contains(got, c.says)) {
			t.Errorf("%v and %v within %g: said %q, want %q", c.got, c.want, c.tol, got, c.says)
		}
	}
}

func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := safetensors.Encode(f, []safetensors.Tensor{{Name: "a", Shape: []int{2}, F32: []float32{1, 2}}, {Name: "b", Shape: []int{1}, I32: []int32{3}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	g := Golden(t, path)
	Close(t, "a", g["a"].F32, []float32{1, 2}, 0)
	if len(g) != 2 || g["b"].I32[0] != 3 {
		t.Errorf("got %v", g)
	}
}
