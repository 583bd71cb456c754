package jsio

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/hack-pad/safejs"
)

// js evaluates an expression.
func js(t *testing.T, expression string) Value {
	t.Helper()
	class, err := Global("Function")
	if err != nil {
		t.Fatal(err)
	}
	f, err := class.New("return " + expression)
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Invoke()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAwait(t *testing.T) {
	for _, expression := range []string{"7", "Promise.resolve(7)", "new Promise((done) => setTimeout(done, 5, 7))", "({ then: (done) => { done(7) } })"} {
		v, err := Await(js(t, expression))
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		if n, err := v.Int(); n != 7 || err != nil {
			t.Errorf("%s: %v, %v", expression, n, err)
		}
	}
	if v, err := Await(js(t, "Promise.resolve()")); err != nil || !v.IsUndefined() {
		t.Errorf("a promise of nothing: %v", err)
	}
}

func TestAwaitErrors(t *testing.T) {
	for expression, want := range map[string]Error{
		"Promise.reject(new TypeError('no'))": {Name: "TypeError", Message: "no"},
		"Promise.reject('no')":                {Message: "no"},
		"Promise.reject()":                    {Message: "<undefined>"},
		"Promise.reject(Object.assign(Error('full'), {code:'c', hint: 'h'}))": {Name: "Error", Message: "full", Code: "c", Hint: "h"},
	} {
		_, err := Await(js(t, expression))
		var got *Error
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %+v, want %+v", expression, err, want)
		}
	}
}

func TestErrorWords(t *testing.T) {
	for want, e := range map[string]Error{
		"TypeError: no": {Name: "TypeError", Message: "no"}, "AbortError": {Name: "AbortError"}, "full": {Name: "ThawError", Message: "full", Code: "storage"},
	} {
		if e.Error() != want {
			t.Errorf("%+v says %q, want %q", e, e.Error(), want)
		}
	}
}

const stream = `({ chunks: [[1, 2, 3], [], [4, 5], [6]], async pull() { const c = this.chunks.shift(); return c ? Uint8Array.from(c) : null } })`

func TestReader(t *testing.T) {
	got, err := io.ReadAll(NewReader(js(t, stream)))
	if err != nil || !bytes.Equal(got, []byte{1, 2, 3, 4, 5, 6}) {
		t.Errorf("read %v, %v", got, err)
	}
	if err := iotest.TestReader(NewReader(js(t, stream)), []byte{1, 2, 3, 4, 5, 6}); err != nil {
		t.Error(err)
	}
	broken := NewReader(js(t, "({ pull: () => Promise.reject(new Error('gone')) })"))
	for range 2 {
		if _, err := broken.Read(make([]byte, 4)); err == nil || err.Error() != "Error: gone" {
			t.Errorf("a broken stream: %v", err)
		}
	}
}

func TestWriter(t *testing.T) {
	sink := js(t, "({ got: [], write(b) { this.got.push(...b); return new Promise((done) => setTimeout(done, 1)) } })")
	w := NewWriter(sink)
	for _, p := range [][]byte{{1, 2}, nil, {3}} {
		if n, err := w.Write(p); n != len(p) || err != nil {
			t.Fatalf("wrote %d of %d, %v", n, len(p), err)
		}
	}
	got, err := sink.Get("got")
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := got.Call("join"); mustString(t, text) != "1,2,3" {
		t.Errorf("the sink got %v", mustString(t, text))
	}
	if _, err := NewWriter(js(t, "({ write() { throw new Error('full') } })")).Write([]byte{1}); err == nil {
		t.Error("a sink that throws gives no error")
	}
	if _, err := NewWriter(js(t, "({ write: () => Promise.reject(new Error('full')) })")).Write([]byte{1}); err == nil {
		t.Error("a sink that rejects gives no error")
	}
}

func mustString(t *testing.T, v Value) string {
	t.Helper()
	s, err := v.String()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInbox(t *testing.T) {
	target := js(t, "({})")
	in, err := NewInbox(target, "receive")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := in.Poll(); ok {
		t.Error("a call before there was one")
	}
	for i := range 3 {
		if _, err := target.Call("receive", i, "text"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		args := in.Wait()
		if n, _ := args[0].Int(); n != i || mustString(t, args[1]) != "text" {
			t.Errorf("call %d has the arguments of %d", i, n)
		}
	}
	if _, err := safejs.Global().Call("setTimeout", mustGet(t, target, "receive"), 5, 42); err != nil {
		t.Fatal(err)
	}
	if n, _ := in.Wait()[0].Int(); n != 42 {
		t.Errorf("waited for 42, got %d", n)
	}
}

func mustGet(t *testing.T, v Value, name string) Value {
	t.Helper()
	p, err := v.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBreath takes breaths until a message that was sent to the inbox before has arrived.
func TestBreath(t *testing.T) {
	b, err := NewBreath()
	if err != nil {
		t.Fatal(err)
	}
	target := js(t, "({})")
	in, err := NewInbox(target, "receive")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := safejs.Global().Call("setTimeout", mustGet(t, target, "receive"), 0, 1); err != nil {
		t.Fatal(err)
	}
	for range 10000 {
		if err := b.Take(); err != nil {
			t.Fatal(err)
		}
		if _, ok := in.Poll(); ok {
			return
		}
	}
	t.Error("no message arrived in 10000 breaths")
}

func TestListAndBytes(t *testing.T) {
	b, err := Bytes([]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	list, err := List([]Value{b, b})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := list.Length(); n != 2 {
		t.Errorf("a list of two has %d", n)
	}
	if text, _ := list.Call("join", ";"); mustString(t, text) != "1,2,3;1,2,3" {
		t.Errorf("the list is %s", mustString(t, text))
	}
	if _, err := Global("nothingOfThisName"); err == nil {
		t.Error("a global that is not there gives no error")
	}
}
