package safetensors

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// littleEndian says whether this machine stores numbers as the files do.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// element is what a tensor in memory is made of; uint16 holds the bits of F16 and BF16.
type element interface {
	~float32 | ~int32 | ~int64 | ~uint16 | ~uint8
}

// bytesOf is the memory of s seen as bytes.
func bytesOf[T element](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}

// flip reverses the bytes of each element of size bytes.
func flip(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		slices.Reverse(b[:size])
	}
}
