package jsio

import "github.com/hack-pad/safejs"

// Callback is a Go function that JavaScript can call as often as it likes, until it is released.
type Callback struct{ f safejs.Func }

// NewCallback makes f callable. It runs on the event loop and must not park.
func NewCallback(f func(args []Value)) (Callback, error) {
	made, err := safejs.FuncOf(func(_ Value, args []Value) any { f(args); return nil })
	return Callback{made}, err
}

// Value is the function for JavaScript.
func (c Callback) Value() Value { return c.f.Value() }

// Release ends it.
func (c Callback) Release() { c.f.Release() }

// Text is a string of JavaScript, "" for anything else.
func Text(v Value) string {
	if v.Type() != safejs.TypeString {
		return ""
	}
	s, err := v.String()
	if err != nil {
		return ""
	}
	return s
}
