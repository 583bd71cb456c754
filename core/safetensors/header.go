package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
)

const (
	maxHeader = 100_000_000 // bytes of JSON, the limit of the reference implementation
	maxRank   = 64          // axes of one tensor
)

// Info describes one tensor of a file.
type Info struct {
	Name   string
	DType  DType
	Shape  []int // row-major; empty for a scalar
	Offset int64 // first byte, counted from the end of the header
	Size   int64 // bytes
}

// Len is the number of elements, the product of the shape.
func (i Info) Len() int { return int(i.Size) / i.DType.Size() }

// Header is what a file says of itself before its tensors begin.
type Header struct {
	Tensors    []Info            // in file order, which is the order of offsets
	Metadata   map[string]string // nil where the file has none
	HeaderSize int64             // bytes before the first tensor: 8 and the JSON

	byName map[string]int
}

// Lookup returns the tensor called name.
func (h *Header) Lookup(name string) (Info, bool) {
	i, ok := h.byName[name]
	if !ok {
		return Info{}, false
	}
	return h.Tensors[i], true
}

// FileSize is the length of the whole file in bytes, header included.
func (h *Header) FileSize() int64 {
	if len(h.Tensors) == 0 {
		return h.HeaderSize
	}
	last := h.Tensors[len(h.Tensors)-1]
	return h.HeaderSize + last.Offset + last.Size
}

// ReadHeader reads the header from r and not a byte more: what r gives next are the tensors, back to back. The error
// wraps ErrHeader or ErrTruncated, or is the one of r.
func ReadHeader(r io.Reader) (*Header, error) {
	var prefix [8]byte
	if n, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, readError("header length", 8, int64(n), err)
	}
	size := binary.LittleEndian.Uint64(prefix[:])
	if string(prefix[:]) == "version " {
		return nil, fmt.Errorf("safetensors: this is a Git LFS pointer and not the file it stands for; download the file itself: %w", ErrHeader)
	}
	if size > maxHeader {
		return nil, fmt.Errorf("safetensors: the header claims %d bytes and at most %d are allowed; %w", size, maxHeader, ErrHeader)
	}
	// The buffer grows with what really arrives, so a false length costs no memory.
	var text bytes.Buffer
	if n, err := io.CopyN(&text, r, int64(size)); err != nil {
		return nil, readError("header", int64(size), n, err)
	}
	h, err := parseHeader(text.Bytes())
	if err != nil {
		return nil, err
	}
	h.HeaderSize = 8 + int64(size)
	return h, nil
}

// readError words an error of the reader: an early end is a cut file, anything else is the reader's own.
func readError(what string, want, got int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("safetensors: %s: expected %d bytes and %d came; %w", what, want, got, ErrTruncated)
	}
	return fmt.Errorf("safetensors: %s: reading failed after %d of %d bytes: %w", what, got, want, err)
}

// tensorError words a fault of one tensor's row in the header.
func tensorError(name, format string, args ...any) error {
	return fmt.Errorf("safetensors: tensor %.200q: %s; %w", name, fmt.Sprintf(format, args...), ErrHeader)
}

// arrange puts the tensors in file order and checks that they tile the data.
func (h *Header) arrange() error {
	slices.SortFunc(h.Tensors, func(a, b Info) int {
		// An empty tensor shares its offset with the next one and stands before it.
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size), cmp.Compare(a.Name, b.Name))
	})
	h.byName = make(map[string]int, len(h.Tensors))
	end := int64(0)
	for i, t := range h.Tensors {
		if t.Offset > end {
			return tensorError(t.Name, "begins at byte %d, and bytes from %d on belong to no tensor", t.Offset, end)
		}
		if t.Offset < end {
			return tensorError(t.Name, "begins at byte %d, inside the tensor before it, which ends at %d", t.Offset, end)
		}
		end = t.Offset + t.Size
		h.byName[t.Name] = i
	}
	return nil
}

// checkSize compares the bytes a row claims with its shape and dtype.
func checkSize(name string, d DType, shape []int, begin, end int64) error {
	if d.Size() == 0 {
		return tensorError(name, "dtype %.20q is not known", string(d))
	}
	if end < begin {
		return tensorError(name, "ends at byte %d, before its first byte %d", end, begin)
	}
	want, ok := product(d.Size(), shape)
	if !ok {
		return tensorError(name, "shape %v has more elements than can be counted", shape)
	}
	if end-begin != int64(want) {
		return tensorError(name, "has %d bytes, but shape %v of %s takes %d", end-begin, shape, d, want)
	}
	return nil
}

// product multiplies the axes of shape to size. It is false where an axis is negative or an int cannot hold the result.
func product(size int, shape []int) (int, bool) {
	for _, n := range shape {
		hi, lo := bits.Mul64(uint64(size), uint64(n))
		if n < 0 || hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		size = int(lo)
	}
	return size, true
}
