package tokenizer

import "unicode/utf8"

// trie is a table over all code points in blocks of 256, equal blocks kept once.
type trie[T comparable] struct {
	index  [(utf8.MaxRune + 1) / 256]uint16
	blocks [][256]T
}

func newTrie[T comparable](value func(rune) T) *trie[T] {
	t := &trie[T]{}
	seen := map[[256]T]uint16{}
	for i := range t.index {
		var block [256]T
		for j := range block {
			block[j] = value(rune(i<<8 | j))
		}
		n, ok := seen[block]
		if !ok {
			n = uint16(len(t.blocks))
			t.blocks = append(t.blocks, block)
			seen[block] = n
		}
		t.index[i] = n
	}
	return t
}

// at returns the value of r, which is a code point: decoding UTF-8 yields nothing else.
func (t *trie[T]) at(r rune) T { return t.blocks[t.index[uint32(r)>>8]][r&0xff] }
