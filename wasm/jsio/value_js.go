package jsio

import (
	"fmt"

	"github.com/hack-pad/safejs"
)

// Value is a JavaScript value.
type Value = safejs.Value

// Global returns the property of globalThis called name.
func Global(name string) (Value, error) {
	v, err := safejs.Global().Get(name)
	if err == nil && missing(v) {
		err = fmt.Errorf("jsio: globalThis.%s is missing", name)
	}
	return v, err
}

// Present says whether v is neither undefined nor null.
func Present(v Value) bool { return !missing(v) }

func missing(v Value) bool { return v.IsUndefined() || v.IsNull() }

// thrown makes a Go error of what JavaScript threw.
func thrown(v Value) error {
	if v.Type() != safejs.TypeObject {
		text, err := v.String()
		if err != nil {
			text = "something without a name was thrown"
		}
		return &Error{Message: text}
	}
	return &Error{Name: property(v, "name"), Message: property(v, "message"), Code: property(v, "code"), Hint: property(v, "hint")}
}

// property is a string property of v, "" where it has none.
func property(v Value, name string) string {
	p, err := v.Get(name)
	if err != nil || p.Type() != safejs.TypeString {
		return ""
	}
	text, err := p.String()
	if err != nil {
		return ""
	}
	return text
}

// Bytes copies b into a new Uint8Array.
func Bytes(b []byte) (Value, error) {
	array, err := newArray(len(b))
	if err != nil {
		return array, err
	}
	_, err = safejs.CopyBytesToJS(array, b)
	return array, err
}

func newArray(n int) (Value, error) {
	class, err := Global("Uint8Array")
	if err != nil {
		return class, err
	}
	return class.New(n)
}

// List is a JavaScript array.
func List(values []Value) (Value, error) {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = safejs.Unsafe(v)
	}
	return safejs.ValueOf(all)
}
