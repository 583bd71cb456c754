package nn_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"thaw/core/backend"
	"thaw/core/nn"
)

func TestBatch(t *testing.T) {
	b := nn.Batch{IDs: []int32{7, 8, 9, 7, 7, 1}, Offsets: []int32{0, 3, 3, 4, 6}}
	if b.Tokens() != 6 || b.Sentences() != 4 {
		t.Errorf("%d tokens of %d sentences", b.Tokens(), b.Sentences())
	}
	if got := b.Positions(); !slices.Equal(got, []int32{0, 1, 2, 0, 0, 1}) {
		t.Errorf("positions are %v", got)
	}
}

func TestSort(t *testing.T) {
	got := nn.Sort([]int32{5, 0, 5, 9, 0, 5})
	want := backend.Sorted{ID: []int32{0, 5, 9}, Order: []int32{1, 4, 0, 2, 5, 3}, Start: []int32{0, 2, 5, 6}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none := nn.Sort(nil); len(none.ID) != 0 || !slices.Equal(none.Start, []int32{0}) {
		t.Errorf("no tokens are %+v", none)
	}
}

// TestWithout compares with sorting only the tokens that are left.
func TestWithout(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		ids := make([]int32, r.IntN(12))
		for i := range ids {
			ids[i] = r.Int32N(6)
		}
		drop := r.Int32N(7) - 1
		all := nn.Sort(ids)
		before := backend.Sorted{ID: slices.Clone(all.ID), Order: slices.Clone(all.Order), Start: slices.Clone(all.Start)}
		got := nn.Without(all, drop)
		if !reflect.DeepEqual(runs(all), runs(before)) {
			t.Fatal("the argument was changed")
		}
		want := runs(before)
		delete(want, drop)
		if !reflect.DeepEqual(runs(got), want) || !slices.IsSorted(got.ID) || len(got.Start) != len(got.ID)+1 {
			t.Fatalf("%v without %d is %+v, want %v", ids, drop, got, want)
		}
	}
}

// runs is the tokens of each id.
func runs(s backend.Sorted) map[int32][]int32 {
	m := map[int32][]int32{}
	for i, id := range s.ID {
		m[id] = s.Order[s.Start[i]:s.Start[i+1]]
	}
	return m
}
