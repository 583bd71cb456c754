package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// encoder is the state of one call of Encode.
type encoder struct {
	*Tokenizer
	enc  *Encoding
	word []byte  // the word being gathered, normalised
	from []int32 // for each code point of word, the number of the one it came from

	parts []rune // room for the parts of one code point
}

// text encodes a valid text: its verbatim added tokens, and the pieces between them one by one, for Hugging Face
// normalises each piece by itself.
func (e *encoder) text(text string) {
	spans := e.verbatim.split(text)
	if spans == nil {
		e.piece(text, 0)
		return
	}
	at := cursor{text: text}
	for _, s := range spans {
		start := at.codePoints(s.start)
		switch {
		case s.token == nil:
			e.piece(text[s.start:s.end], start)
		case s.start < s.end:
			e.enc.append(s.token.ID, text[s.start:s.end], [2]int{start, at.codePoints(s.end)})
		}
	}
}

// piece encodes a part of the text that begins at code point at.
func (e *encoder) piece(text string, at int) {
	if e.normalized.empty() {
		done := len(e.enc.IDs)
		if e.quick(text, at) {
			return
		}
		e.enc.truncate(done)
	}
	e.slow(text, at)
}

// quick encodes text code point by code point, and gives up where one of them may change places with its neighbours.
func (e *encoder) quick(text string, at int) bool {
	e.word, e.from = e.word[:0], e.from[:0]
	n := int32(at - 1)
	for _, r := range text {
		n++
		s := e.steps.at(r)
		switch s & stepKind {
		case stepWord:
			e.gather(r+rune(s>>deltaShift), n)
		case stepBreak:
			e.flush()
		case stepAlone:
			e.flush()
			e.gather(r+rune(s>>deltaShift), n)
			e.flush()
		case stepMany:
			e.parts = e.normal.expand(e.parts[:0], r)
			for _, part := range e.parts {
				e.glyph(glyph{part, n})
			}
		case stepMoves:
			return false
		}
	}
	e.flush()
	return true
}

// slow encodes text by the reference normaliser.
func (e *encoder) slow(text string, at int) {
	g := e.normal.normalize(glyphs(text, at))
	if e.normalized.empty() {
		e.glyphs(g)
		return
	}
	var b strings.Builder
	for _, c := range g {
		b.WriteRune(c.r)
	}
	normal := b.String()
	spans := e.normalized.split(normal)
	if spans == nil {
		e.glyphs(g)
		return
	}
	in := cursor{text: normal}
	for _, s := range spans {
		lo, hi := in.codePoints(s.start), in.codePoints(s.end)
		switch {
		case s.token == nil:
			e.glyphs(g[lo:hi])
		case lo < hi:
			e.enc.append(s.token.ID, normal[s.start:s.end], [2]int{int(g[lo].from), int(g[hi-1].from) + 1})
		}
	}
}

// glyphs encodes normalised text.
func (e *encoder) glyphs(g []glyph) {
	e.word, e.from = e.word[:0], e.from[:0]
	for _, c := range g {
		e.glyph(c)
	}
	e.flush()
}

// glyph is BertPreTokenizer: spaces separate words, punctuation stands alone.
func (e *encoder) glyph(g glyph) {
	switch p := e.normal.chars.props.at(g.r); {
	case p&propWhite != 0:
		e.flush()
	case p&propPunct != 0:
		e.flush()
		e.gather(g.r, g.from)
		e.flush()
	default:
		e.gather(g.r, g.from)
	}
}

func (e *encoder) gather(r rune, from int32) {
	if r < utf8.RuneSelf {
		e.word = append(e.word, byte(r))
	} else {
		e.word = utf8.AppendRune(e.word, r)
	}
	e.from = append(e.from, from)
}

// flush ends the word being gathered, if there is one.
func (e *encoder) flush() {
	if len(e.from) > 0 {
		e.vocab.appendWord(e.enc, e.word, e.from)
		e.word, e.from = e.word[:0], e.from[:0]
	}
}

// cursor turns places in bytes into places in code points. Going forwards it counts each code point once.
type cursor struct {
	text  string
	at, n int
}

func (c *cursor) codePoints(at int) int {
	if at < c.at {
		c.at, c.n = 0, 0
	}
	c.n += utf8.RuneCountInString(c.text[c.at:at])
	c.at = at
	return c.n
}
