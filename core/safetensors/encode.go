package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Encode writes the tensors to w in the given order, with the metadata (nil for none) sorted by key, so the same
// arguments give the same bytes. The header is padded to a multiple of 8 bytes, as readers that map files into memory
// like it. Writes are of 1 MB at most. Nothing is written if a tensor is malformed; the error names it.
func Encode(w io.Writer, ts []Tensor, metadata map[string]string) error {
	head, err := encodeHeader(ts, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("safetensors: writing the header: %w", err)
	}
	for _, t := range ts {
		if err := t.write(w); err != nil {
			return fmt.Errorf("safetensors: writing tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// encodeHeader is the length, the JSON and its padding.
func encodeHeader(ts []Tensor, metadata map[string]string) ([]byte, error) {
	var fields []string
	if metadata != nil {
		field, err := encodeMetadata(metadata)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	offset, seen := int64(0), map[string]bool{metadataKey: true}
	for _, t := range ts {
		d, n, err := t.check()
		if err != nil {
			return nil, err
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: tensor %q: the name is taken", t.Name)
		}
		seen[t.Name] = true
		end := offset + int64(n)*int64(d.Size())
		fields = append(fields, fmt.Sprintf(`%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`,
			quote(t.Name), d, quote(append([]int{}, t.Shape...)), offset, end))
		offset = end
	}
	text := []byte("{" + strings.Join(fields, ",") + "}")
	text = append(text, bytes.Repeat([]byte(" "), -len(text)&7)...)
	if len(text) > maxHeader {
		return nil, fmt.Errorf("safetensors: the header takes %d bytes and at most %d are allowed; write fewer tensors or less metadata", len(text), maxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}

// encodeMetadata is the field of the metadata, its keys sorted.
func encodeMetadata(m map[string]string) (string, error) {
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !utf8.ValidString(k) || !utf8.ValidString(m[k]) {
			return "", fmt.Errorf("safetensors: %s: %q is not UTF-8", metadataKey, k)
		}
		pairs = append(pairs, quote(k)+":"+quote(m[k]))
	}
	return fmt.Sprintf("%q:{%s}", metadataKey, strings.Join(pairs, ",")), nil
}

// quote is v, a string of UTF-8 or a list of numbers, as JSON; neither can fail.
func quote(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// check returns the type and number of elements of t, or why it cannot be written.
func (t Tensor) check() (d DType, n int, err error) {
	held := 0
	see := func(isSet bool, dtype DType, length int) {
		if isSet {
			d, n, held = dtype, length, held+1
		}
	}
	see(t.F32 != nil, F32, len(t.F32))
	see(t.I32 != nil, I32, len(t.I32))
	see(t.I64 != nil, I64, len(t.I64))
	see(t.U8 != nil, U8, len(t.U8))
	if held != 1 {
		return "", 0, fmt.Errorf("safetensors: tensor %q: %d of its slices are set; expected one", t.Name, held)
	}
	if !utf8.ValidString(t.Name) {
		return "", 0, fmt.Errorf("safetensors: tensor %q: the name is not UTF-8", t.Name)
	}
	want, ok := product(1, t.Shape)
	if !ok || want != n || len(t.Shape) > maxRank {
		return "", 0, fmt.Errorf("safetensors: tensor %q: shape %v does not fit its %d elements", t.Name, t.Shape, n)
	}
	return d, n, nil
}

// write writes the elements of t.
func (t Tensor) write(w io.Writer) error {
	switch {
	case t.F32 != nil:
		return writeSlice(w, t.F32)
	case t.I32 != nil:
		return writeSlice(w, t.I32)
	case t.I64 != nil:
		return writeSlice(w, t.I64)
	}
	return writeSlice(w, t.U8)
}

func writeSlice[T element](w io.Writer, s []T) error {
	size := int(unsafe.Sizeof(*new(T)))
	for b := bytesOf(s); len(b) > 0; {
		part := b[:min(len(b), chunk)]
		b = b[len(part):]
		if !littleEndian {
			part = slices.Clone(part)
			flip(part, size)
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
