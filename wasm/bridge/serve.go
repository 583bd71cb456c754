// Package bridge serves the page: it decodes commands, has the core do them, and answers. It knows nothing of the browser
// but a Port, so all of it is tested natively; port_js.go is the worker's.
//
// One goroutine does everything. While a long work runs, the backend calls tick after every operation, and tick lets
// messages in: so a run is paused, stopped and asked for predictions without a second thread.
package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"thaw/core/backend"
	"thaw/core/model"
	"thaw/wasm/device"
)

// breath is how long a work may go on before messages are let in.
const breath = 100 * time.Millisecond

// Message is a command as it arrives, with the streams that came beside its JSON.
type Message struct {
	JSON []byte
	// Open returns the stream of a file (load, resume); nil where the message has none.
	Open func(name string) (Stream, error)
	// Sink takes the bytes of a checkpoint (save); nil where the message has none.
	Sink io.Writer
}

// Stream is a file on its way in.
type Stream interface {
	io.Reader
	// Finish says whether the bytes were what they should be, so that they are kept for the next time or not.
	Finish(good bool) error
}

// Port carries messages.
type Port interface {
	// Wait returns the oldest message and waits until there is one.
	Wait() Message
	// Poll returns the oldest message, false if there is none.
	Poll() (Message, bool)
	// Breathe lets messages that were sent meanwhile arrive.
	Breathe() error
	// Grammar fetches what synthetic text is made of: the files by their paths, as JSON.
	Grammar() ([]byte, error)
	// Send answers; the binary arrays travel beside the JSON.
	Send(message []byte, binary ...[]byte) error
}

// Devices is what may run the trainer, and what does.
type Devices interface {
	// Open makes the backend, which calls tick after every operation.
	Open(tick func() error) backend.Backend
	// Backend is that of the device that runs.
	Backend() backend.Backend
	// Device is what runs, and why.
	Device() device.Device
	// Look says whether there is a graphics card to choose or not.
	Look() bool
	// Time has each candidate do a pass, which returns its milliseconds, and takes the quickest.
	Time(pass func(backend.Backend) (float64, error)) error
	// Ask takes another wish; its error says why the device does not run here.
	Ask(kind string) error
	// Replace takes another device in place of one that is gone, which release closes.
	Replace(fault error) (next backend.Backend, release func())
	// Changed says whether something was lost since it was asked last; Device then tells.
	Changed() bool
}

// Serve answers commands until Close comes.
func Serve(port Port, devices Devices) error { return serve(port, devices, breath) }

// serve lets messages in at least every so often.
func serve(port Port, devices Devices, often time.Duration) error {
	s := &session{port: port, devices: devices, often: often, last: time.Now(), words: words{fetch: port.Grammar}}
	s.ops = devices.Open(s.tick)
	for !s.closed {
		s.handle(s.next())
	}
	return s.broken
}

// session is what the worker knows between two commands.
type session struct {
	port    Port
	devices Devices
	ops     backend.Backend
	model   *model.Model
	run     *run    // the last run, going on or over; nil before the first
	course  *course // the run or comparison that goes on or was the last; nil before the first
	learnt  bool    // the model's heads have learnt something
	origin  origin  // what the model was when it was loaded
	worn    bool    // a run has changed its weights since then
	freeze  string  // policy of the next run where the page says none
	speed   speed
	words   words // of synthetic text
	deaf    bool  // messages have to wait

	works   []*work   // what is being done, the innermost last
	waiting []request // commands put off until the work is over
	often   time.Duration
	last    time.Time // of the last breath
	closed  bool
	broken  error // the port failed: nobody hears us
}

// work is a command that is being done.
type work struct {
	id     int
	ctx    context.Context
	cancel context.CancelFunc
}

// request is a message and the command in it.
type request struct {
	Command
	Message
}

// next is the next command: one that was put off, or a new one.
func (s *session) next() request {
	if len(s.waiting) > 0 {
		r := s.waiting[0]
		s.waiting = s.waiting[1:]
		return r
	}
	r, ok := s.decode(s.port.Wait())
	for !ok {
		r, ok = s.decode(s.port.Wait())
	}
	return r
}

// decode reads a message; what cannot be read is answered at once.
func (s *session) decode(m Message) (request, bool) {
	c, err := Decode(m.JSON)
	if err != nil {
		s.answer(c.ID, nil, err)
		return request{}, false
	}
	return request{c, m}, true
}

// handle does a command and answers it.
func (s *session) handle(r request) {
	ctx := context.Background()
	if len(s.works) > 0 {
		ctx = s.works[len(s.works)-1].ctx
	}
	w := &work{id: r.ID}
	w.ctx, w.cancel = context.WithCancel(ctx)
	defer w.cancel()
	s.works = append(s.works, w)
	reply, binary, err := s.safely(func() (any, [][]byte, error) { return s.do(r) })
	for asks(r.Args) && errors.Is(err, backend.ErrAgain) {
		reply, binary, err = s.safely(func() (any, [][]byte, error) { return s.do(r) })
	}
	s.works = s.works[:len(s.works)-1]
	if gone(err) {
		reply, binary, err = s.recover(r, err)
	}
	if errors.Is(err, errLater) {
		return // it is answered when its time has come
	}
	s.answer(r.ID, reply, err, binary...)
}

// recover takes another device where none of a run's is gone, and asks it what the old one could not answer.
func (s *session) recover(r request, cause error) (reply any, binary [][]byte, err error) {
	if len(s.works) > 0 {
		return nil, nil, again(cause) // the run notices, too, and takes another device
	}
	if err := s.rescue(r.ID, cause); err != nil {
		return nil, nil, err
	}
	if !asks(r.Args) {
		return nil, nil, again(cause)
	}
	return s.safely(func() (any, [][]byte, error) { return s.do(r) })
}

// asks says whether a command is a question, which may be answered once more when the device was disturbed.
func asks(args any) bool {
	switch args.(type) {
	case *Predict, *Evaluate, *Encode, *Report:
		return true
	}
	return false
}

// safely does some work. This is the one place that recovers: a broken rule of the program becomes an error of code
// "internal".
func (s *session) safely(do func() (any, [][]byte, error)) (reply any, binary [][]byte, err error) {
	depth := len(s.works)
	defer func() {
		if broken := recover(); broken != nil {
			s.works = s.works[:depth]
			s.ops.Sync() // a fault of the device that is still pending belongs to this work
			err = internal(broken)
		}
	}()
	return do()
}

// do does a command. Those that need no stream and return no bytes are in answers.
func (s *session) do(r request) (any, [][]byte, error) {
	switch a := r.Args.(type) {
	case *Encode:
		return s.encode(a)
	case *Compare:
		reply, err := s.compare(r.ID, a, r.Open)
		return reply, nil, err
	case *Load:
		reply, err := s.load(a, r.Open)
		return reply, nil, err
	case *Report:
		reply, err := s.report(a, r.Open)
		return reply, nil, err
	case *Resume:
		reply, err := s.resume(a, r.Open)
		return reply, nil, err
	case *Save:
		reply, err := s.save(r.ID, r.Sink)
		return reply, nil, err
	case *SetFreeze:
		reply, err := s.setFreeze(r.ID, a)
		return reply, nil, err
	case *SetDevice:
		reply, err := s.setDevice(a)
		return reply, nil, err
	case *Train:
		reply, err := s.train(r.ID, a)
		return reply, nil, err
	}
	reply, err := s.answers(r.Args)
	return reply, nil, err
}

// answers does the small commands.
func (s *session) answers(args any) (any, error) {
	switch a := args.(type) {
	case *Hello:
		return Greeting{s.devices.Device()}, nil
	case *Plan:
		return s.plan(a)
	case *Outlook:
		return s.outlook(a)
	case *Synth:
		return synthesise(&s.words, a)
	case *Natural:
		return natural(&s.words)
	case *Leakage:
		return leakage(&s.words, a)
	case *Predict:
		return s.predict(a)
	case *Evaluate:
		return s.evaluate(a)
	}
	return s.steer(args), nil
}

// answer sends a reply or an error.
func (s *session) answer(id int, answer any, err error, binary ...[]byte) {
	if err != nil {
		s.send(failure{id, asFault(err)})
		return
	}
	s.send(reply{id, answer}, binary...)
}

// The two ways in which a command ends.
type (
	reply struct {
		ID    int `json:"id"`
		Reply any `json:"reply"`
	}
	failure struct {
		ID    int    `json:"id"`
		Error *Fault `json:"error"`
	}
)

// event sends something that happened in the work of command id: an event of training, or of a comparison.
func (s *session) event(id int, e any) {
	s.send(struct {
		ID    int `json:"id"`
		Event any `json:"event"`
	}{id, e})
}

// Changed is the event that another device runs. After a lost graphics card some steps of a run are done again, with the same
// sentences and the same dropout; outside of a run the model may have been lost with it.
type Changed struct {
	Event    string        `json:"event"` // "device"
	Device   device.Device `json:"device"`
	Repeats  int           `json:"repeats"`  // steps that are done again
	Unloaded bool          `json:"unloaded"` // the model has to be loaded again
}

// send sends a message. One that JSON cannot carry, for a model that has diverged gave numbers that are none, becomes an error.
func (s *session) send(message any, binary ...[]byte) {
	text, err := json.Marshal(message)
	if err != nil {
		text, err = s.unwritable(message)
	}
	if err == nil && text != nil {
		err = s.port.Send(text, binary...)
	}
	if err != nil {
		s.broken, s.closed = err, true
	}
}

// unwritable is the error in place of a reply; an event is left out.
func (s *session) unwritable(message any) ([]byte, error) {
	r, ok := message.(reply)
	if !ok {
		return nil, nil
	}
	return json.Marshal(failure{r.ID, &Fault{"diverged", "the model's answer holds numbers that are none: it has diverged", "Load the encoder again, and train with smaller rates."}})
}
