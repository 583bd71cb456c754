package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This is policy; do not edit it to fix a build.
//
// A row names a package of the module thaw and all packages of the module that it may import. Rows
// import upwards only: whatever a row names stands above it. A package without a row, or an import
// that its row does not name, fails the test. To change the law, change the design first.
var law = []row{
	{"core", nil},
	{"core/tensor", nil},
	{"core/kernel", nil},
	{"core/freeze", nil},
	{"core/synth/grammar", nil},
	{"core/tokenizer", nil},
	{"core/backend", in("core", "tensor", "kernel")},
	{"core/safetensors", in("core", "tensor")},
	{"core/report", in("core", "tensor")},
	{"core/internal/check", in("core", "tensor", "safetensors")},
	{"core/backend/backendtest", in("core", "tensor", "kernel", "backend")},
	{"core/backend/cpu", in("core", "tensor", "kernel", "backend")},
	{"core/autograd", in("core", "tensor", "kernel", "backend")},
	{"core/nn", in("core", "tensor", "kernel", "backend", "autograd")},
	{"core/encoder", in("core", "tensor", "backend", "autograd", "nn", "safetensors")},
	{"core/head", in("core", "tensor", "backend", "autograd", "nn")},
	{"core/optim", in("core", "tensor", "kernel", "backend", "nn")},
	{"core/data", in("core", "tensor", "kernel", "tokenizer", "head")},
	{"core/synth", in("core", "kernel", "head", "data")},
	{"core/probe", in("core", "tensor")},
	{"core/model", in("core", "tensor", "backend", "safetensors", "tokenizer",
		"autograd", "nn", "encoder", "head", "data", "report")},
	{"core/train", in("core", "tensor", "kernel", "freeze", "backend", "safetensors", "report", "probe", "model",
		"autograd", "nn", "encoder", "head", "optim", "data")},
	{"core/compare", in("core", "tensor", "kernel", "freeze", "backend", "safetensors", "report", "probe", "model",
		"autograd", "nn", "encoder", "head", "optim", "data", "train")},
	{"core/export", in("core", "tensor", "nn", "encoder", "head", "safetensors", "tokenizer", "model")},
	{"weights", nil},
	{"core/cmd/thaw", append(in("core", "tensor", "kernel", "freeze", "tokenizer", "backend", "safetensors", "report",
		"backend/cpu", "autograd", "nn", "encoder", "head", "optim", "data", "synth", "synth/grammar", "probe", "model", "train", "compare", "export"),
		"weights")},

	{"wasm/link", nil},
	{"wasm/shader", nil},
	{"wasm/jsio", nil},
	{"wasm/webgpu", append(in("core", "tensor", "kernel", "backend"), in("wasm", "jsio", "shader")...)},
	{"wasm/pool", append(in("core", "kernel"), in("wasm", "jsio")...)},
	{"wasm/device", append(in("core", "tensor", "kernel", "backend", "backend/cpu"),
		in("wasm", "webgpu", "pool", "jsio")...)},
	{"wasm/bridge", append(in("core", "tensor", "train", "compare", "data", "synth", "freeze", "report", "encoder", "head",
		"tokenizer", "backend", "model", "probe", "safetensors", "export"),
		in("wasm", "jsio", "device", "webgpu")...)},
	{"wasm/bench", append(in("core", "kernel", "backend", "backend/cpu", "autograd"), in("wasm", "webgpu", "pool", "jsio")...)},
	{"wasm", append(in("core", "kernel", "backend", "backend/cpu"),
		in("wasm", "bridge", "device", "webgpu", "pool", "jsio")...)},
}

// A module of somebody else comes in by its doors alone, tests included.
var doors = map[string][]string{
	"gonum.org/v1/gonum":           in("core", "report", "probe", "synth"),
	"github.com/sugarme/tokenizer": in("core", "tokenizer"),
	"github.com/hack-pad/safejs":   in("wasm", "jsio"),
}

// What test files may import besides the row of their package.
var (
	testsOfCore   = in("core", "kernel", "backend/backendtest", "backend/cpu", "internal/check", "synth/grammar") // a device needs a pool
	testsOfWasm   = in("core", "kernel", "backend/backendtest", "backend/cpu", "synth/grammar")                   // words that the program itself fetches
	testsOfWebGPU = in("core", "train", "model", "data", "head", "freeze", "safetensors")
)

// row is one package and what it may import, both as folders of the module.
type row struct {
	pkg     string
	imports []string
}

// in puts a folder before each name.
func in(folder string, names ...string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = path.Join(folder, name)
	}
	return paths
}

// TestImports reads the import lines of every Go file under core, wasm and weights, whatever the
// file's build tags. It opens the files in this process, so that a cached pass of go test ends when
// one of them changes; files read by a child process would not count.
func TestImports(t *testing.T) {
	for _, folder := range []string{"core", "wasm", "weights"} {
		walk(t, folder, func(file string, imports []string) {
			for _, imp := range imports {
				if why := forbidden(path.Dir(file), strings.HasSuffix(file, "_test.go"), imp); why != "" {
					t.Errorf("%s imports %q: %s", file, imp, why)
				}
			}
		})
	}
}

// TestLawPointsUpwards keeps the table itself honest: a row may only name rows above it, so there
// can be no cycle, and each door is a package with a row.
func TestLawPointsUpwards(t *testing.T) {
	var above []string
	for _, r := range law {
		for _, imp := range r.imports {
			if !slices.Contains(above, imp) {
				t.Errorf("the row of %s names %s, which is not above it", r.pkg, imp)
			}
		}
		if slices.Contains(above, r.pkg) {
			t.Errorf("%s has two rows", r.pkg)
		}
		above = append(above, r.pkg)
	}
	for module, packages := range doors {
		for _, pkg := range packages {
			if !slices.Contains(above, pkg) {
				t.Errorf("the door %s of %s has no row", pkg, module)
			}
		}
	}
}

// TestForbidden shows the law at work on imports that are and are not allowed.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		pkg     string
		test    bool
		imp     string
		allowed bool
	}{
		{"core/nn", false, "fmt", true},
		{"core/nn", false, "thaw/core/kernel", true},
		{"core/nn", false, "thaw/core/encoder", false},
		{"core/nn", false, "thaw/core/backend/cpu", false},
		{"core/nn", true, "thaw/core/backend/cpu", true},
		{"core/nn", true, "thaw/core/nn", true},
		{"core/nn", true, "thaw/core/train", false},
		{"core/backend/cpu", false, "thaw/core/internal/check", false},
		{"core/backend/cpu", true, "thaw/core/internal/check", true},
		{"core/train", false, "thaw/wasm/jsio", false},
		{"core/train", false, "syscall/js", false},
		{"core/train", false, "C", false},
		{"wasm/jsio", false, "syscall/js", true},
		{"wasm/jsio", false, "github.com/hack-pad/safejs", true},
		{"wasm/bridge", false, "github.com/hack-pad/safejs", false},
		{"wasm/webgpu", true, "thaw/core/train", true},
		{"wasm/pool", true, "thaw/core/train", false},
		{"core/report", false, "gonum.org/v1/gonum/stat", true},
		{"core/tensor", true, "gonum.org/v1/gonum/stat", false},
		{"core/tensor", false, "example.org/anything", false},
		{"core/util", false, "fmt", false},
		{"weights", false, "thaw/core/tensor", false},
		{"core/train", false, "thaw/weights", false},
		{"core/cmd/thaw", false, "thaw/weights", true},
		{"core/cmd/thaw", false, "thaw/core/backend/backendtest", false},
	} {
		if why := forbidden(c.pkg, c.test, c.imp); (why == "") != c.allowed {
			t.Errorf("%s (test: %v) importing %s: allowed should be %v, the law says %q", c.pkg, c.test, c.imp, c.allowed, why)
		}
	}
}

// forbidden says in words why a file of pkg may not import imp, or nothing if it may.
func forbidden(pkg string, test bool, imp string) string {
	i := slices.IndexFunc(law, func(r row) bool { return r.pkg == pkg })
	if i < 0 {
		return "the package has no row in core/deps_test.go"
	}
	local, ours := strings.CutPrefix(imp, "thaw/")
	switch {
	case ours:
		if slices.Contains(law[i].imports, local) || test && slices.Contains(testImports(pkg), local) {
			return ""
		}
		return "the row of " + pkg + " does not name it"
	case imp == "C":
		return "thaw is pure Go"
	case imp == "syscall/js":
		if pkg == "wasm" || strings.HasPrefix(pkg, "wasm/") {
			return ""
		}
		return "syscall/js belongs under wasm"
	case !strings.Contains(strings.Split(imp, "/")[0], "."):
		return "" // the standard library
	}
	for module, packages := range doors {
		if imp == module || strings.HasPrefix(imp, module+"/") {
			if slices.Contains(packages, pkg) {
				return ""
			}
			return module + " comes in through " + strings.Join(packages, ", ") + " only"
		}
	}
	return "this module has no door"
}

// testImports lists what the test files of pkg may import besides its row: the package itself, from
// an external test package, and the helpers of tests.
func testImports(pkg string) []string {
	allowed := []string{pkg}
	if strings.HasPrefix(pkg, "core") {
		return append(allowed, testsOfCore...)
	}
	if strings.HasPrefix(pkg, "wasm") {
		allowed = append(allowed, testsOfWasm...)
	}
	if pkg == "wasm/webgpu" {
		allowed = append(allowed, testsOfWebGPU...)
	}
	return allowed
}

// walk calls visit with each Go file under a folder of the module and the paths that it imports.
// Folders named testdata and cache hold no code of ours.
func walk(t *testing.T, folder string, visit func(file string, imports []string)) {
	t.Helper()
	const root = ".." // go test runs in the folder of the package, which is core
	err := fs.WalkDir(os.DirFS(root), folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "testdata" || name == "cache" {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(file) == ".go" {
			visit(file, importsOf(t, filepath.Join(root, filepath.FromSlash(file))))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// importsOf reads the import paths of one Go file.
func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imp)
	}
	return paths
}
