package safetensors

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unsafe"
)

// Decode reads a whole file from r. For each tensor in file order it asks want for the slice to fill, of the length
// [Info.Len]; nil skips the tensor. F32, F16 and BF16 become float32; a wanted tensor of another type is an error. An
// error of want ends the reading and is returned as it is. Reads are of 1 MB at most, and nothing but one such chunk
// is allocated.
//
// The error wraps ErrHeader or ErrTruncated where the file is at fault. Slices filled before an error keep what came.
func Decode(r io.Reader, want func(Info) ([]float32, error)) (*Header, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	d := &decoder{r: r, header: h, read: h.HeaderSize}
	for _, t := range h.Tensors {
		dst, err := want(t)
		if err != nil {
			return nil, err
		}
		if err := d.tensor(t, dst); err != nil {
			return nil, err
		}
	}
	return h, d.end()
}

// decoder reads the tensors behind a header.
type decoder struct {
	r      io.Reader
	header *Header
	read   int64  // bytes of the file so far
	spare  []byte // for what is skipped or converted, made when first needed
}

// tensor fills dst with t, or passes over t if dst is nil.
func (d *decoder) tensor(t Info, dst []float32) error {
	switch {
	case dst == nil:
		return d.skip(t)
	case !t.DType.isFloat():
		return fmt.Errorf("safetensors: tensor %.200q: dtype %s cannot become float32; expected F32, F16 or BF16", t.Name, t.DType)
	case len(dst) != t.Len():
		return fmt.Errorf("safetensors: tensor %.200q: shape %v has %d elements, and room was made for %d", t.Name, t.Shape, t.Len(), len(dst))
	case t.DType == F32:
		return fill(d, t, dst)
	}
	return d.widen(t, dst)
}

// skip reads t and forgets it.
func (d *decoder) skip(t Info) error {
	for left := t.Size; left > 0; {
		n := min(left, chunk)
		if err := d.full(t, d.scratch(int(n))); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// widen reads the 16-bit floats of t into dst.
func (d *decoder) widen(t Info, dst []float32) error {
	convert := halfToFloat
	if t.DType == BF16 {
		convert = brainToFloat
	}
	for len(dst) > 0 {
		n := min(len(dst), chunk/2)
		half := d.scratch(2 * n)
		if err := d.full(t, half); err != nil {
			return err
		}
		for i := range n {
			dst[i] = convert(uint16(half[2*i]) | uint16(half[2*i+1])<<8)
		}
		dst = dst[n:]
	}
	return nil
}

// end checks that the file stops where its header says.
func (d *decoder) end() error {
	var one [1]byte
	switch _, err := io.ReadFull(d.r, one[:]); {
	case err == nil:
		return fmt.Errorf("safetensors: bytes follow the %d that the header describes; %w", d.read, ErrHeader)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return readError("end of the file", d.header.FileSize(), d.read, err)
	}
}

// scratch returns n bytes, n at most chunk, that are valid until the next call.
func (d *decoder) scratch(n int) []byte {
	if cap(d.spare) < n {
		d.spare = make([]byte, n)
	}
	return d.spare[:n]
}

// full fills b from the file.
func (d *decoder) full(t Info, b []byte) error {
	n, err := io.ReadFull(d.r, b)
	d.read += int64(n)
	if err != nil {
		return readError(fmt.Sprintf("tensor %.200q", t.Name), d.header.FileSize(), d.read, err)
	}
	return nil
}

// fill reads t straight into the memory of dst.
func fill[T element](d *decoder, t Info, dst []T) error {
	size := int(unsafe.Sizeof(*new(T)))
	for b := bytesOf(dst); len(b) > 0; {
		part := b[:min(len(b), chunk)]
		if err := d.full(t, part); err != nil {
			return err
		}
		if !littleEndian {
			flip(part, size)
		}
		b = b[len(part):]
	}
	return nil
}

// grow reads t into memory that is allocated as the bytes arrive, so that a false header costs nothing.
func grow[T element](d *decoder, t Info) ([]T, error) {
	n, step := t.Len(), chunk/t.DType.Size()
	out := make([]T, 0, min(n, step))
	for len(out) < n {
		have, more := len(out), min(n-len(out), step)
		out = slices.Grow(out, more)[:have+more]
		if err := fill(d, t, out[have:]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
