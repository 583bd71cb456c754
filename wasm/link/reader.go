package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// errFormat marks input that is not a well-formed WebAssembly module, or one that is cut short.
var errFormat = errors.New("not a WebAssembly module that link can read")

// reader walks over the bytes of a module. The first fault sticks in err and empties the rest, so that a caller
// may read a whole record and ask once.
type reader struct {
	what string // "code section", for the message
	all  []byte
	at   int
	err  error
}

func newReader(what string, b []byte) *reader { return &reader{what: what, all: b} }

// fail notes the first fault and makes every later read end at once.
func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s, byte %d: %s", errFormat, r.what, r.at, fmt.Sprintf(format, args...))
	}
	r.at = len(r.all)
}

func (r *reader) left() int  { return len(r.all) - r.at }
func (r *reader) more() bool { return r.left() > 0 }

func (r *reader) byte() byte {
	if !r.more() {
		r.fail("ends too early")
		return 0
	}
	r.at++
	return r.all[r.at-1]
}

// u32 reads an unsigned LEB128 number of at most five bytes.
func (r *reader) u32() uint32 {
	v, n := binary.Uvarint(r.all[r.at:])
	if n <= 0 || n > 5 || v > math.MaxUint32 {
		r.fail("want a 32-bit number")
		return 0
	}
	r.at += n
	return uint32(v)
}

// skipNumber passes over a LEB128 number of either sign and of at most ten bytes.
func (r *reader) skipNumber() {
	for range 10 {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail("a number has more than ten bytes")
}

// bytes returns the next n bytes, a view of the input.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.left()) {
		r.fail("want %d bytes, %d are left", n, r.left())
		return nil
	}
	b := r.all[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) name() string { return string(r.bytes(r.u32())) }

// count reads the length of a vector. Each element takes at least one byte, so a length beyond the bytes that are
// left is refused before anything is allocated for it.
func (r *reader) count() int {
	n := r.u32()
	if uint64(n) > uint64(r.left()) {
		r.fail("a list of %d entries in %d bytes", n, r.left())
		return 0
	}
	return int(n)
}

// end tells the fault, or complains about bytes that nothing has read.
func (r *reader) end() error {
	if r.more() {
		r.fail("%d bytes too many", r.left())
	}
	return r.err
}
