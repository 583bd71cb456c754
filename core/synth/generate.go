package synth

import (
	"strings"

	"thaw/core/data"
)

// Generate makes s.N labelled texts, their labels in balance and their order drawn from the seed.
func (g *Grammar) Generate(s Spec) ([]data.Record, error) {
	p, s, err := g.prepare(s)
	if err != nil {
		return nil, err
	}
	jobs, err := p.jobs(s)
	if err != nil {
		return nil, err
	}
	order := newRandom(s.Seed, 0)
	order.shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	seen := map[string]bool{}
	out := make([]data.Record, len(jobs))
	for i, j := range jobs {
		r := newRandom(s.Seed, uint64(i)+1)
		text := p.fresh(j, r, seen)
		out[i] = data.Record{Text: typos(text, s.Typos, r), Labels: labelNoise(j.cell, p.tasks, s.LabelNoise, r)}
	}
	return out, nil
}

// prepare checks s, applies its edits and sorts the half's templates into cells.
func (g *Grammar) prepare(s Spec) (*plan, Spec, error) {
	tasks := Tasks()
	if s.Edits != nil {
		if err := s.Edits.check(); err != nil {
			return nil, s, err
		}
		tasks = WithEdits(s.Edits)
	}
	s, err := s.check(tasks)
	if err != nil {
		return nil, s, err
	}
	lex := g.halves[s.Split]
	if s.Edits != nil {
		lex = lex.clone()
		if err := s.Edits.apply(lex, s.Split, g.common); err != nil {
			return nil, s, err
		}
	}
	var wanted []taskLabels
	for _, t := range tasks {
		for _, name := range s.Tasks {
			if t.Name == name {
				wanted = append(wanted, taskLabels{t.Name, t.Labels})
			}
		}
	}
	return newPlan(lex, wanted), s, nil
}

// job is one text to be written.
type job struct {
	cell   cell
	group  []cell   // the cells it is dealt with
	styles []string // those every cell of the group can be written in
}

// jobs deals s.N texts out to the tasks and their labels: the share of s.Both to pairs of tasks, the rest to single ones.
func (p *plan) jobs(s Spec) ([]job, error) {
	var single, pairs [][]cell
	for i, a := range p.tasks {
		cells := p.cells(s.Styles, a)
		if cells == nil {
			return nil, p.missing(a, s)
		}
		single = append(single, cells)
		for _, b := range p.tasks[i+1:] {
			if cells := p.cells(s.Styles, a, b); cells != nil {
				pairs = append(pairs, cells)
			}
		}
	}
	both := 0
	if len(pairs) > 0 {
		both = int(float64(s.N)*s.Both + 0.5)
	}
	jobs := p.deal(nil, pairs, both, s.Styles)
	return p.deal(jobs, single, s.N-both, s.Styles), nil
}

// deal appends n jobs that take the groups, and within a group its cells, in turn.
func (p *plan) deal(jobs []job, groups [][]cell, n int, styles []string) []job {
	allowed := make([][]string, len(groups))
	for g, cells := range groups {
		allowed[g] = p.stylesOf(cells, styles)
	}
	for i := range n {
		g := i % len(groups)
		cells := groups[g]
		jobs = append(jobs, job{cells[i/len(groups)%len(cells)], cells, allowed[g]})
	}
	return jobs
}

// fresh writes a text that is not in seen yet, capitals and marks aside, as far as a few tries can.
func (p *plan) fresh(j job, r *random, seen map[string]bool) string {
	text, plain := "", ""
	for range 12 {
		text = p.write(j, r)
		if plain = strings.Join(words(text), " "); !seen[plain] {
			break
		}
	}
	seen[plain] = true
	return text
}

// candidates is how many texts are written for one that is kept. With 32, style alone told topics with 0.33, with 48 with
// 0.32 (chance is 0.25).
const candidates = 48

// write makes one text for a job. A pacemaker is written first, in the same form and for a label drawn at random, and
// of the candidates the one nearest to it in length, marks and small words is kept: so the labels do not differ in
// style, whatever their templates are like.
func (p *plan) write(j job, r *random) string {
	style := drawStyle(j.styles, r)
	parts := form(style, j.styles, r)
	other := j.group[r.below(len(j.group))]
	pace := styleFeatures(longer(spoken(p.once(other, parts, r)), spoken(p.once(other, parts, r))))
	var nearest []string
	distance := 0.0
	for i := range candidates {
		pieces := p.once(j.cell, parts, r)
		if d := styleDistance(styleFeatures(spoken(pieces)), pace); i == 0 || d < distance {
			nearest, distance = pieces, d
		}
	}
	for i, piece := range nearest {
		nearest[i] = dress(tidy(piece), parts[i], r)
	}
	return spoken(nearest)
}

func spoken(pieces []string) string { return strings.Join(pieces, " ") }

// longer returns the longer of two texts: without it, the choice of the nearest would favour short ones.
func longer(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

// once writes one text, still untidy, for a cell: a piece for each style of parts, or fewer where none would follow the first.
func (p *plan) once(c cell, parts []string, r *random) []string {
	key := p.key(c)
	x := &expander{p, r, c, key, "", nil}
	var first *template
	var pieces []string
	for _, style := range parts {
		t := p.draw(key, style, first, r)
		if t == nil {
			break
		}
		if first == nil {
			first = t
		}
		x.scope = t.scope
		var b strings.Builder
		x.write(&b, t.nodes)
		pieces = append(pieces, b.String())
	}
	return pieces
}

// draws is how often a template is drawn before a text ends for want of one that may follow.
const draws = 16

// draw returns a template that may follow the first of a text, nil if none comes up.
func (p *plan) draw(key, style string, first *template, r *random) *template {
	pool := p.pools[key][style]
	for range draws {
		if t := pool[r.below(len(pool))]; first == nil || follows(first, t) {
			return t
		}
	}
	return nil
}

// follows says whether two pieces may be one text: what was written by hand is about one matter, and keeps to its file.
func follows(first, t *template) bool {
	switch first.section {
	case textSection:
		return t.section == textSection
	case sentenceSection:
		return t.section == sentenceSection && t.scope == first.scope
	}
	return false
}
