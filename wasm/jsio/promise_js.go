package jsio

import "github.com/hack-pad/safejs"

// Await parks the goroutine until the promise settles, and returns its value or its reason as an error. A value that
// is no promise comes back at once.
func Await(v Value) (Value, error) {
	if v.Type() != safejs.TypeObject {
		return v, nil
	}
	then, err := v.Get("then")
	if err != nil || then.Type() != safejs.TypeFunction {
		return v, err
	}
	settled := make(chan outcome, 1)
	kept, err := settle(settled, func(v Value) outcome { return outcome{value: v} })
	if err != nil {
		return v, err
	}
	defer kept.Release()
	broken, err := settle(settled, func(v Value) outcome { return outcome{err: thrown(v)} })
	if err != nil {
		return v, err
	}
	defer broken.Release()
	if _, err := v.Call("then", kept, broken); err != nil {
		return v, err
	}
	o := <-settled
	return o.value, o.err
}

type outcome struct {
	value Value
	err   error
}

// settle is a callback that puts its argument on a channel.
func settle(to chan<- outcome, as func(Value) outcome) (safejs.Func, error) {
	return safejs.FuncOf(func(_ Value, args []Value) any {
		argument := safejs.Undefined()
		if len(args) > 0 {
			argument = args[0]
		}
		to <- as(argument)
		return nil
	})
}
