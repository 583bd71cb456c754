package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUsageErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, sentence string }{
		{"", "usage: thaw COMMAND"},
		{"trian", `"trian" is not a command`},
		{"train --adapters 2", "flag provided but not defined: -adapters (`thaw train -h` explains)"},
		{"train --epochs three", `invalid value "three" for flag -epochs`},
		{"train --lr", "flag needs an argument: -lr"},
		{"train", "--encoder is missing (or --from"},
		{"train --encoder e --from m", "--encoder and --from exclude each other"},
		{"train --encoder e --data d", "--out is missing"},
		{"train --encoder e --out o", "--data is missing"},
		{"train --encoder e --out o --steps 0", "--data is missing"},
		{"train --encoder e --data d --out o --steps 5 --epochs 2", "--steps and --epochs exclude each other"},
		{"train --encoder e --data d --out o --steps 0 --resume", "nothing to resume"},
		{"train --encoder e --data d --out o --head big", `--head is "big", want mean or hf`},
		{"train --encoder e --data d --out o extra", `"extra" is not expected here`},
		{"train --encoder e --data d --out o --task sentiment", "want name=label,label"},
		{"train --encoder e --data d --out o --task a:x=b,c", `the weight is "x"`},
		{"train --encoder e --data d --out o --task Topic=a,b", `"Topic" cannot be the name of a task`},
		{"train --encoder e --data d --out o --task topic=a", "at least two are needed"},
		{"train --encoder e --data d --out o --task topic=a,b --task topic=c,d", "the task topic is given twice"},
		{"train --encoder e --data d --out o --threads 0", "--threads is 0, want 1 to"},
		{"eval --data d", "--model is missing"},
		{"eval --model m", "--data is missing"},
		{"predict hello", "--model is missing"},
		{"tokenize hello", "--encoder is missing"},
		{"tokenize --encoder e --max-length -1", "--max-length is -1"},
		{"encode --encoder e --pool max", `--pool is "max", want none, first or mean`},
		{"fetch nothing", `"nothing" is not in the manifest; it has minilm`},
		{"fetch roberta", "roberta is not supported by this version"},
		{"fetch minilm minilm", "one model at a time"},
		{"synth --n 0", "synth: bad request"},
		{"synth --n -5", "synth: bad request"},
		{"synth --split test", "synth: bad request"},
		{"synth --tasks mood", "synth: bad request"},
		{"synth --split natural --n 5", "--n means nothing with --split natural"},
		{"synth more", `"more" is not expected here`},
		{"bench --repeat 0", "--repeat is 0"},
	} {
		fails(t, exitUsage, c.sentence, strings.Fields(c.args)...)
	}
}

func TestFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "file", "")
	for _, c := range []struct{ args, sentence string }{
		{"tokenize --encoder minilm hello", "minilm is not in weights/cache yet; run `thaw fetch minilm` first"},
		{"tokenize --encoder mini hello", "there is no folder mini, nor is it a name that thaw knows; the names are minilm"},
		{"tokenize --encoder file hello", "file is a file; expected a folder"},
		{"tokenize --encoder . hello", "tokenizer"},
		{"encode --encoder . hello", "a model folder holds config.json, a tokenizer and model.safetensors"},
		{"predict --model nowhere hello", "nowhere"},
		{"predict --model file hello", "file is a file; expected a model folder"},
		{"train --encoder . --data d --out file", "it is a file; choose another name"},
		{"train --encoder . --data d --out .", "it holds file, which thaw has not written; choose a new folder"},
		{"train --encoder . --data d --out o --resume", "there is no checkpoint o/checkpoint.safetensors, so nothing to resume"},
	} {
		fails(t, exitFailure, filepath.FromSlash(c.sentence), strings.Fields(c.args)...)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
		t.Errorf("failures left %v behind (%v)", entries, err)
	}
}

// Every command explains itself: what it is for, each flag, and an example whose flags exist.
func TestHelp(t *testing.T) {
	overview := must(t, "", "help").out
	for _, c := range commands() {
		if !strings.Contains(overview, "\n  "+c.name+" ") {
			t.Errorf("thaw help does not list %s", c.name)
		}
		fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		c.setup(fs)
		help := must(t, "", c.name, "-h").out
		if help != must(t, "", "help", c.name).out {
			t.Errorf("thaw help %s and thaw %s -h differ", c.name, c.name)
		}
		for _, part := range []string{c.purpose, c.example[:10], "usage: thaw " + c.name} {
			if !strings.Contains(help, part) {
				t.Errorf("thaw %s -h lacks %q", c.name, part)
			}
		}
		fs.VisitAll(func(f *flag.Flag) {
			if f.Usage == "" || !strings.Contains(help, "  --"+f.Name) {
				t.Errorf("thaw %s -h does not explain --%s", c.name, f.Name)
			}
		})
		for _, word := range strings.Fields(c.example) {
			if name, ok := strings.CutPrefix(word, "--"); ok && fs.Lookup(name) == nil {
				t.Errorf("the example of %s has --%s, which is no flag", c.name, name)
			}
		}
	}
}

func TestFlagsAndArgumentsInAnyOrder(t *testing.T) {
	for _, c := range []struct {
		args, rest string
		n          int
	}{
		{"a --n 3 b", "a b", 3},
		{"--n=4 -- --n 3", "--n 3", 4},
		{"a -- b", "a b", 1},
		{"", "", 1},
	} {
		fs := flag.NewFlagSet("x", flag.ContinueOnError)
		n := fs.Int("n", 1, "")
		rest, err := parse(fs, strings.Fields(c.args))
		if err != nil || *n != c.n || !slices.Equal(rest, strings.Fields(c.rest)) {
			t.Errorf("%q: rest %q, n %d, %v", c.args, rest, *n, err)
		}
	}
}

// brokenPipe is a reader of standard output that leaves after some writes.
type brokenPipe struct{ left int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.ErrClosedPipe
	}
	b.left--
	return len(p), nil
}

// fullDisk is an output that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatEnds(t *testing.T) {
	var said strings.Builder
	if code := run(t.Context(), []string{"synth", "--n", "200"}, streams{nil, &brokenPipe{1}, &said}); code != exitOK || said.Len() > 0 {
		t.Errorf("a reader that left: exit code %d, %s", code, said.String())
	}
	if code := run(t.Context(), []string{"synth", "--n", "200"}, streams{nil, fullDisk{}, &said}); code != exitFailure || !strings.Contains(said.String(), "no space") {
		t.Errorf("a full disk: exit code %d, %s", code, said.String())
	}
}
