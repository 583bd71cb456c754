package synth

import "slices"

// share is how often a style is drawn against the others. It is the same for every label of a task, so that style tells
// none. Most texts are what such a model will be asked about: reviews of things that can be reviewed, reports of news.
func share(style string, reviews bool) int {
	switch {
	case style == "review":
		return 40
	case style == "report" && !reviews:
		return 10
	case style == "report", style == "headline":
		return 4
	case style == "chat":
		return 3
	}
	return 2
}

func drawStyle(styles []string, r *random) string {
	reviews := slices.Contains(styles, "review")
	total := 0
	for _, s := range styles {
		total += share(s, reviews)
	}
	n := r.below(total)
	for _, s := range styles {
		if n -= share(s, reviews); n < 0 {
			return s
		}
	}
	panic("synth: drawStyle: shares do not add up")
}

// form says of which pieces a text in a style is made, each by a template of its own. News comes with its headline above
// the report, as agencies send it, and who writes a review does not always stop after a sentence.
func form(style string, allowed []string, r *random) []string {
	n := r.below(20)
	switch {
	case style == "report" && n < 9 && slices.Contains(allowed, "headline"):
		return []string{"headline", "report"}
	case style == "report" && n < 13:
		return []string{"report", "report"}
	case style == "review" && n < 4:
		return []string{"review", "review"}
	case style == "review" && n < 6:
		return []string{"review", "review", "review"}
	case style == "review" && n < 7:
		return []string{"review", "review", "review", "review", "review"}
	}
	return []string{style}
}
