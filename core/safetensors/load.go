package safetensors

import (
	"fmt"
	"io"
)

// Tensor is one tensor in memory. Exactly one of the slices is not nil, also where the tensor is empty, and its length
// is the product of Shape.
type Tensor struct {
	Name  string
	Shape []int // row-major; empty for a scalar
	F32   []float32
	I32   []int32
	I64   []int64
	U8    []byte
}

// Load reads a whole file into memory: the tensors by name, and the metadata. F16 and BF16 become F32, and BOOL
// becomes U8 with 0 and 1; a type that none of a Tensor's slices holds is an error. It suits test files and checkpoints;
// for a model's weights see [Decode].
func Load(r io.Reader) (map[string]Tensor, map[string]string, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, nil, err
	}
	d := &decoder{r: r, header: h, read: h.HeaderSize}
	all := make(map[string]Tensor, len(h.Tensors))
	for _, info := range h.Tensors {
		t, err := d.load(info)
		if err != nil {
			return nil, nil, err
		}
		all[info.Name] = t
	}
	return all, h.Metadata, d.end()
}

// load reads one tensor into memory of its own.
func (d *decoder) load(info Info) (t Tensor, err error) {
	t = Tensor{Name: info.Name, Shape: info.Shape}
	switch info.DType {
	case F32:
		t.F32, err = grow[float32](d, info)
	case I32:
		t.I32, err = grow[int32](d, info)
	case I64:
		t.I64, err = grow[int64](d, info)
	case U8, Bool:
		t.U8, err = grow[byte](d, info)
	case F16:
		t.F32, err = growWide(d, info, halfToFloat)
	case BF16:
		t.F32, err = growWide(d, info, brainToFloat)
	default:
		err = fmt.Errorf("safetensors: tensor %.200q: dtype %s cannot be loaded; expected F32, F16, BF16, I64, I32, U8 or BOOL", info.Name, info.DType)
	}
	return t, err
}

func growWide(d *decoder, info Info, convert func(uint16) float32) ([]float32, error) {
	half, err := grow[uint16](d, info)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(half))
	for i, h := range half {
		out[i] = convert(h)
	}
	return out, nil
}
