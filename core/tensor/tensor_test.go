package tensor

import (
	"errors"
	"testing"
)

func TestReshapeSharesElements(t *testing.T) {
	a := New(2, 6)
	b := a.Reshape(3, 4)
	b.Row(2)[3] = 5
	if a.Row(1)[5] != 5 {
		t.Fatal("a reshaped tensor must be a view")
	}
}

func TestMustNamesShapes(t *testing.T) {
	defer func() {
		var e ShapeError
		if err, _ := recover().(error); !errors.As(err, &e) || e.Error() != "op: got shape [2 3], want [2 -1 4]" {
			t.Fatalf("got %v", err)
		}
	}()
	Must("op", Shape{5, 3}, Shape{-1, 3})
	Must("op", Shape{2, 3}, Shape{2, -1, 4})
}
