package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	o, err := parseFlags([]string{"-out", "a", "-fuse", "b,c", "in"}, io.Discard)
	if want := (options{"thaw/core/kernel.Run", "b,c", "in", "a"}); err != nil || o != want {
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

// The command writes its modules and tells what the helper holds. Twice the same program gives twice the same bytes.
func TestRunWrites(t *testing.T) {
	m := newTiny()
	m.setLeaf(fusible...)
	for _, c := range []struct{ fuse, files string }{
		{"", "helper.wasm thaw.threads.wasm thaw.wasm"},
		{"main.leaf", "helper.fma.wasm helper.wasm thaw.fma.wasm thaw.threads.fma.wasm thaw.threads.wasm thaw.wasm"},
	} {
		o := options{entry: "main.Run", fuse: c.fuse, in: write(t, m.bytes()), out: t.TempDir()}
		var report bytes.Buffer
		if err := run(o, &report); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			"thaw.wasm: ", "helper.wasm: ", "memory: 39 pages or more; helper: 2 functions kept, 1 cut",
			"keep main.Run", "keep main.leaf", "cut  runtime.goPanicIndex",
		} {
			if !strings.Contains(report.String(), line) {
				t.Errorf("the report lacks %q:\n%s", line, &report)
			}
		}
		first := contents(t, o.out)
		if names := strings.Join(slices.Sorted(maps.Keys(first)), " "); names != c.files {
			t.Errorf("the files are %s, want %s", names, c.files)
		}
		for name, data := range first {
			compile(t, []byte(data))
			if strings.Contains(name, "threads") != strings.Contains(data, "\x0athaw.pages\x27\x00\x00\x00") {
				t.Errorf("%s: only a shared program says that it begins with 39 pages", name)
			}
		}
		if err := run(o, io.Discard); err != nil || !maps.Equal(first, contents(t, o.out)) {
			t.Errorf("a second run wrote other bytes (%v)", err)
		}
	}
}

// contents reads all files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = string(data)
	}
	return all
}

// A program that breaks a rule leaves no output behind.
func TestRunWritesNothingOnError(t *testing.T) {
	m := newTiny()
	m.names[tinyLeaf] = "runtime.newobject"
	o := options{entry: "main.Run", in: write(t, m.bytes()), out: t.TempDir()}
	if err := run(o, io.Discard); !errors.Is(err, errRule) {
		t.Errorf("got %v, want a broken rule", err)
	}
	if left := contents(t, o.out); len(left) != 0 {
		t.Errorf("%d files are there", len(left))
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
