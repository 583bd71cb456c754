package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// repair replaces what is not UTF-8 by U+FFFD, one for each maximal subpart of a character (The Unicode Standard,
// section 3.9), as browsers, Python and Rust do. Go's own conversions take one for each byte, or one for a whole run,
// and the offsets would differ.
func repair(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/2)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			size = subpart(text[i:])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// subpart returns the length of the longest beginning of s that begins a well-formed character, at least 1.
func subpart(s string) int {
	lo, hi, want := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 2
	case c >= 0xE0 && c <= 0xEF:
		want = 3
		if c == 0xE0 {
			lo = 0xA0
		} else if c == 0xED {
			hi = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		want = 4
		if c == 0xF0 {
			lo = 0x90
		} else if c == 0xF4 {
			hi = 0x8F
		}
	}
	n := 1
	for n < want && n < len(s) && s[n] >= lo && s[n] <= hi {
		n, lo, hi = n+1, 0x80, 0xBF
	}
	return n
}
