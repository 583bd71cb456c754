package tokenizer

import "unicode/utf8"

// props says what a code point is to Hugging Face tokenizers: the bits below, and its canonical combining class from
// classShift on.
type props uint32

const (
	propRemoved    props = 1 << iota // clean_text removes it
	propSpace                        // clean_text makes it U+0020
	propChinese                      // handle_chinese_chars sets it between spaces
	propMark                         // strip_accents removes it
	propWhite                        // separates words
	propPunct                        // is a word by itself
	propWord                         // \w, for single_word added tokens
	propLower                        // has a lower case of its own
	propDecomposed                   // has a canonical decomposition
	classShift     = iota
)

// chars is what is known about every code point: tables_gen.go, unpacked.
type chars struct {
	props *trie[props]
	lower map[rune]rune
	parts map[rune][]rune // full canonical decompositions, without Hangul
}

// Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12).
const (
	hangulBase, hangulCount       = 0xAC00, 11172
	leadBase, vowelBase, tailBase = 0x1100, 0x1161, 0x11A7
	tails, vowelsByTails          = 28, 588
)

func newChars() *chars {
	c := &chars{lower: map[rune]rune{}, parts: map[rune][]rune{}}
	all := make([]props, utf8.MaxRune+1)
	for packed, bit := range map[string]props{
		removedSet: propRemoved, spaceSet: propSpace, chineseSet: propChinese, markSet: propMark,
		whiteSet: propWhite, punctSet: propPunct, wordSet: propWord,
	} {
		eachRun(packed, func(lo, hi rune) { mark(all[lo:hi+1], bit) })
	}
	eachValue(classMap, func(r rune, class int) { all[r] |= props(class) << classShift })
	eachValue(lowerMap, func(r rune, by int) {
		all[r] |= propLower
		c.lower[r] = r + rune(by)
	})
	all[dottedI] |= propLower
	eachDecomposition(decomposeTable, func(r rune, parts []rune) {
		all[r] |= propDecomposed
		c.parts[r] = parts
	})
	mark(all[hangulBase:hangulBase+hangulCount], propDecomposed)
	c.props = newTrie(func(r rune) props { return all[r] })
	return c
}

func mark(all []props, bit props) {
	for i := range all {
		all[i] |= bit
	}
}

func (c *chars) is(r rune, bit props) bool { return c.props.at(r)&bit != 0 }

// class returns the canonical combining class of r.
func (c *chars) class(r rune) uint8 { return uint8(c.props.at(r) >> classShift) }

// decompose appends the full canonical decomposition of r to dst.
func (c *chars) decompose(dst []rune, r rune) []rune {
	if !c.is(r, propDecomposed) {
		return append(dst, r)
	}
	if s := r - hangulBase; s >= 0 && s < hangulCount {
		dst = append(dst, leadBase+s/vowelsByTails, vowelBase+s%vowelsByTails/tails)
		if tail := s % tails; tail != 0 {
			dst = append(dst, tailBase+tail)
		}
		return dst
	}
	return append(dst, c.parts[r]...)
}
