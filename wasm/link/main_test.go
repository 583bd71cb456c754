package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	o, err := parseFlags([]string{"-main", "a", "-shared", "b", "-helper", "c", "in"}, io.Discard)
	if want := (options{"thaw/core/kernel.Run", "in", "a", "b", "c"}); err != nil || o != want {
		t.Errorf("got %+v, %v, want %+v", o, err, want)
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"-none", "a"}} {
		if _, err := parseFlags(args, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if _, err := parseFlags([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// The command writes what it was asked for and tells what the helper holds.
func TestRunWrites(t *testing.T) {
	dir := t.TempDir()
	o := options{entry: "main.Run", in: write(t, newTiny().bytes()), main: filepath.Join(dir, "main"), helper: filepath.Join(dir, "helper")}
	var report bytes.Buffer
	if err := run(o, &report); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		o.main + ": ", o.helper + ": ", "memory: 39 pages or more; helper: 2 functions kept, 1 cut",
		"keep main.Run", "keep main.leaf", "cut  runtime.goPanicIndex",
	} {
		if !strings.Contains(report.String(), line) {
			t.Errorf("the report lacks %q:\n%s", line, &report)
		}
	}
	helper, err := os.ReadFile(o.helper)
	if err != nil {
		t.Fatal(err)
	}
	compile(t, helper)
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
}

// A program that breaks a rule leaves no output behind.
func TestRunWritesNothingOnError(t *testing.T) {
	m := newTiny()
	m.names[tinyLeaf] = "runtime.newobject"
	o := options{entry: "main.Run", in: write(t, m.bytes()), main: filepath.Join(t.TempDir(), "main")}
	if err := run(o, io.Discard); !errors.Is(err, errRule) {
		t.Errorf("got %v, want a broken rule", err)
	}
	if _, err := os.Stat(o.main); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the output is there (%v)", err)
	}
}

func TestReadProgramLimits(t *testing.T) {
	if _, err := readProgram(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	huge := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(huge, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxInput+1); err != nil {
		t.Fatal(err)
	}
	if _, err := readProgram(huge); err == nil || !strings.Contains(err.Error(), "link reads at most") {
		t.Errorf("a huge file: %v", err)
	}
}
