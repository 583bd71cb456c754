package tokenizer

// step says what normalising and splitting make of one code point, whatever stands around it: the low bits are the
// kind, the rest is the difference between the code point that comes out and the one that went in. (A difference and
// not the code point itself, so that blocks of the table are equal and kept once.)
type step int32

const (
	stepWord   step = iota // joins the word
	stepAlone              // is a word by itself: punctuation, or Chinese set between spaces
	stepBreak              // ends the word: a space
	stepNone               // vanishes
	stepMany               // becomes several code points: ask the normalizer
	stepMoves              // may change places with its neighbours: the whole text goes to the normalizer
	stepKind   step = 7
	deltaShift      = 3
)

// newSteps tabulates n. Nearly all code points neither decompose nor have a lower case nor are marks; those need no
// look at the normalizer, which keeps this at a few milliseconds.
func newSteps(n *normalizer) *trie[step] {
	return newTrie(func(r rune) step {
		switch p := n.chars.props.at(r); {
		case p&(propLower|propDecomposed|propMark) != 0 || p>>classShift != 0:
			return normalStep(n, r)
		case n.cleanText && p&propRemoved != 0:
			return stepNone
		case n.cleanText && p&propSpace != 0:
			return stepBreak
		case n.chinese && p&propChinese != 0:
			return stepAlone
		}
		return outcome(n, r, r)
	})
}

// normalStep is the step of r as the normalizer has it.
func normalStep(n *normalizer, r rune) step {
	g := n.normalize([]glyph{{r: r}})
	switch {
	case n.stripAccents && movable(n, g):
		return stepMoves
	case len(g) == 0:
		return stepNone
	case len(g) == 1:
		return outcome(n, r, g[0].r)
	case len(g) == 3 && g[0].r == ' ' && g[2].r == ' ':
		return stepAlone | (step(g[1].r-r) << deltaShift)
	}
	return stepMany
}

// outcome is the step of a code point r that becomes the one code point out.
func outcome(n *normalizer, r, out rune) step {
	delta := step(out-r) << deltaShift
	switch p := n.chars.props.at(out); {
	case p&propWhite != 0:
		return stepBreak
	case p&propPunct != 0:
		return stepAlone | delta
	}
	return stepWord | delta
}

// movable tells whether g holds a mark that survives and is sorted by its class: nearly all marks are removed, and
// those that are leave no trace in the places of the others.
func movable(n *normalizer, g []glyph) bool {
	for _, c := range g {
		if n.chars.class(c.r) != 0 {
			return true
		}
	}
	return false
}
