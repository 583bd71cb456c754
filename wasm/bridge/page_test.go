package bridge

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
	"thaw/core/synth/grammar"
	"thaw/wasm/device"
)

// page is the other end of the bridge in tests: it sends commands and hears answers, as client.js does.
type page struct {
	t    *testing.T
	in   chan Message
	out  chan answer
	next int
	over chan error
}

// answer is what the bridge sends.
type answer struct {
	ID     int
	Event  map[string]any
	Reply  json.RawMessage
	Error  *Fault
	Binary [][]byte `json:"-"`
}

// newPage starts a bridge that lets messages in after every operation.
func newPage(t *testing.T) *page { return newPageOn(t, &serial{}) }

func newPageOn(t *testing.T, devices Devices) *page {
	p := &page{t: t, in: make(chan Message, 100), out: make(chan answer, 10000), over: make(chan error, 1)}
	go func() {
		p.over <- serve(p, devices, 0)
	}()
	t.Cleanup(func() {
		p.call("close", nil, nil)
		if err := <-p.over; err != nil {
			t.Error(err)
		}
	})
	return p
}

// serial is a machine of one thread. It can be told that it has changed.
type serial struct {
	pool    kernel.Pool
	ops     backend.Backend
	changed atomic.Bool
}

func (d *serial) Open(tick func() error) backend.Backend {
	if d.pool == nil {
		d.pool = kernel.Serial()
	}
	d.ops = cpu.New(d.pool, cpu.Tick(tick))
	return d.ops
}
func (d *serial) Backend() backend.Backend { return d.ops }
func (d *serial) Device() device.Device    { return device.Device{Kind: device.CPU, Reason: "a test"} }
func (d *serial) Look() bool               { return false }
func (d *serial) Time(pass func(backend.Backend) (float64, error)) error {
	_, err := pass(d.ops)
	return err
}
func (d *serial) Ask(kind string) error {
	if kind != device.CPU {
		return fmt.Errorf("%w %s: there is none", device.ErrKind, kind)
	}
	return nil
}
func (d *serial) Replace(error) (backend.Backend, func()) { panic("nothing of it can be lost") }
func (d *serial) Changed() bool                           { return d.changed.Swap(false) }

func (p *page) Wait() Message { return <-p.in }

func (p *page) Poll() (Message, bool) {
	select {
	case m := <-p.in:
		return m, true
	default:
		return Message{}, false
	}
}

func (p *page) Breathe() error { runtime.Gosched(); return nil }

func (p *page) Grammar() ([]byte, error) { return builtIn().fetch() }

// builtIn are the words that native programs carry.
func builtIn() *words {
	return &words{fetch: func() ([]byte, error) { return json.Marshal(grammar.Files()) }}
}

func (p *page) Send(text []byte, binary ...[]byte) error {
	a := answer{Binary: binary}
	if err := json.Unmarshal(text, &a); err != nil {
		return err
	}
	p.out <- a
	return nil
}

// post sends a command and returns its id.
func (p *page) post(cmd string, args any, with func(*Message)) int {
	p.t.Helper()
	p.next++
	m := map[string]any{"id": p.next, "cmd": cmd}
	if args != nil {
		m["args"] = args
	}
	text, err := json.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	message := Message{JSON: text}
	if with != nil {
		with(&message)
	}
	p.in <- message
	return p.next
}

// hear returns the next answer.
func (p *page) hear() answer {
	p.t.Helper()
	select {
	case a := <-p.out:
		return a
	case <-time.After(20 * time.Second):
		p.t.Fatal("the bridge does not answer")
		panic("unreachable")
	}
}

// call sends a command and returns its answer. Events of a run that come meanwhile are passed over.
func (p *page) call(cmd string, args any, with func(*Message)) answer {
	p.t.Helper()
	id := p.post(cmd, args, with)
	for {
		if a := p.hear(); a.ID == id && a.Event == nil {
			return a
		}
	}
}

// must calls and fails the test on an error; into, unless nil, receives the reply.
func (p *page) must(cmd string, args any, with func(*Message), into any) {
	p.t.Helper()
	a := p.call(cmd, args, with)
	if a.Error != nil {
		p.t.Fatalf("%s: %s: %s", cmd, a.Error.Code, a.Error.Message)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(a.Reply, into); err != nil {
		p.t.Fatal(err)
	}
}

// refused calls and fails the test unless the error has the code.
func (p *page) refused(code, cmd string, args any, with func(*Message)) {
	p.t.Helper()
	a := p.call(cmd, args, with)
	if a.Error == nil || a.Error.Code != code || a.Error.Message == "" {
		p.t.Errorf("%s %v: answered %s %+v, want an error of code %q", cmd, args, a.Reply, a.Error, code)
	}
}

// run trains to the end and returns the events, and the reply.
func (p *page) run(args any) ([]map[string]any, Run) {
	p.t.Helper()
	return p.follow(p.post("train", args, nil), nil)
}

// follow hears a run to its end; each, unless nil, is called with every event.
func (p *page) follow(id int, each func(event map[string]any)) (events []map[string]any, reply Run) {
	p.t.Helper()
	for {
		a := p.hear()
		switch {
		case a.ID != id:
			continue
		case a.Error != nil:
			p.t.Fatalf("train: %s: %s", a.Error.Code, a.Error.Message)
		case a.Event == nil:
			if err := json.Unmarshal(a.Reply, &reply); err != nil {
				p.t.Fatal(err)
			}
			return events, reply
		}
		events = append(events, a.Event)
		if each != nil {
			each(a.Event)
		}
	}
}

// source is a stream over bytes that remembers what it was told at the end.
type source struct {
	io.Reader
	good *bool
}

func (s source) Finish(good bool) error {
	if s.good != nil {
		*s.good = good
	}
	return nil
}

// tinyFiles are the files of a small random model.
func tinyFiles(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for name, file := range map[string]string{
		"config.json": "../../core/encoder/testdata/bert/config.json", "model.safetensors": "../../core/encoder/testdata/bert/model.safetensors",
		"vocab.txt": "testdata/tiny/vocab.txt",
	} {
		text, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	return files
}

// loadTiny loads the small model.
func (p *page) loadTiny() (l Loaded) {
	p.t.Helper()
	files := tinyFiles(p.t)
	args, with := offer(files, nil)
	p.must("load", args, with, &l)
	return l
}

// offer is the load command for files.
func offer(files map[string][]byte, heard map[string]*bool) (Load, func(*Message)) {
	a := Load{Name: "tiny"}
	for name, text := range files {
		a.Files = append(a.Files, File{Name: name, Bytes: int64(len(text))})
	}
	return a, func(m *Message) {
		m.Open = func(name string) (Stream, error) {
			text, ok := files[name]
			if !ok {
				return nil, errors.New("no such file")
			}
			return source{bytes.NewReader(text), heard[name]}, nil
		}
	}
}

// tiny is the job of testdata/tiny: what to train and the losses of its steps, which the browser has to repeat.
func tiny(t *testing.T) (args map[string]any, losses []float64) {
	text, err := os.ReadFile("testdata/tiny/job.json")
	if err != nil {
		t.Fatal(err)
	}
	var job struct {
		Args   map[string]any
		Losses []float64
	}
	if err := json.Unmarshal(text, &job); err != nil {
		t.Fatal(err)
	}
	return job.Args, job.Losses
}

// with returns a copy of a job with one setting changed.
func with(args map[string]any, name string, value any) map[string]any {
	out, settings := map[string]any{}, map[string]any{}
	for k, v := range args {
		out[k] = v
	}
	for k, v := range args["settings"].(map[string]any) {
		settings[k] = v
	}
	settings[name] = value
	out["settings"] = settings
	return out
}

func lossesOf(events []map[string]any) (out []float64) {
	for _, e := range events {
		if e["event"] == "step" {
			out = append(out, e["loss"].(float64))
		}
	}
	return out
}

func floats(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
