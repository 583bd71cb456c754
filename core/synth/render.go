package synth

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	article    = regexp.MustCompile(`\b([Aa])n? ([\w'-]+)`)
	spaceMark  = regexp.MustCompile(` +([,.!?;:])`)
	doubled    = regexp.MustCompile(`([,;:])[,;:]+|([.!?])\.+( |$)|,([.!?])`)
	anyway     = regexp.MustCompile(`^(?i:hour|honest|heir|honou?r|8|11$|18|SUV|FBI|NGO|MP$|MRI|LED|NBA|NFL|NHL|NATO$|HIV|X-|xbox|MVP|NCAA|RNA|SMS|ATM|hourly|mri|lcd)`)
	consonants = regexp.MustCompile(`^(?i:uni|use|usu|uti|euro|one(-|$)|once|ubiq|uk|u\.s|us$|usb|user|eu$|eul|ufo|nato|uruguay|ukrain|ugand|urani|uro)`)
	unipart    = regexp.MustCompile(`^(?i:unin|unim|unid|unint|unil)`)
)

// tidy puts the text of a template right: single spaces, none before a mark, a or an by the sound that follows, and
// capitals where sentences begin.
func tidy(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s = spaceMark.ReplaceAllString(s, "$1")
	s = doubled.ReplaceAllString(s, "$1$2$4$3")
	s = article.ReplaceAllStringFunc(s, func(m string) string {
		parts := article.FindStringSubmatch(m)
		if startsWithVowel(parts[2]) {
			return parts[1] + "n " + parts[2]
		}
		return parts[1] + " " + parts[2]
	})
	return sentences(s)
}

// startsWithVowel reports whether word takes "an". It goes by the letter, with the exceptions our lexicons need.
func startsWithVowel(word string) bool {
	if anyway.MatchString(word) {
		return true
	}
	if consonants.MatchString(word) && !unipart.MatchString(word) {
		return false
	}
	return strings.ContainsRune("aeiouAEIOU", rune(word[0]))
}

// sentences starts each sentence with a capital. A stop after a short form such as "U.S." ends none.
func sentences(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		dateline := i > 1 && words[i-1] == "-" && strings.HasSuffix(words[i-2], ")")
		if i == 0 || dateline || endsSentence(words[i-1]) {
			words[i] = capital(w)
		}
	}
	return strings.Join(words, " ")
}

func endsSentence(word string) bool {
	word = strings.TrimRight(word, `"')`)
	if strings.HasSuffix(word, "!") || strings.HasSuffix(word, "?") {
		return true
	}
	stem, ok := strings.CutSuffix(word, ".")
	switch stem {
	case "Inc", "Corp", "St", "Mr", "Mrs", "Dr", "vs", "No", "Co", "Ltd", "Gen", "Sen", "Rep":
		return false
	}
	return ok && !strings.Contains(stem, ".")
}

// capital raises the first letter, behind a quotation mark if there is one.
func capital(w string) string {
	for i, r := range w {
		if unicode.IsLetter(r) {
			return w[:i] + string(unicode.ToUpper(r)) + w[i+utf8.RuneLen(r):]
		}
		if unicode.IsDigit(r) {
			return w
		}
	}
	return w
}

// dress gives a text the looks of its style. None of it depends on the label.
func dress(s, style string, r *random) string {
	switch style {
	case "headline":
		s = strings.TrimSuffix(s, ".")
		if r.chance(0.6) {
			s = withoutArticles(s)
		}
		if r.chance(0.3) {
			s = titleCase(s)
		}
	case "chat":
		if r.chance(0.4) {
			s = strings.ToLower(s)
		}
		if r.chance(0.5) {
			s = strings.TrimSuffix(s, ".")
		} else if !strings.ContainsAny(s[len(s)-1:], ".!?)") {
			s += "."
		}
	case "question":
		if !strings.HasSuffix(s, "?") {
			s = strings.TrimRight(s, ".!") + "?"
		}
	default:
		if !strings.ContainsAny(s[len(s)-1:], `.!?"`) {
			s += "."
		}
	}
	return s
}

// withoutArticles drops a, an and the, as headlines do, and keeps them before "few", whose sense they change.
func withoutArticles(s string) string {
	var out []string
	list := strings.Split(s, " ")
	for i, w := range list {
		article := w == "a" || w == "an" || w == "the" || w == "A" || w == "An" || w == "The"
		if !article || i+1 == len(list) || list[i+1] == "few" || list[i+1] == "lot" {
			out = append(out, w)
		}
	}
	return sentences(strings.Join(out, " "))
}

// titleCase raises every word of a headline but the small ones.
func titleCase(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		switch w {
		case "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "but", "or", "by", "as", "with", "from":
		default:
			words[i] = capital(w)
		}
	}
	return strings.Join(words, " ")
}
