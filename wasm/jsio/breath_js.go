package jsio

import (
	"fmt"

	"github.com/hack-pad/safejs"
)

// Breath lets the event loop turn in the midst of long work. A timer would wait 4 ms and more; a message to oneself comes
// back as soon as what was queued before it has run.
type Breath struct {
	port Value
	back chan struct{}
}

// NewBreath opens a MessageChannel that stays for the life of the program.
func NewBreath() (*Breath, error) {
	class, err := Global("MessageChannel")
	if err != nil {
		return nil, err
	}
	channel, err := class.New()
	if err != nil {
		return nil, err
	}
	b := &Breath{back: make(chan struct{}, 1)}
	here, err := channel.Get("port1")
	if err != nil {
		return nil, err
	}
	if b.port, err = channel.Get("port2"); err != nil {
		return nil, err
	}
	tick, err := safejs.FuncOf(func(Value, []Value) any { b.back <- struct{}{}; return nil })
	if err != nil {
		return nil, err
	}
	return b, here.Set("onmessage", tick)
}

// Take parks until the event loop has turned once.
func (b *Breath) Take() error {
	if _, err := b.port.Call("postMessage", safejs.Null()); err != nil {
		return fmt.Errorf("jsio: the event loop cannot be reached: %w", err)
	}
	<-b.back
	return nil
}
