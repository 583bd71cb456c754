// Package jsio has the idioms of talking to JavaScript, once: awaiting promises, moving bytes, streams, an inbox of
// messages, and letting the event loop run. It is the door of safejs, whose values return errors where syscall/js panics.
//
// Go has one thread in the browser, and JavaScript calls into it only while every goroutine is parked. So whatever waits
// here waits on a channel: the goroutine parks, the event loop turns, a callback fills the channel.
package jsio

import "fmt"

// Error is a JavaScript error, or any other thing that was thrown.
type Error struct {
	Name    string // "TypeError", "QuotaExceededError"
	Message string
	Code    string // of errors that carry one, such as those of site/worker
	Hint    string // what to do, where the thrower knew
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Name
	}
	if e.Name == "" || e.Code != "" {
		return e.Message
	}
	return fmt.Sprintf("%s: %s", e.Name, e.Message)
}

// Fault is the code and the hint of an error that was thrown with a code.
func (e *Error) Fault() (code, hint string) { return e.Code, e.Hint }
