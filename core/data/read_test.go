package data

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

var reviews = []Record{
	{"A warm, funny film", map[string]string{"sentiment": "positive"}},
	{"He said \"no\"\nand left", map[string]string{"sentiment": "negative", "topic": "world"}},
	{"Leeds win at home", map[string]string{"topic": "sports"}},
}

func TestReadFile(t *testing.T) {
	for path, want := range map[string][]Record{
		"testdata/reviews.csv":   reviews,
		"testdata/reviews.jsonl": append(reviews[:3:3], Record{"café 😀", map[string]string{}}),
		"testdata/news.tsv":      {{`A chip, a rocket; "and" more`, map[string]string{"topic": "sci/tech"}}},
	} {
		got, err := ReadFile(path)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v, want %v", path, got, err, want)
		}
	}
	if _, err := ReadFile("testdata/absent.csv"); err == nil || !strings.Contains(err.Error(), "testdata/absent.csv") {
		t.Errorf("an absent file gives %v", err)
	}
}

// A bad line is named by file, line and reason.
func TestReadRefusesLine(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		name, text string
		line       int
		reason     string
	}{
		{"a.jsonl", "{\"text\":\"ok\"}\n\nhello\n", 3, "expected one object a line"},
		{"a.json", "[{\"text\":\"ok\"}]", 1, "expected one object a line"},
		{"a.jsonl", "{\n\"text\":\"ok\"}", 1, "not JSON (unexpected end"},
		{"a.jsonl", `{"text":"ok"}{"text":"ok"}`, 1, "something follows the object"},
		{"a.jsonl", `{"text" "ok"}`, 1, "not JSON"},
		{"a.jsonl", `{"text":"ok","label":"positive"}`, 1, `the field "label" is not known; expected text, and labels`},
		{"a.jsonl", `{"Text":"ok"}`, 1, `the field "Text" is not known`},
		{"a.jsonl", `{"labels":{}}`, 1, `the field "text" is missing`},
		{"a.jsonl", `{"text":"a","text":"b"}`, 1, `the field "text" stands twice`},
		{"a.jsonl", `{"text":"a","labels":{},"labels":{}}`, 1, `the field "labels" stands twice`},
		{"a.jsonl", `{"text":1}`, 1, "the text: expected a string, got 1"},
		{"a.jsonl", `{"text":" \t"}`, 1, "the text is empty"},
		{"a.jsonl", `{"text":"a \ud83d b"}`, 1, "half of a character"},
		{"a.jsonl", `{"text":"a","labels":"positive"}`, 1, "labels: expected an object, got positive"},
		{"a.jsonl", `{"text":"a","labels":null}`, 1, "labels: expected an object, got null"},
		{"a.jsonl", `{"text":null}`, 1, "the text: expected a string, got null"},
		{"a.jsonl", `{"text":"a","labels":{"s":1}}`, 1, "the label of s: expected a string or null, got 1"},
		{"a.jsonl", `{"text":"a","labels":{"s":null,"s":"b"}}`, 1, "the task s stands twice"},
		{"a.jsonl", `{"text":"a","labels":{"s":{}}}`, 1, "the label of s: expected a string or null, got {"},
		{"a.jsonl", `{"text":"a","labels":{"s":""}}`, 1, "the label of s is empty"},
		{"a.jsonl", `{"text":"a","labels":{"s":"b "}}`, 1, `the label "b " of s has spaces around it`},
		{"a.jsonl", `{"text":"a","labels":{"s":"b","s":"b"}}`, 1, "the task s stands twice"},
		{"a.jsonl", `{"text":"a","labels":{"My Task":"b"}}`, 1, `"My Task" cannot be the name of a task`},
		{"a.jsonl", `{"text":"a","labels":{"` + long[:65] + `":"b"}}`, 1, `use at most 64 small letters`},
		{"a.jsonl", `{"text":"a","labels":{"text":"b"}}`, 1, "a task cannot be called text"},
		{"a.jsonl", `{"text":"a","labels":{"s":"` + long[:300] + `"}}`, 1, "is longer than 256 bytes"},
		{"a.jsonl", "{\"text\":\"ok\"}\n{\"text\":\"\xff\"}", 2, "not UTF-8"},
		{"a.jsonl", "{\"text\":\"ok\"}\n{\"text\":\"" + long + "\"}", 2, "longer than 1048576 bytes"},
		{"a.csv", "text,s\nok,b\n\n\"a\nb\",c,d\n", 4, "more or fewer cells than the header"},
		{"a.csv", "text,s\nok\n", 2, "more or fewer cells than the header"},
		{"a.csv", "text,s\na \"quoted\" word,b\n", 2, "a quote inside a cell without quotes"},
		{"a.csv", "text,s\nok,b\n\"open,b\nmore,c\n", 3, "a quoted cell does not end"},
		{"a.csv", "text,s\nok,b\n,b\n", 3, "the text is empty"},
		{"a.csv", "text,s\n\"a\nb\", b\n", 3, `the label " b" of s has spaces around it`},
		{"a.csv", "text,s\nok,b\nok,\xff\n", 3, "the label of s is not UTF-8"},
		{"a.csv", "text,s\nok,b\n\xff,b\n", 3, "the text is not UTF-8"},
		{"a.csv", "text,s\nok,b\n" + long + ",b\n", 3, "longer than 1048576 bytes"},
		{"a.csv", "text,s\n\"" + long[:maxLine-9] + "\n" + long[:99] + "\",b\n", 2, "a quote may be missing at its end"},
		{"a.csv", "sentence,s\nok,b\n", 1, `no column text, but ["sentence" "s"]`},
		{"a.csv", "text;s\nok;b\n", 1, "cells of this file are separated by ','"},
		{"a.csv", "text,s,s\n", 1, `the column "s" stands twice`},
		{"a.csv", "text, s\n", 1, `" s" cannot be the name of a task`},
		{"a.tsv", "text,s\nok,b\n", 1, `cells of this file are separated by '\t'`},
	} {
		records, err := Read(c.name, strings.NewReader(c.text))
		var line *LineError
		if !errors.As(err, &line) {
			t.Errorf("%.60q: got %d records and %v, want a LineError", c.text, len(records), err)
			continue
		}
		if line.File != c.name || line.Line != c.line || !strings.Contains(line.Reason, c.reason) {
			t.Errorf("%.60q: got %v, want line %d with %q", c.text, err, c.line, c.reason)
		}
		if !strings.HasPrefix(err.Error(), fmt.Sprintf("data: %s, line %d: ", c.name, c.line)) {
			t.Errorf("%.60q: the message is %q", c.text, err)
		}
	}
}

// null is how many programs write a missing label.
func TestReadNullLabel(t *testing.T) {
	got, err := Read("a.jsonl", strings.NewReader(`{"text":"a","labels":{"s":null,"t":"b"}}`))
	if want := []Record{{"a", map[string]string{"t": "b"}}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestReadRefusesFile(t *testing.T) {
	for _, c := range []struct{ name, text, reason string }{
		{"a.txt", "text", "data: a.txt: the ending says no format"},
		{"jsonl", "{}", "the ending says no format"},
		{"a.jsonl", "\n \n", "data: a.jsonl: there is no record in it"},
		{"a.csv", "text,s\n", "there is no record in it"},
		{"a.csv", "", "the file is empty; expected a header row"},
		{"a.csv", "\xff\xfet\x00e\x00", "the file is UTF-16; save it as UTF-8"},
	} {
		if _, err := Read(c.name, strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%q: got %v, want an error with %q", c.text, err, c.reason)
		}
	}
}

// A failing reader is told apart from a bad file, wherever it fails.
func TestReadFails(t *testing.T) {
	gone := errors.New("the disk is gone")
	for name, text := range map[string]string{"a.csv": "text,s\nok,b\n\"a \"\"\nb\",\n", "a.jsonl": "{\"text\":\"ok\"}\n\n{\"text\":\"b\"}\n"} {
		for n := range len(text) + 1 {
			_, err := Read(name, io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(gone)))
			if !errors.Is(err, gone) {
				t.Errorf("%s %q: got %v, want %v", name, text[:n], err, gone)
			}
		}
	}
}

// A line as long as is allowed is read, however the bytes arrive.
func TestReadLongLine(t *testing.T) {
	long := strings.Repeat("x", maxLine-2)
	for _, r := range []io.Reader{strings.NewReader("text,s\n" + long + ",b\n"), iotest.HalfReader(strings.NewReader("text,s\n" + long + ",b\n"))} {
		got, err := Read("A.CSV", r)
		if err != nil || len(got) != 1 || got[0].Text != long {
			t.Errorf("got %d records, %v", len(got), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"text,s\n\"a \"\"b\"\"\nc\",d\n\ne,\n", "\xef\xbb\xbfs\ttext\nb\ta\n",
		`{"text":"a\n\ud83d\ude00","labels":{"s":"b","t-1":"c"}}` + "\n\n{\"text\":\"x\"}", `[{}]`, `{"text":{"text":[1,2e9,null]}}`,
	} {
		for format := range byte(3) {
			f.Add(format, text)
		}
	}
	f.Fuzz(func(t *testing.T, format byte, text string) {
		name := []string{"f.jsonl", "f.csv", "f.tsv"}[format%3]
		records, err := Read(name, strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "data: "+name) || len(err.Error()) > 1000 {
				t.Fatalf("the message is %q", err)
			}
			return
		}
		if len(records) == 0 {
			t.Fatal("no records and no error")
		}
		for i, r := range records {
			if textFault(r.Text) != "" || r.Labels == nil {
				t.Fatalf("record %d is %+v", i, r)
			}
			for task, label := range r.Labels {
				if taskFault(task) != "" || labelFault(task, label) != "" {
					t.Fatalf("record %d has the label %q of %q", i, label, task)
				}
			}
		}
		train, heldout := Split(records, 0.1, 1)
		if len(train)+len(heldout) != len(records) {
			t.Fatalf("%d and %d of %d", len(train), len(heldout), len(records))
		}
	})
}
