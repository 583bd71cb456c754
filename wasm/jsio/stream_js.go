package jsio

import (
	"fmt"
	"io"

	"github.com/hack-pad/safejs"
)

// Reader reads from a JavaScript object whose method pull() promises the next Uint8Array, or null at the end. It asks
// for a chunk only when the last one is used up, so nothing piles up in between.
type Reader struct {
	source Value
	chunk  Value
	off, n int // what of chunk has been read
	err    error
}

// NewReader reads from source.
func NewReader(source Value) *Reader { return &Reader{source: source} }

// Read copies bytes into p and parks while they are on their way.
func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil && r.off == r.n {
		r.err = r.pull()
	}
	if r.err != nil {
		return 0, r.err
	}
	part, err := r.chunk.Call("subarray", r.off, min(r.n, r.off+len(p)))
	if err != nil {
		return 0, err
	}
	n, err := safejs.CopyBytesToGo(p, part)
	r.off += n
	return n, err
}

func (r *Reader) pull() error {
	promise, err := r.source.Call("pull")
	if err != nil {
		return err
	}
	chunk, err := Await(promise)
	if err != nil {
		return err
	}
	if missing(chunk) {
		return io.EOF
	}
	r.chunk, r.off = chunk, 0
	r.n, err = chunk.Length()
	if err != nil {
		return fmt.Errorf("jsio: a chunk is no Uint8Array: %w", err)
	}
	return nil
}

// Writer writes to a JavaScript object whose method write(Uint8Array) may return a promise, which is awaited.
type Writer struct{ sink Value }

// NewWriter writes to sink.
func NewWriter(sink Value) *Writer { return &Writer{sink} }

// Write copies p out and parks until the sink has taken it.
func (w *Writer) Write(p []byte) (int, error) {
	array, err := Bytes(p)
	if err != nil {
		return 0, err
	}
	promise, err := w.sink.Call("write", array)
	if err != nil {
		return 0, err
	}
	if _, err := Await(promise); err != nil {
		return 0, err
	}
	return len(p), nil
}
