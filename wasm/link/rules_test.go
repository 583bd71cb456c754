package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const whyIndirect = "indirect call"

// Each rule is broken once by real code (testdata/rules), and the link fails with the calls that lead there.
func TestRules(t *testing.T) {
	in := build(t, "testdata/rules")
	for _, c := range []struct{ entry, path, why string }{
		{"Closure", "main.Closure", whyIndirect},
		{"Method", "main.Method", whyIndirect},
		{"Append", "main.Append → runtime.growslice", whyAllocates},
		{"Make", "main.Make → runtime.makeslice", whyAllocates},
		{"New", "main.New → runtime.mallocgc", whyAllocates},
		{"Map", "main.Map → runtime.mapaccess1_fast64", whyMap},
		{"MapRange", "main.MapRange → runtime.mapIterStart", whyMap},
		{"PanicValue", "main.PanicValue → runtime.gopanic", "panics with a value"},
		{"Import", "main.Import → main.wait", "calls the import thr.wait"},
		{"PointerStore", "main.PointerStore → runtime.gcWriteBarrier", whyPointer},
		{"PointerClear", "main.PointerClear → runtime.memclrHasPointers", whyPointer},
		{"Concat", "main.Concat → runtime.concatstring2", whyAllocates},
		{"Convert", "main.Convert → runtime.slicebytetostring", whyAllocates},
		{"Assert", "main.Assert → runtime.panicdottypeE", whyInterface},
		{"Box", "main.Box → runtime.convT64", whyAllocates},
		{"Send", "main.Send → runtime.chansend1", whySchedules},
		{"Go", "main.Go → runtime.newproc", whySchedules},
		{"Defer", "main.Defer → runtime.deferproc", whyDefers},
		{"Print", "main.Print → runtime.printlock", whyPrints},
		{"Atomic", "main.Atomic → main.add → sync_atomic.AddInt32", whyAtomic},
		{"Random", "main.Random → runtime.rand", whyUnjudged},
		{"Deep", "main.Deep → main.gemm → main.pack → main.Closure", whyIndirect},
		{"TwoFaults", "main.TwoFaults → main.Map → runtime.mapaccess1_fast64", whyMap},
		{"TwoFaults", "main.TwoFaults → main.Make → runtime.makeslice", whyAllocates},
	} {
		t.Run(c.entry, func(t *testing.T) {
			_, err := link(in, "main."+c.entry)
			if !errors.Is(err, errRule) {
				t.Fatalf("got %v, want a broken rule", err)
			}
			named := func(line string) bool { return strings.HasPrefix(line, c.path) && strings.Contains(line, ": "+c.why) }
			if !slices.ContainsFunc(strings.Split(err.Error(), "\n"), named) {
				t.Errorf("got\n%v\nwant a line %q … %q", err, c.path, c.why)
			}
		})
	}
}

// What a kernel may do: the functions that stay, and the ends of the program that become traps.
func TestKept(t *testing.T) {
	in := build(t, "testdata/rules")
	for _, c := range []struct {
		entry     string
		kept, cut []string
	}{
		{"Good", []string{"main.Good", "main.axpy", "math.exp", "math.tanh", "runtime.memmove", "runtime.memclrNoHeapPointers"},
			[]string{"runtime.goPanicSliceB", "runtime.panicdivide", "runtime.sigpanic", "runtime.morestack_noctxt", "runtime.gopanic"}},
		{"Numeric", []string{"main.Numeric", "main.dot_go.shape.float32_"}, []string{"runtime.goPanicIndex", "runtime.panicunsafeslicelen"}},
		{"Text", []string{"main.Text", "runtime.cmpstring", "cmpbody"}, nil},
		{"Recurse", []string{"main.Recurse"}, []string{"runtime.morestack_noctxt"}},
	} {
		p := mustLink(t, in, "main."+c.entry)
		compile(t, p.helper)
		for _, name := range c.kept {
			if !slices.Contains(p.kept, name) {
				t.Errorf("%s: %s is missing from what is kept: %v", c.entry, name, p.kept)
			}
		}
		for _, name := range c.cut {
			if !slices.Contains(p.cut, name) {
				t.Errorf("%s: %s is missing from what is cut: %v", c.entry, name, p.cut)
			}
		}
	}
}

// A rule that stands behind a prefix of its own name would never be asked.
func TestRulesAreReached(t *testing.T) {
	for _, r := range rules {
		if got := judge(strings.TrimSuffix(r.name, "*") + strings.Repeat("x", strings.Count(r.name, "*"))); got != r {
			t.Errorf("rule %s is hidden by %s", r.name, got.name)
		}
		if r.why == "" {
			t.Errorf("rule %s gives no reason", r.name)
		}
	}
}
