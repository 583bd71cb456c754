// Package safetensors reads and writes the safetensors format of Hugging Face:
//
//	8 bytes   N, the length of the header, little-endian
//	N bytes   a JSON object: name → {"dtype", "shape", "data_offsets": [begin, end]}, and "__metadata__", strings to
//	          strings; spaces at the end pad it
//	the rest  the tensors, row-major and little-endian, back to back without holes
//
// The format is described at https://huggingface.co/docs/safetensors. Both directions stream: [Decode] fills float32
// slices that the caller owns while the bytes arrive, so a model is never held twice, and [Encode] writes slices where
// they lie. A file comes from outside, so each number of its header is checked before anything is allocated for it.
package safetensors

import "errors"

// ErrHeader is behind every error about a header or a length that does not fit the format.
var ErrHeader = errors.New("the file is damaged or not safetensors")

// ErrTruncated is behind every error about a file that ends too early.
var ErrTruncated = errors.New("the file is cut short; fetch or copy it again")

// chunk is the most that is read or written at a time, in bytes. It is a multiple of every element size.
const chunk = 1 << 20
