package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// eachCodePoint calls f for every code point but the surrogates, which UTF-8 has not.
func eachCodePoint(f func(rune)) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			f(r)
		}
	}
}

// Normaliser, splitter and both together answer for every code point as Hugging Face does. The answers are recorded as
// a hash for each 2048 code points.
func TestEveryCodePoint(t *testing.T) {
	var file map[string][]string
	testJSON(t, "codepoints.json.gz", &file)
	if len(file) < 9 {
		t.Fatalf("%d recordings", len(file))
	}
	for name, want := range file {
		t.Run(name, func(t *testing.T) {
			answer := answers(t, name)
			const size = 2048
			for i := range want {
				lo := rune(i * size)
				if got := digest(answer, lo, lo+size); got != want[i] {
					t.Errorf("U+%04X to U+%04X differ from Hugging Face", lo, lo+size-1)
				}
			}
		})
	}
}

func digest(answer func(rune) string, lo, hi rune) string {
	h := sha256.New()
	for r := lo; r < hi; r++ {
		if utf8.ValidRune(r) {
			h.Write([]byte(answer(r) + "\n"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// answers returns the function whose results are recorded under name.
func answers(t *testing.T, name string) func(rune) string {
	if flags, ok := strings.CutPrefix(name, "normalize "); ok {
		n := loadVariant(t, flags).normal
		return func(r rune) string { return str(n.normalize([]glyph{{r: r}})) }
	}
	if name == "split" {
		return splitAnswer(loadVariant(t, "no-normalizer"))
	}
	tok := uncased()
	return func(r rune) string {
		c := string(r)
		e := tok.Encode("x\u0323"+c+"\u0301 "+c+"y", 0)
		var out []byte
		for i, id := range e.IDs {
			out = strconv.AppendInt(append(out, ' '), int64(id), 10)
			out = strconv.AppendInt(append(out, ':'), int64(e.Offsets[i][0]), 10)
			out = strconv.AppendInt(append(out, ':'), int64(e.Offsets[i][1]), 10)
		}
		return string(out[1:])
	}
}

// splitAnswer says where tok, which has no normaliser, cuts a, the code point and b.
func splitAnswer(tok *Tokenizer) func(rune) string {
	return func(r rune) string {
		switch tok.steps.at(r) & stepKind {
		case stepWord:
			return fmt.Sprintf("a%cb:0:3", r)
		case stepAlone:
			return fmt.Sprintf("a:0:1 %c:1:2 b:2:3", r)
		case stepBreak:
			return "a:0:1 b:2:3"
		}
		return "a step that is none of these"
	}
}

func str(g []glyph) string {
	var b strings.Builder
	for _, c := range g {
		b.WriteRune(c.r)
	}
	return b.String()
}

// The table of steps and the reference give the same tokens for every code point between letters and marks. In the
// planes from 3 on, which are nearly empty, one code point in 97 stands for the others here; TestEveryCodePoint has all.
func TestStepsEqualReference(t *testing.T) {
	for _, name := range []string{"uncased", "cased", "cased-strip", "accents", "unclean", "joined", "no-normalizer"} {
		t.Run(name, func(t *testing.T) {
			tok := loadVariant(t, name)
			moves := 0
			var text strings.Builder
			eachCodePoint(func(r rune) {
				if r >= 0x30000 && r%97 != 0 {
					return
				}
				if tok.steps.at(r)&stepKind == stepMoves {
					moves++
				} else {
					text.WriteString(string(r) + "\u0344 a" + string(r) + "\u0323 ")
				}
				if text.Len() > 1000 {
					tok.checkBothWays(t, text.String())
					text.Reset()
				}
			})
			tok.checkBothWays(t, text.String())
			if moves > 100 {
				t.Errorf("%d code points go the slow way, a handful is expected", moves)
			}
		})
	}
}

// checkBothWays encodes text in the quick way and by the reference.
func (t *Tokenizer) checkBothWays(tt *testing.T, text string) {
	tt.Helper()
	var got, want Encoding
	quick, slow := encoder{Tokenizer: t, enc: &got}, encoder{Tokenizer: t, enc: &want}
	if !quick.quick(text, 0) {
		return
	}
	slow.glyphs(t.normal.normalize(glyphs(text, 0)))
	if d := difference(got, want); d != "" {
		tt.Errorf("%+q: %s", text, d)
	}
}

func TestExpandEqualsNormalize(t *testing.T) {
	for _, name := range []string{"uncased", "cased", "cased-strip", "accents"} {
		tok := loadVariant(t, name)
		eachCodePoint(func(r rune) {
			if tok.steps.at(r)&stepKind != stepMany {
				return
			}
			if got, want := string(tok.normal.expand(nil, r)), str(tok.normal.normalize([]glyph{{r: r}})); got != want {
				t.Errorf("%s: U+%04X becomes %+q, want %+q", name, r, got, want)
			}
		})
	}
}

func TestTrieKeepsEqualBlocksOnce(t *testing.T) {
	tok := uncased()
	if n := len(tok.steps.blocks); n > 250 {
		t.Errorf("%d blocks of steps", n)
	}
	seen := slices.Clone(tok.normal.chars.props.blocks)
	for i, b := range seen {
		if slices.Contains(seen[:i], b) {
			t.Errorf("block %d is kept twice", i)
		}
	}
}
