package main

import "encoding/binary"

// maxPages is the largest memory of WebAssembly: 65,536 pages of 64 KiB, 4 GB.
const maxPages = 65536

// appendNumber writes an unsigned LEB128 number.
func appendNumber(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

func appendName(b []byte, s string) []byte { return append(appendNumber(b, uint64(len(s))), s...) }

func appendBytes(b, s []byte) []byte { return append(appendNumber(b, uint64(len(s))), s...) }

func appendSection(b []byte, id byte, body []byte) []byte { return appendBytes(append(b, id), body) }

// appendSectionOf writes a section again as it was.
func appendSectionOf(b []byte, s section) []byte {
	if s.id != secCustom {
		return appendSection(b, s.id, s.body)
	}
	return appendSection(b, s.id, append(appendName(nil, s.name), s.body...))
}

// appendSharedMemory writes the import of env.memory, shared, of at least the program's own pages. An engine accepts
// any memory whose maximum is not above the one named here, so a smaller one may be tried where 4 GB are refused.
func appendSharedMemory(b []byte, minPages uint32) []byte {
	const kindMemory, sharedWithMaximum = 2, 3
	b = appendName(appendName(b, "env"), "memory")
	b = append(b, kindMemory, sharedWithMaximum)
	return appendNumber(appendNumber(b, uint64(minPages)), maxPages)
}
