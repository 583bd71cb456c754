package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"thaw/core/data"
	"thaw/core/synth/grammar"
)

// built is the grammar that programs carry.
var built = sync.OnceValue(func() *Grammar {
	g, err := Open(grammar.Files())
	if err != nil {
		panic(err)
	}
	return g
})

// large returns 4,000 texts of a half, made once for all the tests that only read them.
var large = map[string]func() []data.Record{
	Train:   sync.OnceValue(func() []data.Record { return largeSet(Train) }),
	Heldout: sync.OnceValue(func() []data.Record { return largeSet(Heldout) }),
}

func largeSet(split string) []data.Record {
	records, err := built().Generate(Spec{N: 4000, Seed: 1, Split: split})
	if err != nil {
		panic(err)
	}
	return records
}

// must generates or stops the test.
func must(t *testing.T, s Spec) []data.Record {
	t.Helper()
	records, err := built().Generate(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != s.N {
		t.Fatalf("%d records, want %d", len(records), s.N)
	}
	return records
}

func TestSameSeedSameTexts(t *testing.T) {
	s := Spec{N: 200, Seed: 7, Both: 0.2, Typos: 0.3, LabelNoise: 0.1}
	a, b := must(t, s), must(t, s)
	if !reflect.DeepEqual(a, b) {
		t.Fatal("one seed gave two sets of texts")
	}
	s.Seed = 8
	if reflect.DeepEqual(a, must(t, s)) {
		t.Fatal("two seeds gave the same texts")
	}
}

// TestGolden pins the bits of the generator. A change of a lexicon or template changes the hash, and that is all right:
// put the new one here. The same hash under js/wasm shows that the machine does not matter.
func TestGolden(t *testing.T) {
	text, err := json.Marshal(must(t, Spec{N: 64, Seed: 1, Both: 0.25, Typos: 0.2, LabelNoise: 0.1}))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	const want = "4314e336f202b0e0"
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

// labelCounts counts task → label → texts.
func labelCounts(records []data.Record) map[string]map[string]int {
	counts := map[string]map[string]int{}
	for _, r := range records {
		for task, label := range r.Labels {
			if counts[task] == nil {
				counts[task] = map[string]int{}
			}
			counts[task][label]++
		}
	}
	return counts
}

func TestBalance(t *testing.T) {
	for _, both := range []float64{0, 0.2, 1} {
		counts := labelCounts(must(t, Spec{N: 1600, Seed: 3, Both: both}))
		for _, task := range Tasks() {
			lo, hi := math.MaxInt, 0
			for _, label := range task.Labels {
				lo, hi = min(lo, counts[task.Name][label]), max(hi, counts[task.Name][label])
			}
			if hi-lo > 2 || lo == 0 || len(counts[task.Name]) != len(task.Labels) {
				t.Errorf("both %v: %s is out of balance: %v", both, task.Name, counts[task.Name])
			}
		}
	}
}

func TestBoth(t *testing.T) {
	two := 0
	for _, r := range must(t, Spec{N: 1000, Seed: 3, Both: 0.3}) {
		if len(r.Labels) == 2 {
			two++
		}
	}
	if two != 300 {
		t.Errorf("%d of 1000 texts carry two labels, want 300", two)
	}
	for _, r := range must(t, Spec{N: 100, Seed: 3, Both: 1, Tasks: []string{"topic"}}) {
		if len(r.Labels) != 1 || r.Labels["topic"] == "" {
			t.Fatalf("%v: want a topic alone", r)
		}
	}
}

func TestDuplicatesAreRare(t *testing.T) {
	for _, split := range []string{Train, Heldout} {
		records := large[split]()
		if d := len(records) - len(normalised(records)); d > 80 {
			t.Errorf("%s: %d of 4000 texts are duplicates, want under 2 %%", split, d)
		}
	}
}

func TestNoLeak(t *testing.T) {
	both := must(t, Spec{N: 400, Seed: 1, Both: 1})
	l := built().Leakage(append(both, large[Train]()...), append(must(t, Spec{N: 100, Seed: 1, Split: Heldout, Both: 1}), large[Heldout]()...))
	if !l.Clean() {
		t.Errorf("%+v", l)
	}
}

func TestLeakIsFound(t *testing.T) {
	train := []data.Record{{Text: "The Yankees beat the Red Sox in the ninth inning."}, {Text: "Something else altogether, and quite long enough too."}}
	l := built().Leakage(train, []data.Record{{Text: "the Yankees beat the Red Sox in the ninth inning"}, {Text: "Well: something else altogether, and quite long enough too."}})
	if len(l.EqualTexts) != 1 || l.NearDuplicates != 2 || !slices.Contains(l.SharedWords, "yankees") || l.Clean() {
		t.Errorf("%+v", l)
	}
}

var faults = []struct {
	name string
	at   *regexp.Regexp
}{
	{"open slot", regexp.MustCompile(`[{}\[\]|]`)},
	{"double space", regexp.MustCompile(`  |^ | $`)},
	{"space before a mark", regexp.MustCompile(` [,.!?;:]`)},
	{"doubled mark", regexp.MustCompile(`,,|,\.|\.,|\.\.|;\.|\?\.|!\.`)},
	{"a before a vowel", regexp.MustCompile(`\b[Aa] ([aei]\w|o[^n]|u[^nstkgrfn]|hour|honest|heir|8\d?\b|11\b)`)},
	{"an before a consonant", regexp.MustCompile(`\b[Aa]n ([b-df-gj-np-tv-z]|uni[^mn]|use|one\b|[1-79]\b)`)},
	{"doubled word", regexp.MustCompile(`(?i)\b(the the|a a|an an|a the|the a|of of|to to|is is|was was|in in|and and)\b`)},
}

func TestTextsAreWellFormed(t *testing.T) {
	for _, split := range []string{Train, Heldout} {
		for _, style := range Styles() {
			tasks := []string{"topic", "sentiment"}
			if style == "review" {
				tasks = tasks[1:]
			}
			for _, r := range must(t, Spec{N: 600, Seed: 2, Split: split, Styles: []string{style}, Tasks: tasks}) {
				for _, f := range faults {
					if m := f.at.FindString(r.Text); m != "" {
						t.Errorf("%s %s: %s %q in %q", split, style, f.name, m, r.Text)
					}
				}
				checkLooks(t, style, r.Text)
			}
		}
	}
}

// checkLooks tests capital and final mark as the style demands.
func checkLooks(t *testing.T, style, text string) {
	t.Helper()
	last := text[len(text)-1:]
	first := []rune(strings.TrimLeft(text, `("$`))[0]
	switch {
	case style != "chat" && unicode.IsLower(first):
		t.Errorf("%s begins small: %q", style, text)
	case style == "headline" && last == ".":
		t.Errorf("headline ends in a stop: %q", text)
	case style == "question" && last != "?":
		t.Errorf("question without its mark: %q", text)
	case (style == "report" || style == "review") && !strings.ContainsAny(last, `.!?"`):
		t.Errorf("%s does not end: %q", style, text)
	}
}

func TestTyposAndNoise(t *testing.T) {
	clean := must(t, Spec{N: 1000, Seed: 4})
	typed := must(t, Spec{N: 1000, Seed: 4, Typos: 0.5})
	noisy := must(t, Spec{N: 1000, Seed: 4, LabelNoise: 0.25})
	changed, wrong := 0, 0
	for i := range clean {
		if clean[i].Text != typed[i].Text {
			changed++
		}
		if !reflect.DeepEqual(clean[i].Labels, noisy[i].Labels) {
			wrong++
		}
		if clean[i].Text != noisy[i].Text || !reflect.DeepEqual(clean[i].Labels, typed[i].Labels) {
			t.Fatal("typos touch labels, or noise touches texts")
		}
	}
	if changed < 420 || changed > 560 {
		t.Errorf("%d of 1000 texts have typos, want about 500", changed)
	}
	if wrong < 200 || wrong > 300 {
		t.Errorf("%d of 1000 labels are wrong, want about 250", wrong)
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	for want, s := range map[string]Spec{
		"n is 0":                 {},
		"n is 200001":            {N: MaxTexts + 1},
		`split "test"`:           {N: 1, Split: "test"},
		"typos is 2":             {N: 1, Typos: 2},
		"labelNoise is NaN":      {N: 1, LabelNoise: math.NaN()},
		"both is -1":             {N: 1, Both: -1},
		`no task "mood"`:         {N: 1, Tasks: []string{"mood"}},
		`"topic" is named twice`: {N: 1, Tasks: []string{"topic", "topic"}},
		`no style "poem"`:        {N: 1, Styles: []string{"poem"}},
		`no template for topic`:  {N: 1, Styles: []string{"review"}, Tasks: []string{"topic"}},
	} {
		_, err := built().Generate(s)
		if !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an ErrSpec with %q", err, want)
		}
	}
}
