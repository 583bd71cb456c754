package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// addedToken is a token that is found in the text before any splitting, such as [MASK]. The fields are those of
// tokenizer.json.
type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
}

// matcher finds added tokens: the leftmost match, and of those that begin there the longest.
type matcher struct {
	chars   *chars
	tokens  map[string]addedToken
	lengths [256][]int // by first byte: the lengths of the patterns, longest first
}

func newMatcher(c *chars) *matcher { return &matcher{chars: c, tokens: map[string]addedToken{}} }

func (m *matcher) add(pattern string, token addedToken) {
	m.tokens[pattern] = token
	lengths := &m.lengths[pattern[0]]
	if !slices.Contains(*lengths, len(pattern)) {
		*lengths = append(*lengths, len(pattern))
		slices.SortFunc(*lengths, func(a, b int) int { return b - a })
	}
}

// span is a part of a text: an added token, or what lies between two.
type span struct {
	start, end int // bytes
	token      *addedToken
}

// split cuts text at its added tokens. A text without one is nil. It follows Hugging Face's find_matches, so a token
// that begins within the spaces another one has taken yields a span that reaches back.
func (m *matcher) split(text string) []span {
	if len(m.tokens) == 0 {
		return nil
	}
	var spans []span
	done := 0
	for at := 0; ; {
		start, end, token := m.next(text, at)
		if token == nil {
			break
		}
		at = end
		if token.SingleWord && m.insideWord(text, start, end) {
			continue
		}
		if token.LStrip {
			start = max(m.spacesBefore(text, start), done)
		}
		if token.RStrip {
			end = m.spacesAfter(text, end)
		}
		end = max(end, start)
		if done < start {
			spans = append(spans, span{done, start, nil})
		}
		spans = append(spans, span{start, end, token})
		done = end
	}
	if spans != nil && done < len(text) {
		spans = append(spans, span{done, len(text), nil})
	}
	return spans
}

func (m *matcher) next(text string, at int) (start, end int, token *addedToken) {
	for ; at < len(text); at++ {
		for _, n := range m.lengths[text[at]] {
			if at+n > len(text) {
				continue
			}
			if t, ok := m.tokens[text[at:at+n]]; ok {
				return at, at + n, &t
			}
		}
	}
	return 0, 0, nil
}

func (m *matcher) insideWord(text string, start, end int) bool {
	before, size := utf8.DecodeLastRuneInString(text[:start])
	if size > 0 && m.chars.is(before, propWord) {
		return true
	}
	after, size := utf8.DecodeRuneInString(text[end:])
	return size > 0 && m.chars.is(after, propWord)
}

func (m *matcher) notSpace(r rune) bool { return !m.chars.is(r, propWhite) }

func (m *matcher) spacesBefore(text string, start int) int {
	i := strings.LastIndexFunc(text[:start], m.notSpace)
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return i + size
}

func (m *matcher) spacesAfter(text string, end int) int {
	if i := strings.IndexFunc(text[end:], m.notSpace); i >= 0 {
		return end + i
	}
	return len(text)
}

func (m *matcher) empty() bool { return len(m.tokens) == 0 }
