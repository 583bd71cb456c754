package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// build compiles the package in the folder dir for js/wasm as the page's program is compiled, and returns the binary.
// Sources names the folders that it imports. The test reads all of them itself: go test replays a cached pass until a
// file changes that the test has opened, and what the compiler opens does not count.
func build(t *testing.T, dir string, sources ...string) []byte {
	t.Helper()
	for _, folder := range append(sources, dir) {
		files, err := filepath.Glob(filepath.Join(folder, "*.*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no sources (%v)", folder, err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := filepath.Join(t.TempDir(), "program.wasm")
	command(t, []string{"GOOS=js", "GOARCH=wasm", "GOEXPERIMENT=simd", "GOFLAGS="}, "go", "build", "-o", out, "./"+dir)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// command runs a program and returns what it printed; a failure ends the test.
func command(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write puts a module into a file for Node.
func write(t *testing.T, module []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "module.wasm")
	if err := os.WriteFile(path, module, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// compile lets the engine judge modules. Node 20 knows relaxed SIMD only by a flag, which later ones ignore.
func compile(t *testing.T, modules ...[]byte) {
	t.Helper()
	const script = `require('v8').setFlagsFromString('--experimental-wasm-relaxed-simd')
for (const f of process.argv.slice(1)) new WebAssembly.Module(require('fs').readFileSync(f))`
	args := []string{"-e", script}
	for _, m := range modules {
		args = append(args, write(t, m))
	}
	command(t, nil, "node", args...)
}

// mustLink links and ends the test on an error.
func mustLink(t *testing.T, in []byte, entry string) *program {
	t.Helper()
	p, err := link(in, entry)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The plain program loses its names and nothing else, the shared one its memory besides; Node takes all three.
func TestOutputs(t *testing.T) {
	in := build(t, "testdata/rules")
	p := mustLink(t, in, "main.Good")
	compile(t, p.main, p.shared, p.helper)

	before, plain, shared := sections(t, in), sections(t, p.main), sections(t, p.shared)
	if len(plain) != len(before)-1 || len(shared) != len(before)-1 || len(shared["0 thaw.pages"]) != 4 {
		t.Errorf("%d sections became %d plain and %d shared", len(before), len(plain), len(shared))
	}
	for key, body := range before {
		switch key {
		case "0 name":
			if plain[key] != nil || shared[key] != nil {
				t.Error("the names are still there")
			}
		case "5 ":
			if !bytes.Equal(plain[key], body) || shared[key] != nil {
				t.Error("the plain program must keep its memory, the shared one must not")
			}
		case "2 ":
			if !bytes.Equal(plain[key], body) || !bytes.HasPrefix(shared[key][1:], body[1:]) || len(shared[key]) < len(body)+14 {
				t.Error("the shared program must import what the plain one does, and the memory behind it")
			}
		default:
			if !bytes.Equal(plain[key], body) || !bytes.Equal(shared[key], body) {
				t.Errorf("section %s has changed", key)
			}
		}
	}
	if len(p.helper) > 16<<10 {
		t.Errorf("the helper module has %d bytes", len(p.helper))
	}
}

func sections(t *testing.T, in []byte) map[string][]byte {
	t.Helper()
	m := &module{}
	if err := m.split(in); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, s := range m.sections {
		out[string('0'+rune(s.id))+" "+s.name] = s.body
	}
	return out
}

// Every function that Go 1.27 writes can be decoded, not only those that a kernel reaches.
func TestDecodesWholeProgram(t *testing.T) {
	m, err := parse(build(t, "testdata/rules"))
	if err != nil {
		t.Fatal(err)
	}
	for i, body := range m.bodies {
		d := decode(m.names[i+len(m.imports)], body)
		last := instr{}
		for in, ok := d.next(); ok; in, ok = d.next() {
			last = in
		}
		if d.r.err != nil || last.op != opEnd {
			t.Errorf("%s: ends in opcode %#x, error %v", m.names[i+len(m.imports)], last.op, d.r.err)
		}
	}
}
