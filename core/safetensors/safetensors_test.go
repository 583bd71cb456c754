package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// file is a safetensors file of the given header and data.
func file(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// sample has every slice of a Tensor, a scalar, an empty tensor and more than one chunk.
func sample() []Tensor {
	long := make([]float32, chunk/4+3)
	for i := range long {
		long[i] = float32(i) / 7
	}
	return []Tensor{
		{Name: "long", Shape: []int{len(long)}, F32: long},
		{Name: "a \"quoted\" <näme>", Shape: []int{2, 3}, I64: []int64{1, -2, math.MaxInt64, math.MinInt64, 0, 6}},
		{Name: "empty", Shape: []int{4, 0, 2}, F32: []float32{}},
		{Name: "bytes", Shape: []int{3}, U8: []byte{0, 128, 255}},
		{Name: "ids", Shape: []int{1, 2}, I32: []int32{-5, math.MaxInt32}},
		{Name: "scalar", Shape: []int{}, F32: []float32{float32(math.Inf(-1))}},
	}
}

func encoded(t testing.TB, ts []Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, ts, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	metadata := map[string]string{"format": "pt", "z": "<&>", "ä": ""}
	raw := encoded(t, sample(), metadata)
	if again := encoded(t, sample(), metadata); !bytes.Equal(raw, again) {
		t.Error("the same tensors gave two different files")
	}
	for name, r := range map[string]io.Reader{
		"at once":        bytes.NewReader(raw),
		"half reads":     iotest.HalfReader(bytes.NewReader(raw)),
		"data and EOF":   iotest.DataErrReader(bytes.NewReader(raw)),
		"odd small bits": &dribble{data: raw, n: 4093},
	} {
		got, gotMeta, err := Load(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(gotMeta, metadata) {
			t.Errorf("%s: metadata %v, want %v", name, gotMeta, metadata)
		}
		for _, want := range sample() {
			if !reflect.DeepEqual(got[want.Name], want) {
				t.Errorf("%s: tensor %q does not come back as it was", name, want.Name)
			}
		}
		if len(got) != len(sample()) {
			t.Errorf("%s: %d tensors, want %d", name, len(got), len(sample()))
		}
	}
}

// dribble gives n bytes a read.
type dribble struct {
	data []byte
	n    int
}

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), d.n)], d.data)
	d.data = d.data[n:]
	return n, nil
}

func TestHeaderLayout(t *testing.T) {
	raw := encoded(t, sample(), map[string]string{"k": "v"})
	r := bytes.NewReader(raw)
	h, err := ReadHeader(r)
	if err != nil {
		t.Fatal(err)
	}
	if h.HeaderSize%8 != 0 {
		t.Errorf("the header ends at byte %d, not at a multiple of 8", h.HeaderSize)
	}
	if rest := int64(len(raw)) - h.HeaderSize; int64(r.Len()) != rest {
		t.Errorf("%d bytes left to read, want the %d of the tensors", r.Len(), rest)
	}
	if h.FileSize() != int64(len(raw)) {
		t.Errorf("FileSize %d, want %d", h.FileSize(), len(raw))
	}
	for i, want := range sample() {
		if h.Tensors[i].Name != want.Name {
			t.Errorf("tensor %d is %q, want %q", i, h.Tensors[i].Name, want.Name)
		}
		if info, ok := h.Lookup(want.Name); !ok || !reflect.DeepEqual(info, h.Tensors[i]) {
			t.Errorf("Lookup(%q) = %v, %v", want.Name, info, ok)
		}
	}
	if _, ok := h.Lookup("absent"); ok {
		t.Error("Lookup finds a tensor that is not there")
	}
}

// The bytes of a file are fixed: programs compare and hash checkpoints.
func TestEncodeBytes(t *testing.T) {
	got := encoded(t, []Tensor{{Name: "w", Shape: []int{1, 2}, F32: []float32{1, -2}}, {Name: "n", U8: []byte{7}}}, map[string]string{"b": "2", "a": "1"})
	want := file(`{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},`+
		`"n":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}    `, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDecode(t *testing.T) {
	raw := file(`{"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"skip":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},`+
		`"h":{"dtype":"F16","shape":[3],"data_offsets":[12,18]},"f":{"dtype":"F32","shape":[],"data_offsets":[18,22]}}`,
		1, 2, 3, 4, 5, 6, 7, 8,
		0x80, 0x3f, 0x20, 0xc0, // 1, -2.5
		0x00, 0x3c, 0x01, 0x80, 0x00, 0x7c, // 1, -2⁻²⁴, +Inf
		0x00, 0x00, 0x40, 0x40) // 3
	want := map[string][]float32{"b": {1, -2.5}, "h": {1, -0x1p-24, float32(math.Inf(1))}, "f": {3}}
	got, order := map[string][]float32{}, ""
	h, err := Decode(iotest.OneByteReader(bytes.NewReader(raw)), func(info Info) ([]float32, error) {
		order += info.Name + " "
		if info.Name == "skip" {
			return nil, nil
		}
		got[info.Name] = make([]float32, info.Len())
		return got[info.Name], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if order != "skip b h f " || len(h.Tensors) != 4 {
		t.Errorf("tensors came as %q, want file order", order)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Decode reads at most 1 MB at a time and allocates no more than that.
func TestDecodeStreams(t *testing.T) {
	const n = 4 << 20 // elements
	for _, d := range []DType{F32, F16, "U8"} {
		head := file(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, d, n, n*d.Size()))
		dst := make([]float32, n)
		widest := 0
		r := io.MultiReader(bytes.NewReader(head), io.LimitReader(&widestRead{&widest}, int64(n*d.Size())))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(r, func(Info) ([]float32, error) {
			if d.isFloat() {
				return dst, nil
			}
			return nil, nil
		})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if widest > chunk {
			t.Errorf("%s: a read of %d bytes, want at most %d", d, widest, chunk)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > chunk+chunk/8 {
			t.Errorf("%s: %d bytes allocated for a tensor of %d", d, allocated, n*d.Size())
		}
	}
}

// widestRead gives zeros without end and remembers the longest read.
type widestRead struct{ widest *int }

func (w *widestRead) Read(p []byte) (int, error) {
	*w.widest = max(*w.widest, len(p))
	clear(p)
	return len(p), nil
}

func TestDecodeRefuses(t *testing.T) {
	raw := encoded(t, []Tensor{{Name: "ids", Shape: []int{2}, I64: []int64{1, 2}}, {Name: "w", Shape: []int{2}, F32: []float32{1, 2}}}, nil)
	mine := errors.New("no room")
	for reason, want := range map[string]func(Info) ([]float32, error){
		`tensor "ids": dtype I64 cannot become float32`: func(i Info) ([]float32, error) { return make([]float32, i.Len()), nil },
		`tensor "w": shape [2] has 2 elements`: func(i Info) ([]float32, error) {
			if i.Name == "ids" {
				return nil, nil
			}
			return make([]float32, 3), nil
		},
		"no room": func(Info) ([]float32, error) { return nil, mine },
	} {
		if _, err := Decode(bytes.NewReader(raw), want); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %v, want an error with %q", err, reason)
		}
	}
}

// Every binary16 against its definition.
func TestHalfToFloat(t *testing.T) {
	for h := range 1 << 16 {
		exp, man := h>>10&0x1f, float64(h&0x3ff)
		want := math.Ldexp(1+man/1024, exp-15)
		switch {
		case exp == 0:
			want = math.Ldexp(man/1024, -14)
		case exp == 31 && man == 0:
			want = math.Inf(1)
		case exp == 31:
			want = math.NaN()
		}
		want = math.Copysign(want, map[bool]float64{false: 1, true: -1}[h>>15 == 1])
		got := float64(halfToFloat(uint16(h)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (h>>15 == 1) {
			t.Fatalf("%#04x: got %v, want %v", h, got, want)
		}
	}
}

func TestFlip(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	flip(b, 4)
	if want := []byte{4, 3, 2, 1, 8, 7, 6, 5}; !bytes.Equal(b, want) {
		t.Errorf("got %v, want %v", b, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	one := []float32{1}
	for reason, ts := range map[string][]Tensor{
		`"w": 0 of its slices`:                     {{Name: "w"}},
		`"w": 2 of its slices`:                     {{Name: "w", F32: one, U8: []byte{1}}},
		`"w": the name is taken`:                   {{Name: "w", F32: one}, {Name: "w", F32: one}},
		`"__metadata__": the name is taken`:        {{Name: "__metadata__", F32: one}},
		`"w": shape [2] does not fit`:              {{Name: "w", Shape: []int{2}, F32: one}},
		`"w": shape [-1 -1] does not fit`:          {{Name: "w", Shape: []int{-1, -1}, F32: one}},
		`shape [4294967296 4294967296 4294967296]`: {{Name: "w", Shape: []int{1 << 32, 1 << 32, 1 << 32}, F32: []float32{}}},
		`the name is not UTF-8`:                    {{Name: "\xff", F32: one}},
	} {
		var b bytes.Buffer
		err := Encode(&b, ts, nil)
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %v, want an error with %q", err, reason)
		}
		if b.Len() > 0 {
			t.Errorf("%q: %d bytes were written before the error", reason, b.Len())
		}
	}
	if err := Encode(io.Discard, nil, map[string]string{"k": "\xff"}); err == nil {
		t.Error("metadata that is not UTF-8 was written")
	}
}

func TestEncodeReportsWriter(t *testing.T) {
	full := errors.New("the disk is full")
	for _, room := range []int{0, 200} {
		err := Encode(&smallDisk{room, full}, []Tensor{{Name: "w", Shape: []int{99}, F32: make([]float32, 99)}}, nil)
		if !errors.Is(err, full) {
			t.Errorf("room for %d bytes: got %v, want %v", room, err, full)
		}
	}
}

type smallDisk struct {
	room int
	err  error
}

func (d *smallDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return d.room, d.err
	}
	d.room -= len(p)
	return len(p), nil
}
