package jsio

import "github.com/hack-pad/safejs"

// Inbox collects the calls of a JavaScript function until somebody asks for them.
type Inbox struct {
	calls [][]Value
	wake  chan struct{}
}

// NewInbox makes target[name] a function whose calls land in the inbox.
func NewInbox(target Value, name string) (*Inbox, error) {
	in := &Inbox{wake: make(chan struct{}, 1)}
	f, err := safejs.FuncOf(func(_ Value, args []Value) any {
		in.calls = append(in.calls, args)
		select {
		case in.wake <- struct{}{}:
		default: // whoever waits will see this call too
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in, target.Set(name, f)
}

// Poll returns the arguments of the oldest call, false if there is none.
func (in *Inbox) Poll() ([]Value, bool) {
	if len(in.calls) == 0 {
		return nil, false
	}
	first := in.calls[0]
	in.calls = in.calls[1:]
	return first, true
}

// Wait returns the arguments of the oldest call and parks until there is one.
func (in *Inbox) Wait() []Value {
	for {
		if args, ok := in.Poll(); ok {
			return args
		}
		<-in.wake
	}
}
