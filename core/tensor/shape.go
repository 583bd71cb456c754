// Package tensor has shapes and contiguous host arrays: what travels between files, devices and people. Numbers that
// are being computed with live in buffers of a backend.
package tensor

import (
	"fmt"
	"slices"
)

// Shape is the sizes of an array's axes, the last one contiguous.
type Shape []int

// Size is the number of elements: the product of the axes, 1 for a scalar.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal says whether both shapes have the same axes.
func (s Shape) Equal(o Shape) bool { return slices.Equal(s, o) }

func (s Shape) String() string { return fmt.Sprint([]int(s)) }

// ShapeError says that the operands of Op do not fit. It is a fault of the program, never of the data, so it travels
// as a panic and is recovered once, at the rim.
type ShapeError struct {
	Op        string // "autograd.Linear"
	Got, Want Shape
}

func (e ShapeError) Error() string {
	return fmt.Sprintf("%s: got shape %v, want %v", e.Op, e.Got, e.Want)
}

// Must panics with a ShapeError unless got equals want. A -1 in want fits any size.
func Must(op string, got, want Shape) {
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = want[i] == -1 || got[i] == want[i]
	}
	if !ok {
		panic(ShapeError{Op: op, Got: got, Want: want})
	}
}
