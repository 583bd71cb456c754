package freeze

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// names are parameters of every place in a BERT of 12 layers with two tasks, and the letter each has in the table below.
var names = []struct{ letter, name string }{
	{"w", "bert.embeddings.word_embeddings.weight"},
	{"n", "bert.embeddings.LayerNorm.weight"},
	{"0", "bert.encoder.layer.0.attention.self.query.weight"},
	{"b", "bert.encoder.layer.1.attention.self.key.bias"},
	{"1", "bert.encoder.layer.1.output.LayerNorm.weight"},
	{"f", "bert.encoder.layer.10.intermediate.dense.weight"},
	{"l", "bert.encoder.layer.11.output.dense.weight"},
	{"p", "bert.pooler.dense.weight"},
	{"t", "heads.topic.weight"},
	{"B", "heads.topic.bias"},
	{"s", "heads.sentiment.classifier.weight"},
}

// trains is the letters of the names that train under a policy.
func trains(p Policy) (letters string) {
	for _, n := range names {
		if p.Trains(n.name) {
			letters += n.letter
		}
	}
	return letters
}

func TestTrains(t *testing.T) {
	const all = "wn0b1flptBs"
	for _, c := range []struct{ policy, train string }{
		{"none", all},
		{"all", ""},
		{"backbone", "tBs"},
		{"layers:0", "0b1flptBs"}, // the embeddings
		{"layers:1", "b1flptBs"},
		{"layers:2", "flptBs"},
		{"layers:11", "lptBs"},
		{"layers:12", "ptBs"}, // all layers, not the pooler
		{"head:topic", "wn0b1flps"},
		{"head:sentiment", "wn0b1flptB"},
		{"head:top", all}, // no task of this name: Check says so
		// Globs, * standing for dots too, with the family's prefix and without.
		{"bert.embeddings.*", "0b1flptBs"},
		{"embeddings.*", "0b1flptBs"},
		{"*LayerNorm*", "w0bflptBs"},
		{"*.bias", "wn01flpts"},
		{"*.attention.*", "wn1flptBs"},
		{"encoder.layer.1.*", "wn0flptBs"}, // not layers 10 and 11
		{"encoder.layer.1*", "wn0ptBs"},
		{"pooler.dense.weight", "wn0b1fltBs"},
		{"bert.pooler.dense.weight", "wn0b1fltBs"},
		{"heads.*", "wn0b1flp"},
		{"topic.*", all},                    // heads has no prefix of a family
		{"*", ""},                           // everything
		{"*a*a*b*", "wn01flptBs"},           // the runs follow each other
		{"weight", all},                     // a glob is of the whole name
		{"pooler.dense.weight*weight", all}, // runs do not overlap
		// Later terms win, ! thaws.
		{"backbone,!*.bias", "btBs"},
		{"backbone,!*LayerNorm*,!*.bias", "nb1tBs"},
		{"all,!head:topic", "tB"},
		{"!head:topic,all", ""},
		{"layers:2,head:topic", "flps"},
		{"backbone,!layers:1", "wn0tBs"},
		{"backbone,!pooler.*", "ptBs"},
		{"all,none", all},
		{"all,!none", ""}, // "none" names nothing, so there is nothing to thaw
		{"all,none,head:topic", "wn0b1flps"},
		{"all,!backbone,layers:0", "0b1flp"},
	} {
		p, err := Parse(c.policy)
		if err != nil {
			t.Errorf("%s: %v", c.policy, err)
			continue
		}
		if got := trains(p); got != c.train {
			t.Errorf("%s: %q train, want %q", c.policy, got, c.train)
		}
	}
}

// TestTasksNamedLikeLayers: the name of a task never makes its head a part of the encoder.
func TestTasksNamedLikeLayers(t *testing.T) {
	p, err := Parse("layers:2,embeddings.*,pooler.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"heads.embeddings.weight", "heads.pooler.weight", "heads.layer.classifier.weight"} {
		if !p.Trains(name) {
			t.Errorf("%s freezes %s", p, name)
		}
	}
}

func TestCanonicalForm(t *testing.T) {
	for _, c := range [][2]string{
		{"layers:4", "layers:4"},
		{" layers:04 , ! head:topic ", "layers:4,!head:topic"},
		{"layers:+1", "layers:1"},
		{"backbone,\t!*.bias", "backbone,!*.bias"},
	} {
		p, err := Parse(c[0])
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], p, c[1])
		}
	}
}

func TestDefault(t *testing.T) {
	for l, want := range map[int]string{12: "layers:10", 6: "layers:4", 3: "layers:1", 2: "layers:0", 1: "layers:0"} {
		if got := Default(l); got != want {
			t.Errorf("%d layers: %s, want %s", l, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for policy, reason := range map[string]string{
		"":                            "a term is empty",
		"layers:2,":                   "a term is empty",
		"!":                           "a term is empty",
		"layers:x":                    "want layers:K with K a whole number",
		"layers:-1":                   "want layers:K with K a whole number",
		"layers:1e3":                  "want layers:K with K a whole number",
		"layers:99999999999999999999": "want layers:K",
		"head:":                       "want head:NAME with the name of a task",
		"head:a b":                    "want head:NAME",
		"head:Topic":                  "want head:NAME",
		"head:*":                      "want head:NAME",
		"probe,none":                  "probe stands alone",
		"!probe":                      "probe stands alone",
		"layer:2":                     `"layer:2" is not a term; write none, all, backbone, layers:K, head:NAME`,
		"backbone; 1:all":             "is not a term",
		"!!all":                       `"!all" is not a term`,
		"a\x00b":                      "is not a term",
		"émbeddings.*":                "is not a term",
		strings.Repeat("(", 1000):     `"` + strings.Repeat("(", 60) + `" is not`, // no longer than a person reads
	} {
		_, err := Parse(policy)
		if !errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.40q: got %v, want an ErrPolicy with %q", policy, err, reason)
		}
	}
}

func TestCheck(t *testing.T) {
	var all []string
	for _, n := range names {
		all = append(all, n.name)
	}
	for policy, reason := range map[string]string{
		"none":                  "",
		"all,!head:topic":       "",
		"layers:0":              "",
		"layers:12":             "",
		"layers:13":             `freeze policy "layers:13": the encoder has 12 layers`,
		"layers:4,head:topics":  "head:topics names no parameter of this model, which has head:sentiment, head:topic",
		"backbone,!*.gamma":     "*.gamma names no parameter",
		"Backbone":              "Backbone names no parameter",
		"encoder.layer.7.*":     "encoder.layer.7.* names no parameter",
		"transformer.layer.0.*": "names no parameter",
	} {
		p, err := Parse(policy)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Check(all, 12)
		if reason == "" && err != nil {
			t.Errorf("%s: %v", policy, err)
		}
		if reason != "" && (!errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), reason)) {
			t.Errorf("%s: got %v, want %q", policy, err, reason)
		}
	}
}

// FuzzParse: what is accepted has a canonical form that means the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"none", "all", "backbone,!*.bias", "layers:4, !head:topic", "!none", "*a*b*", "layers:007", "!!x", " ! all", "head:\xff", "a,,b"} {
		f.Add(s, "bert.encoder.layer.3.attention.self.query.bias")
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		p, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrPolicy) {
				t.Errorf("%q: %v is no ErrPolicy", s, err)
			}
			return
		}
		again, err := Parse(p.String())
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%q is canonically %q, which is read as %+v, %v, not %+v", s, p, again, err, p)
		}
		if again.Trains(name) != p.Trains(name) {
			t.Errorf("%q and %q differ in %q", s, p, name)
		}
	})
}
