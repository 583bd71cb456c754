package bridge

import (
	"io"

	"thaw/wasm/jsio"
)

// worker is the Port of a browser's worker: the object thaw of its global scope, with methods of the worker's: send(json, arrays)
// and grammar(), which fetches a text. The bridge gives it a method receive(json, open, sink).
type worker struct {
	object jsio.Value
	inbox  *jsio.Inbox
	breath *jsio.Breath
}

// Worker connects to site/worker/worker.js.
func Worker() (Port, error) {
	object, err := jsio.Global("thaw")
	if err != nil {
		return nil, err
	}
	inbox, err := jsio.NewInbox(object, "receive")
	if err != nil {
		return nil, err
	}
	breath, err := jsio.NewBreath()
	if err != nil {
		return nil, err
	}
	_, err = object.Call("ready")
	return &worker{object, inbox, breath}, err
}

func (w *worker) Wait() Message { return message(w.inbox.Wait()) }

func (w *worker) Poll() (Message, bool) {
	args, ok := w.inbox.Poll()
	if !ok {
		return Message{}, false
	}
	return message(args), true
}

func (w *worker) Breathe() error { return w.breath.Take() }

func (w *worker) Grammar() ([]byte, error) {
	promise, err := w.object.Call("grammar")
	if err != nil {
		return nil, err
	}
	text, err := jsio.Await(promise)
	return []byte(jsio.Text(text)), err
}

func (w *worker) Send(text []byte, binary ...[]byte) error {
	arrays := make([]jsio.Value, len(binary))
	for i, b := range binary {
		var err error
		if arrays[i], err = jsio.Bytes(b); err != nil {
			return err
		}
	}
	list, err := jsio.List(arrays)
	if err != nil {
		return err
	}
	_, err = w.object.Call("send", string(text), list)
	return err
}

// message reads the arguments of receive. One that is not text decodes to nothing, and is answered as such.
func message(args []jsio.Value) Message {
	var m Message
	if len(args) > 0 {
		if text, err := args[0].String(); err == nil {
			m.JSON = []byte(text)
		}
	}
	if len(args) > 1 && jsio.Present(args[1]) {
		m.Open = func(name string) (Stream, error) { return open(args[1], name) }
	}
	if len(args) > 2 && jsio.Present(args[2]) {
		m.Sink = jsio.NewWriter(args[2])
	}
	return m
}

// stream is a JavaScript stream with a method finish(good).
type stream struct {
	io.Reader
	source jsio.Value
}

func open(opener jsio.Value, name string) (Stream, error) {
	promise, err := opener.Invoke(name)
	if err != nil {
		return nil, err
	}
	source, err := jsio.Await(promise)
	if err != nil {
		return nil, err
	}
	return &stream{jsio.NewReader(source), source}, nil
}

func (s *stream) Finish(good bool) error {
	promise, err := s.source.Call("finish", good)
	if err != nil {
		return err
	}
	_, err = jsio.Await(promise)
	return err
}
