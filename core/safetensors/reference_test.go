package safetensors

import (
	"os"
	"reflect"
	"testing"
)

// A file of the reference implementation, written by testdata/reference.py.
func TestReference(t *testing.T) {
	r, err := os.Open("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, metadata, err := Load(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"format": "pt", "note": "grün"}; !reflect.DeepEqual(metadata, want) {
		t.Errorf("metadata %v, want %v", metadata, want)
	}
	want := []Tensor{
		{Name: "half", Shape: []int{4}, F32: []float32{1.5, -0.25, 65504, 0x1p-24}},
		{Name: "brain", Shape: []int{2, 1}, F32: []float32{1.5, -3}},
		{Name: "float", Shape: []int{1, 3}, F32: []float32{0.1, -2, 3e38}},
		{Name: "position_ids", Shape: []int{1, 3}, I64: []int64{0, 1, 2}},
		{Name: "ids", Shape: []int{2}, I32: []int32{7, -7}},
		{Name: "bytes", Shape: []int{2}, U8: []byte{0, 255}},
		{Name: "mask", Shape: []int{3}, U8: []byte{1, 0, 1}},
		{Name: "scalar", Shape: []int{}, F32: []float32{4}},
		{Name: "empty", Shape: []int{0, 5}, F32: []float32{}},
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for _, w := range want {
		if !reflect.DeepEqual(got[w.Name], w) {
			t.Errorf("got %+v, want %+v", got[w.Name], w)
		}
	}
}
