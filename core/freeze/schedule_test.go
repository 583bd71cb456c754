package freeze

import (
	"strings"
	"testing"
)

func TestSchedule(t *testing.T) {
	s, err := ParseSchedule(" backbone;1: layers:4 ;3:none,head:topic")
	if err != nil {
		t.Fatal(err)
	}
	const text = "backbone; 1:layers:4; 3:none,head:topic"
	if s.String() != text {
		t.Errorf("String is %q, want %q", s, text)
	}
	for epoch, want := range []string{"backbone", "layers:4", "layers:4", "none,head:topic", "none,head:topic"} {
		if got := s.At(epoch).String(); got != want {
			t.Errorf("epoch %d: %q, want %q", epoch, got, want)
		}
	}
	again, err := ParseSchedule(s.String())
	if err != nil || again.String() != s.String() {
		t.Errorf("read again: %q, %v", again, err)
	}
}

func TestScheduleErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "a term is empty",
		"backbone;":                "EPOCH:POLICY",
		"backbone; layers:4":       "EPOCH:POLICY",
		"backbone; 0:layers:4":     "epochs from 1 on",
		"backbone; 2:none; 2:none": "comes after",
		"backbone; 2:none; 1:none": "comes after",
		"1:backbone":               "is not a term",
		"backbone; 1:":             "a term is empty",
		"none; 1:layers:x":         "whole number",
	} {
		if _, err := ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("backbone; 1:layers:4; 2:layers:2")
	f.Add("none;9:!x*")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			return
		}
		again, err := ParseSchedule(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q reads as %q, that as %q, %v", text, s, again, err)
		}
	})
}

func TestProbeStandsAlone(t *testing.T) {
	s, err := ParseSchedule(" probe ")
	if err != nil || !s.At(0).Probe() || s.String() != "probe" {
		t.Fatalf("%q, %v", s, err)
	}
	if p := s.At(0); p.Trains("bert.encoder.layer.5.output.dense.weight") || !p.Trains("heads.topic.weight") {
		t.Error("probe freezes the encoder and leaves the heads")
	}
	for _, text := range []string{"probe; 1:none", "backbone; 1:probe", "none,probe"} {
		if _, err := ParseSchedule(text); err == nil || !strings.Contains(err.Error(), "stands alone") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}
