package synth

import (
	"strings"
	"unicode"
)

// commonWords reads lexicon/common.txt: words that belong to no class and may stand in both halves.
func commonWords(text string) map[string]bool {
	out := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "#") {
			for _, w := range strings.Fields(line) {
				out[w] = true
			}
		}
	}
	return out
}

// words returns the words of s in lower case: runs of letters, digits and inner apostrophes.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
}

// contentWords returns the words of an entry that must stay in one half: three letters or more, not common, slots left out.
func contentWords(nodes []node, common map[string]bool) []string {
	var out []string
	for _, w := range words(strings.Join(literals(nodes, nil), " ")) {
		w = strings.TrimSuffix(strings.Trim(w, "'"), "'s")
		if len(w) >= 3 && !common[w] && !strings.ContainsAny(w, "0123456789") {
			out = append(out, w)
		}
	}
	return out
}

// contentOf returns every content word of a half's slots.
func (lex *lexicon) contentOf(common map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, entries := range lex.slots {
		for _, e := range entries {
			for _, w := range contentWords(e.nodes, common) {
				out[w] = true
			}
		}
	}
	return out
}
