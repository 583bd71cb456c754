package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// readLines collects what eachBatch gives.
func readLines(t *testing.T, r io.Reader) (all []string, batches int, err error) {
	t.Helper()
	err = eachBatch(t.Context(), r, func(texts []string) error {
		all, batches = append(all, texts...), batches+1
		return nil
	})
	return all, batches, err
}

func TestLinesAreTextsAsTheyAre(t *testing.T) {
	for in, want := range map[string][]string{
		"":                        nil,
		"a":                       {"a"},
		"a\n":                     {"a"},
		"a\n\nb":                  {"a", "", "b"},
		"a\r\nb\r\n":              {"a", "b"},
		"\xff\xfe\n{\"text\": 1}": {"\xff\xfe", `{"text": 1}`},
		"\n":                      {""},
	} {
		got, _, err := readLines(t, strings.NewReader(in))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q (%v), want %q", in, got, err, want)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	got, batches, err := readLines(t, strings.NewReader(strings.Repeat("x\n", 3*maxLines)))
	if err != nil || len(got) != 3*maxLines || batches != 3 {
		t.Errorf("%d lines in %d batches, %v", len(got), batches, err)
	}
}

func TestLongLine(t *testing.T) {
	long := strings.Repeat("x", maxLine-1)
	if got, _, err := readLines(t, strings.NewReader(long+"\n")); err != nil || len(got) != 1 || got[0] != long {
		t.Errorf("a line of %d bytes: %v", maxLine, err)
	}
	_, _, err := readLines(t, strings.NewReader("a\n"+long+"xx\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2: longer than") {
		t.Errorf("a longer line: %v", err)
	}
}

// A person at a terminal gets an answer after each line, and Ctrl-C ends the wait for the next.
func TestTypedLines(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	answered, ended := make(chan string), make(chan error)
	go func() {
		ended <- eachBatch(ctx, r, func(texts []string) error {
			answered <- strings.Join(texts, "|")
			return nil
		})
	}()
	for _, line := range []string{"first", "second"} {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if got := <-answered; got != line {
			t.Errorf("got %q, want %q", got, line)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
}
