package bridge

import (
	"errors"
	"testing"

	"thaw/core/data"
	"thaw/core/synth"
)

// A fetch that fails is told and tried again; one that went well is not.
func TestWordsAreFetchedOnce(t *testing.T) {
	fetches, broken := 0, errors.New("no connection")
	w := &words{fetch: func() ([]byte, error) {
		if fetches++; fetches == 1 {
			return nil, broken
		}
		return builtIn().fetch()
	}}
	if _, err := w.open(); !errors.Is(err, broken) {
		t.Errorf("a broken fetch: %v", err)
	}
	for range 2 {
		g, err := w.open()
		if err != nil {
			t.Fatal(err)
		}
		if records, err := g.Generate(synth.Spec{N: 3}); err != nil || len(records) != 3 {
			t.Errorf("%d records, %v", len(records), err)
		}
	}
	if fetches != 2 {
		t.Errorf("%d fetches, want 2", fetches)
	}
}

func TestWordsThatAreNone(t *testing.T) {
	for _, text := range []string{"<html>", "{}", `{"lexicon/train/x.txt": "stray"}`, `{"natural/topic.jsonl": "{"}`} {
		w := &words{fetch: func() ([]byte, error) { return []byte(text), nil }}
		if g, err := w.open(); asFaultCode(err) != "download" || g != nil {
			t.Errorf("%s: %v, error %v", text, g, err)
		}
	}
}

// Data of one's own need no words.
func TestRecordsNeedNoWords(t *testing.T) {
	w := &words{fetch: func() ([]byte, error) { return nil, errors.New("fetched") }}
	own := &Source{Records: []data.Record{record("a"), record("b")}}
	if n, _, err := sample(w, own, nil); n != 2 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if records, err := own.records(w, nil); len(records) != 2 || err != nil {
		t.Errorf("%d records, %v", len(records), err)
	}
}
