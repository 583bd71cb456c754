package data

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	if got := Order(5, 3, false, 1); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("without shuffling the order is %v", got)
	}
	// Recorded: a run with this seed must find the same order on every machine and in every version, or no checkpoint and
	// no comparison would hold.
	for epoch, want := range [][]int{{6, 3, 1, 9, 7, 4, 8, 2, 0, 5}, {3, 5, 8, 2, 7, 1, 6, 4, 0, 9}} {
		if got := Order(10, epoch, true, 1); !slices.Equal(got, want) {
			t.Errorf("epoch %d: order is %v, recorded was %v", epoch, got, want)
		}
	}
	for _, n := range []int{0, 1, 2, 1000} {
		got := Order(n, 7, true, 99)
		if !slices.Equal(got, Order(n, 7, true, 99)) {
			t.Errorf("%d examples: the order changes from call to call", n)
		}
		slices.Sort(got)
		if !slices.Equal(got, Order(n, 0, false, 0)) {
			t.Errorf("%d examples: the order is no permutation", n)
		}
	}
	if slices.Equal(Order(100, 0, true, 1), Order(100, 1, true, 1)) || slices.Equal(Order(100, 0, true, 1), Order(100, 0, true, 2)) {
		t.Error("another epoch or seed has the same order")
	}
}

// lengths makes examples of the given numbers of tokens, each with an id of its own.
func lengths(n ...int) (ex []Example) {
	for i, l := range n {
		ex = append(ex, Example{IDs: slices.Repeat([]int32{int32(10 + i)}, l), Labels: []int32{int32(i%3) - 1, int32(i % 2)}})
	}
	return ex
}

func TestPack(t *testing.T) {
	ex := lengths(1, 2, 3, 0)
	got := Pack(ex, []int{2, 0, 3, 1})
	want := Batch{
		Index: []int{2, 0, 3, 1}, IDs: []int32{12, 12, 12, 10, 11, 11}, Offsets: []int32{0, 3, 4, 4, 6},
		Labels: [][]int32{{1, -1, -1, 0}, {0, 0, 1, 1}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none := Pack(ex, nil); len(none.IDs) != 0 || !slices.Equal(none.Offsets, []int32{0}) || none.Labels != nil {
		t.Errorf("nothing packed is %+v", none)
	}
}

func TestCut(t *testing.T) {
	ex := lengths(3, 4, 5, 20, 1, 1)
	for _, c := range []struct {
		tokens int
		want   [][]int
	}{
		{1000, [][]int{{0, 1, 2, 3, 4, 5}}},
		{34, [][]int{{0, 1, 2, 3, 4, 5}}}, // just so
		{33, [][]int{{0, 1, 2, 3, 4}, {5}}},
		{12, [][]int{{0, 1, 2}, {3}, {4, 5}}}, // the long one alone, above the budget
		{7, [][]int{{0, 1}, {2}, {3}, {4, 5}}},
		{1, [][]int{{0}, {1}, {2}, {3}, {4}, {5}}},
	} {
		if got := Cut(ex, Order(6, 0, false, 0), c.tokens); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d tokens: %v, want %v", c.tokens, got, c.want)
		}
	}
	if got := Cut(ex, nil, 10); got != nil {
		t.Errorf("nothing is cut into %v", got)
	}
}

// TestCutKeepsAll: whatever the lengths, runs follow each other, hold every example once and keep to the budget.
func TestCutKeepsAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var n []int
		for range r.IntN(20) {
			n = append(n, 1+r.IntN(30))
		}
		ex, budget := lengths(n...), 1+r.IntN(60)
		order := Order(len(ex), 0, true, r.Uint64())
		runs := Cut(ex, order, budget)
		if !slices.Equal(slices.Concat(runs...), order) {
			t.Fatalf("%v cut into %v", order, runs)
		}
		for _, run := range runs {
			if tokens := len(Pack(ex, run).IDs); len(run) == 0 || len(run) > 1 && tokens > budget {
				t.Fatalf("a run of %d examples has %d tokens, the budget is %d", len(run), tokens, budget)
			}
		}
	}
}

func TestLabelled(t *testing.T) {
	ex := lengths(1, 1, 1, 1, 1, 1, 1)
	if got := Labelled(ex, []int{0, 1, 2, 3}); !slices.Equal(got, []int{2, 4}) {
		t.Errorf("got %v, want 2 and 4", got)
	}
	if got := Labelled(ex, []int{0, 3, 6}); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("got %v, want 0 and 3", got)
	}
	if got := Labelled(ex, nil); got != nil {
		t.Errorf("nothing has %v labels", got)
	}
}
