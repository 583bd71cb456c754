package tokenizer

import "encoding/binary"

// reader takes the numbers out of a packed table. The tables are part of the program, so a broken one is its fault.
type reader struct {
	packed string
	next   rune // the first code point after what has been read
}

func (r *reader) uvarint() int {
	n, size := binary.Uvarint([]byte(r.packed[:min(len(r.packed), binary.MaxVarintLen32)]))
	if size <= 0 {
		panic("tokenizer: a table of tables_gen.go is cut short")
	}
	r.packed = r.packed[size:]
	return int(n)
}

// skip reads how many code points lie between the last entry and this one, and returns this one.
func (r *reader) skip() rune { return r.next + rune(r.uvarint()) }

// eachRun calls f for the runs lo..hi of a set, packed as (code points skipped, length-1).
func eachRun(packed string, f func(lo, hi rune)) {
	for r := (reader{packed: packed}); r.packed != ""; {
		lo := r.skip()
		hi := lo + rune(r.uvarint())
		f(lo, hi)
		r.next = hi + 1
	}
}

// eachValue calls f for each entry of a map, packed as runs of (code points skipped, (length-1)<<1 | every second one,
// the value of the whole run in zigzag form).
func eachValue(packed string, f func(c rune, value int)) {
	for r := (reader{packed: packed}); r.packed != ""; {
		c, run, z := r.skip(), r.uvarint(), r.uvarint()
		for n, step := run>>1, rune(run&1)+1; n >= 0; n, c = n-1, c+step {
			f(c, z>>1^-(z&1))
			r.next = c + 1
		}
	}
}

// eachDecomposition calls f for each entry of a table packed as (code points skipped, count, each code point).
func eachDecomposition(packed string, f func(c rune, parts []rune)) {
	for r := (reader{packed: packed}); r.packed != ""; {
		c := r.skip()
		parts := make([]rune, r.uvarint())
		for i := range parts {
			parts[i] = rune(r.uvarint())
		}
		f(c, parts)
		r.next = c + 1
	}
}
