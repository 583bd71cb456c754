package data

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/core/head"
)

var both = []head.Task{
	{Name: "sentiment", Kind: head.SingleLabel, Labels: []string{"negative", "positive"}, Weight: 1},
	{Name: "topic", Kind: head.SingleLabel, Labels: []string{"sports", "world"}, Weight: 1},
}

func TestTasks(t *testing.T) {
	if got := Tasks(reviews); !reflect.DeepEqual(got, both) {
		t.Errorf("got %+v, want %+v", got, both)
	}
	if got := Tasks(nil); got != nil {
		t.Errorf("no records have the tasks %v", got)
	}
}

func TestCheck(t *testing.T) {
	if err := Check(both, reviews); err != nil {
		t.Error(err)
	}
	if err := Check(both, nil); err != nil {
		t.Error(err)
	}
	task := func(name string, labels ...string) []head.Task { return []head.Task{{Name: name, Labels: labels}} }
	record := func(task, label string) []Record {
		return append(reviews[:1:1], Record{"Never again.", map[string]string{task: label}})
	}
	var many []string
	for i := range maxLabels + 1 {
		many = append(many, fmt.Sprint(i))
	}
	for _, c := range []struct {
		tasks   []head.Task
		records []Record
		reason  string
	}{
		{both, record("sentiment", "Postive"), `record 2 ("Never again."): "Postive" is not a label of sentiment; did you mean "positive"? known are negative, positive`},
		{both, record("sentiment", "mixed"), `"mixed" is not a label of sentiment; known are negative, positive`},
		{both, record("topics", "sports"), `the task "topics" is not known; did you mean "topic"? known are sentiment, topic`},
		{both, []Record{{Text: " "}}, "record 1 (\" \"): the text is empty"},
		{both, record("Topic", "sports"), `"Topic" cannot be the name of a task`},
		{both, record("topic", strings.Repeat("x", 999)), "is longer than 256 bytes"},
		{task("n", many[:30]...), record("n", "x")[1:], `10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2, 20, 21, 22, 23, 24, 25, 26 and 10 more`},
		{task("Sent", "a", "b"), nil, `"Sent" cannot be the name of a task`},
		{task("text", "a", "b"), nil, "a task cannot be called text"},
		{task("s", "a"), nil, `the task s has the labels ["a"]; at least two are needed`},
		{task("s", "a", "a"), nil, `the task s has the label "a" twice`},
		{task("s", "a", ""), nil, "the label of s is empty"},
		{task("s", many...), nil, "the task s has 4097 labels and at most 4096 are allowed"},
		{append(both[:2:2], both[0]), nil, "the task sentiment is given twice"},
	} {
		if err := Check(c.tasks, c.records); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("got %v, want an error with %q", err, c.reason)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"kitten", "sitting", 3}, {"grün", "grun", 1}, {"abc", "abc", 0}, {"ab", "ba", 2}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("edits(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// mixed has n records: two thirds of one label, one in nine of another task, one with a label of its own.
func mixed(n int) []Record {
	var records []Record
	for i := range n {
		labels := map[string]string{"s": []string{"a", "a", "b"}[i%3]}
		if i%9 == 4 {
			labels["t"] = "x"
		}
		if i == n/2 {
			labels["t"] = "once"
		}
		records = append(records, Record{fmt.Sprint(i), labels})
	}
	return records
}

func TestSplit(t *testing.T) {
	for _, n := range []int{2, 9, 10, 100, 1000} {
		for _, share := range []float64{0, 0.1, 0.5} {
			records := mixed(n)
			train, heldout := Split(records, share, 7)
			again, _ := Split(records, share, 7)
			if !reflect.DeepEqual(train, again) {
				t.Errorf("n %d, share %v: the same seed splits differently", n, share)
			}
			want := int(share*float64(n) + 0.5)
			if share > 0 && n > 2 {
				want = max(want, 1)
			}
			if n == 2 { // both records carry the only label of something, or all of it
				want = len(heldout)
			}
			if len(heldout) != want || len(train)+len(heldout) != n {
				t.Errorf("n %d, share %v: %d and %d records, want %d held out", n, share, len(train), len(heldout), want)
			}
			ordered := func(a, b Record) int { return slices.IndexFunc(records, same(a)) - slices.IndexFunc(records, same(b)) }
			if !slices.IsSortedFunc(train, ordered) || !slices.IsSortedFunc(heldout, ordered) {
				t.Errorf("n %d, share %v: the order has changed", n, share)
			}
			for _, task := range Tasks(records) {
				for _, label := range task.Labels {
					all, held := count(records, task.Name, label), count(heldout, task.Name, label)
					if held == all {
						t.Errorf("n %d, share %v: nothing of %s is left to train on", n, share, label)
					}
					// Each of its strata, at most three here, is within one record of the share.
					if d := float64(held) - share*float64(all); d > 3 || d < -3 {
						t.Errorf("n %d, share %v: %d of %d of %s held out", n, share, held, all, label)
					}
				}
			}
		}
	}
	_, one := Split(mixed(1000), 0.1, 1)
	_, two := Split(mixed(1000), 0.1, 2)
	if reflect.DeepEqual(one, two) {
		t.Error("two seeds hold out the same records")
	}
	if train, heldout := Split(nil, 0.1, 1); train != nil || heldout != nil {
		t.Error("something comes of nothing")
	}
}

// The records that a seed holds out are part of what "the same seed" promises.
func TestSplitIsFixed(t *testing.T) {
	_, heldout := Split(mixed(60), 0.1, 1)
	var got []string
	for _, r := range heldout {
		got = append(got, r.Text)
	}
	if want := []string{"6", "11", "13", "15", "28", "41"}; !slices.Equal(got, want) {
		t.Errorf("held out are %q, want %q", got, want)
	}
}

func same(r Record) func(Record) bool { return func(o Record) bool { return o.Text == r.Text } }

func count(records []Record, task, label string) int {
	n := 0
	for _, r := range records {
		if r.Labels[task] == label {
			n++
		}
	}
	return n
}
