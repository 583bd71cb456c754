package tokenizer

import "slices"

// glyph is a code point of the normalised text and the number of the code point of the text that it came from. In
// Hugging Face's alignments each normalised character belongs to exactly one original one, so one number is enough.
type glyph struct {
	r    rune
	from int32
}

// normalizer is Hugging Face's BertNormalizer, stage by stage: the slow, obvious reference. steps.go holds the quick
// form that Encode uses where it can.
type normalizer struct {
	chars                                       *chars
	cleanText, chinese, stripAccents, lowercase bool
}

// glyphs returns the code points of text, numbered from at on.
func glyphs(text string, at int) []glyph {
	g := make([]glyph, 0, len(text))
	for _, r := range text {
		g = append(g, glyph{r, int32(at + len(g))})
	}
	return g
}

func (n *normalizer) normalize(g []glyph) []glyph {
	if n.cleanText {
		g = n.clean(g)
	}
	if n.chinese {
		g = n.setApart(g)
	}
	if n.stripAccents {
		g = n.strip(n.decompose(g))
	}
	if n.lowercase {
		g = n.lower(g)
	}
	return g
}

// clean removes NUL, U+FFFD and control characters, and makes every space U+0020.
func (n *normalizer) clean(g []glyph) []glyph {
	out := make([]glyph, 0, len(g))
	for _, c := range g {
		switch p := n.chars.props.at(c.r); {
		case p&propRemoved != 0:
		case p&propSpace != 0:
			out = append(out, glyph{' ', c.from})
		default:
			out = append(out, c)
		}
	}
	return out
}

// setApart puts a space on both sides of each Chinese character.
func (n *normalizer) setApart(g []glyph) []glyph {
	out := make([]glyph, 0, len(g))
	for _, c := range g {
		if n.chars.is(c.r, propChinese) {
			out = append(out, glyph{' ', c.from}, c, glyph{' ', c.from})
		} else {
			out = append(out, c)
		}
	}
	return out
}

// decompose brings g into Unicode normalisation form D. Sorting marks by their combining class moves characters past
// each other, and Hugging Face aligns what comes out by its place and not by its origin: the k-th first part of a
// decomposition belongs to the k-th character, and a further part to the character before it.
func (n *normalizer) decompose(g []glyph) []glyph {
	type part struct {
		r     rune
		class uint8
		first bool
	}
	var parts []part
	var buffer []rune
	for _, c := range g {
		buffer = n.chars.decompose(buffer[:0], c.r)
		for i, r := range buffer {
			parts = append(parts, part{r, n.chars.class(r), i == 0})
		}
	}
	for i := 0; i < len(parts); i++ {
		run := i
		for i < len(parts) && parts[i].class != 0 {
			i++
		}
		slices.SortStableFunc(parts[run:i], func(a, b part) int { return int(a.class) - int(b.class) })
	}
	out := make([]glyph, len(parts))
	k := -1
	for i, p := range parts {
		if p.first {
			k++
		}
		out[i] = glyph{p.r, g[k].from}
	}
	return out
}

// strip removes the marks that decomposition has set free.
func (n *normalizer) strip(g []glyph) []glyph {
	return slices.DeleteFunc(g, func(c glyph) bool { return n.chars.is(c.r, propMark) })
}

// dottedI is the only letter whose lower case is two code points: an i and a combining dot above.
const dottedI, dotAbove = 'İ', '\u0307'

func (n *normalizer) lower(g []glyph) []glyph {
	out := make([]glyph, 0, len(g))
	for _, c := range g {
		switch {
		case c.r == dottedI:
			out = append(out, glyph{'i', c.from}, glyph{dotAbove, c.from})
		case n.chars.is(c.r, propLower):
			out = append(out, glyph{n.chars.lower[c.r], c.from})
		default:
			out = append(out, c)
		}
	}
	return out
}

// expand appends to dst what becomes of a code point that step stepMany stands for. It is normalize for that case,
// without its slices: a Korean text consists of such code points.
func (n *normalizer) expand(dst []rune, r rune) []rune {
	if n.stripAccents {
		dst = n.chars.decompose(dst, r)
		dst = slices.DeleteFunc(dst, func(r rune) bool { return n.chars.is(r, propMark) })
	} else if r == dottedI {
		return append(dst, 'i', dotAbove)
	}
	for i, r := range dst {
		if n.lowercase && n.chars.is(r, propLower) {
			dst[i] = n.chars.lower[r]
		}
	}
	return dst
}
