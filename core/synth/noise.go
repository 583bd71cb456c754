package synth

import "strings"

// neighbours are the keys beside each letter on a QWERTY board.
var neighbours = map[byte]string{
	'a': "sq", 'b': "vn", 'c': "xv", 'd': "sf", 'e': "wr", 'f': "dg", 'g': "fh", 'h': "gj", 'i': "uo", 'j': "hk", 'k': "jl", 'l': "k", 'm': "n",
	'n': "bm", 'o': "ip", 'p': "o", 'q': "wa", 'r': "et", 's': "ad", 't': "ry", 'u': "yi", 'v': "cb", 'w': "qe", 'x': "zc", 'y': "tu", 'z': "x",
}

// typos puts one or two slips of the finger into the share p of texts.
func typos(s string, p float64, r *random) string {
	if !r.chance(p) {
		return s
	}
	for range 1 + r.below(2) {
		s = slip(s, r)
	}
	return s
}

// slip swaps, drops, doubles or misses one letter inside a word of four letters or more.
func slip(s string, r *random) string {
	words := strings.Split(s, " ")
	i := r.below(len(words))
	for n := 0; n < len(words) && !plain(words[i]); n++ {
		i = (i + 1) % len(words)
	}
	w := words[i]
	if !plain(w) {
		return s
	}
	at := 1 + r.below(len(w)-2)
	switch r.below(4) {
	case 0:
		w = w[:at] + w[at+1:at+2] + w[at:at+1] + w[at+2:]
	case 1:
		w = w[:at] + w[at+1:]
	case 2:
		w = w[:at] + w[at:at+1] + w[at:]
	default:
		near := neighbours[w[at]]
		k := r.below(len(near))
		w = w[:at] + near[k:k+1] + w[at+1:]
	}
	words[i] = w
	return strings.Join(words, " ")
}

// plain reports whether w is four small letters or more, the first of which may be a capital.
func plain(w string) bool {
	for i := range len(w) {
		if (w[i] < 'a' || w[i] > 'z') && !(i == 0 && w[i] >= 'A' && w[i] <= 'Z') {
			return false
		}
	}
	return len(w) >= 4
}

// labelNoise returns c with each label replaced, with probability p, by another of its task.
func labelNoise(c cell, tasks []taskLabels, p float64, r *random) map[string]string {
	out := map[string]string{}
	for _, t := range tasks {
		label, ok := c[t.name]
		if !ok {
			continue
		}
		out[t.name] = label
		if r.chance(p) {
			k := r.below(len(t.labels) - 1)
			if t.labels[k] == label {
				k = len(t.labels) - 1
			}
			out[t.name] = t.labels[k]
		}
	}
	return out
}
