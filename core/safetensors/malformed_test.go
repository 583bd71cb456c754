package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestMalformed(t *testing.T) {
	const row = `"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	long := binary.LittleEndian.AppendUint64(nil, maxHeader+1)
	for _, c := range []struct {
		reason string
		raw    []byte
	}{
		{"the header claims 100000001 bytes", append(long, "{}"...)},
		{"the header claims", []byte("<!DOCTYPE html><html>")},
		{"Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\n")},
		{"does not begin with an opening brace", file(``)},
		{"does not begin with an opening brace", file(` {}`)},
		{"does not begin with an opening brace", file(`[]`)},
		{"not UTF-8", file("{\"\xff\":1}")},
		{"the JSON of the header is broken", file(`{`)},
		{"the JSON of the header is broken", file(`{"x"}`)},
		{"the JSON of the header is broken", file(`{` + row + `,}`)},
		{"something follows the JSON object", file(`{}{}`)},
		{"something follows the JSON object", file("{}\x00")},
		{`tensor "x": expected "{", got 1`, file(`{"x":1}`)},
		{`tensor "x": expected "{", got [`, file(`{"x":` + strings.Repeat("[", 100_000))},
		{`tensor "x": stands twice`, file(`{`+row+`,`+row+`}`, 0, 0, 0, 0)},
		{`tensor "x": expected dtype, shape and two data_offsets`, file(`{"x":{}}`)},
		{`tensor "x": expected dtype, shape and two data_offsets`, file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`)},
		{`tensor "x": expected dtype, shape and two data_offsets`, file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`)},
		{`tensor "x": dtype stands twice`, file(`{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)},
		{`tensor "x": has the field "more"`, file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}`)},
		{`tensor "x": dtype: expected a string`, file(`{"x":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}`)},
		{`tensor "x": dtype "F33" is not known`, file(`{"x":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: -1 is not a whole number`, file(`{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: 1.0 is not a whole number`, file(`{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: 1 is not a whole number`, file(`{"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: 9223372036854775808 is not`, file(`{"x":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: expected "["`, file(`{"x":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`)},
		{`tensor "x": shape: more than 64 numbers`, file(`{"x":{"dtype":"F32","shape":[1` + strings.Repeat(",1", 64) + `],"data_offsets":[0,4]}}`)},
		{`tensor "x": shape [4294967296 4294967296] has more elements`, file(`{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`)},
		{`tensor "x": shape [4611686018427387904] has more elements`, file(`{"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}`)},
		{`tensor "x": has 4 bytes, but shape [2] of F32 takes 8`, file(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`)},
		{`tensor "x": ends at byte 0, before its first byte 4`, file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`)},
		{`tensor "x": begins at byte 1, and bytes from 0 on`, file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`)},
		{`tensor "y": begins at byte 8, and bytes from 4 on`, file(`{"y":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},` + row + `}`)},
		{`tensor "y": begins at byte 3, inside`, file(`{` + row + `,"y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}`)},
		{`tensor "y": begins at byte 0, inside`, file(`{` + row + `,"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)},
		{`__metadata__ stands twice`, file(`{"__metadata__":{},"__metadata__":{}}`)},
		{`__metadata__: "a" stands twice`, file(`{"__metadata__":{"a":"1","a":"2"}}`)},
		{`__metadata__: "a": expected a string`, file(`{"__metadata__":{"a":1}}`)},
		{`__metadata__: expected "{"`, file(`{"__metadata__":"pt"}`)},
		{`bytes follow the 66 that the header describes`, file(`{`+row+`}`, 1, 2, 3, 4, 5)},
	} {
		_, _, err := Load(bytes.NewReader(c.raw))
		if !errors.Is(err, ErrHeader) || !strings.Contains(fmt.Sprint(err), c.reason) {
			t.Errorf("%.60q: got %v, want ErrHeader with %q", c.raw, err, c.reason)
		}
	}
}

// A file cut at any byte is told apart from a damaged one, and the message counts the bytes.
func TestTruncated(t *testing.T) {
	raw := encoded(t, []Tensor{{Name: "w", Shape: []int{3}, F32: []float32{1, 2, 3}}, {Name: "i", Shape: []int{2}, U8: []byte{1, 2}}}, nil)
	for n := range raw {
		_, _, err := Load(bytes.NewReader(raw[:n]))
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at byte %d: got %v, want ErrTruncated", n, err)
		}
	}
	_, err := Decode(bytes.NewReader(raw[:len(raw)-1]), func(i Info) ([]float32, error) { return nil, nil })
	want := fmt.Sprintf(`tensor "i": expected %d bytes and %d came`, len(raw), len(raw)-1)
	if !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A reader's own failure, such as an aborted fetch, comes through.
func TestReaderFails(t *testing.T) {
	raw := encoded(t, []Tensor{{Name: "w", Shape: []int{3}, F32: []float32{1, 2, 3}}}, nil)
	aborted := errors.New("aborted")
	for n := range len(raw) + 1 {
		_, _, err := Load(io.MultiReader(bytes.NewReader(raw[:n]), iotest.ErrReader(aborted)))
		if !errors.Is(err, aborted) || errors.Is(err, ErrTruncated) {
			t.Fatalf("aborted at byte %d: got %v", n, err)
		}
	}
}

// A header may claim anything; memory is taken only for bytes that come.
func TestFalseSizeCostsNothing(t *testing.T) {
	const n = 1 << 50
	raw := file(fmt.Sprintf(`{"x":{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]}}`, int64(n), int64(4*n)), 1, 2, 3)
	if _, _, err := Load(bytes.NewReader(raw)); !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v, want ErrTruncated", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(encoded(f, sample()[1:], map[string]string{"format": "pt"}))
	f.Add(file(`{}`))
	f.Add(file(`{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BOOL","shape":[],"data_offsets":[4,5]}}   `, 1, 2, 3, 4, 1))
	f.Add(file(`{"__metadata__":{"a":"b"},"x":{"dtype":"I64","shape":[0,9],"data_offsets":[0,0]}}`))
	f.Add(file(`{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tensors, metadata, err := Load(bytes.NewReader(raw))
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Fatalf("the message has %d bytes", len(err.Error()))
			}
			return
		}
		h, err := ReadHeader(bytes.NewReader(raw))
		if err != nil || h.FileSize() != int64(len(raw)) {
			t.Fatalf("Load accepts what ReadHeader does not: %v, size %d of %d", err, h.FileSize(), len(raw))
		}
		// What was read can be written and read again, and is then a fixed point.
		var ts []Tensor
		for _, info := range h.Tensors {
			ts = append(ts, tensors[info.Name])
		}
		first := encoded(t, ts, metadata)
		again, _, err := Load(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		for i := range ts {
			ts[i] = again[ts[i].Name]
		}
		if !bytes.Equal(first, encoded(t, ts, metadata)) {
			t.Fatal("writing what was read gives another file")
		}
	})
}
