package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// kernelTest runs one kernel on arguments of a field and compares what comes out with the reference in float64.
type kernelTest struct {
	op    string // its constant in task.go
	name  string
	sizes [][]int
	run   func(f *field, size []int)
}

// Sizes of long arrays, of rows by columns, and of sentences: odd ones round vector lengths, and some that are cut into
// several parts.
var (
	lengths = [][]int{{1}, {7}, {8}, {9}, {15}, {17}, {33}, {50_003}}
	grids   = [][]int{{1, 1}, {1, 7}, {7, 8}, {9, 15}, {8, 17}, {33, 33}, {65, 384}, {257, 200}}
)

// kernelTests has every Op; a new one without a row fails TestEveryOp.
var kernelTests = slices.Concat(rowTests, elementTests, normTests, attentionTests, lossTests, matMulTests)

func TestKernels(t *testing.T) {
	for _, k := range kernelTests {
		for _, shift := range []int{0, 1} {
			for _, size := range k.sizes {
				t.Run(k.name, func(t *testing.T) {
					f := newField(t, Serial(), shift)
					k.run(f, size)
					f.intact()
				})
			}
		}
	}
}

// TestThreads is the first invariant: how a task is cut never depends on the number of threads, so bits are equal.
func TestThreads(t *testing.T) {
	pools := []Pool{Goroutines(2), Goroutines(3)}
	for _, p := range pools {
		defer p.Close()
	}
	for _, k := range kernelTests {
		for _, size := range k.sizes {
			one := newField(t, Serial(), 0)
			k.run(one, size)
			for _, pool := range pools {
				many := newField(t, pool, 0)
				k.run(many, size)
				many.intact()
				if i := differ(one.bits(), many.bits()); i >= 0 {
					t.Errorf("%s %v: element %d is %g on %d threads, %g on one",
						k.name, size, i, many.bits()[i], pool.Threads(), one.bits()[i])
				}
			}
		}
	}
}

// TestEveryOp reads the constants of task.go, so that a kernel cannot join without a test.
func TestEveryOp(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "task.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "op") {
			return true
		}
		n++
		name := spec.Names[0].Name
		if !slices.ContainsFunc(kernelTests, func(k kernelTest) bool { return k.op == name }) {
			t.Errorf("%s has no row in kernelTests", name)
		}
		return true
	})
	if n < 28 {
		t.Errorf("found %d ops in task.go, want 28 or more: has the file another form?", n)
	}
}

// TestPools runs tasks of no parts, of one and of many.
func TestPools(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		pool := Goroutines(n)
		for _, size := range []int{0, 1, 5, 100_000} {
			y := make([]float32, size)
			task := FillTask(y, 2)
			pool.Run(&task)
			for i, e := range y {
				if e != 2 {
					t.Fatalf("%d threads: y[%d] = %g, want 2", n, i, e)
				}
			}
		}
		none := MatMulTask(Product{N: 3, K: 4, W: make([]float32, PackedCols(3, 4))})
		pool.Run(&none)
		if pool.Threads() != n {
			t.Errorf("Threads() = %d, want %d", pool.Threads(), n)
		}
		pool.Close()
	}
}
