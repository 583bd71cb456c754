package autograd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/kernel"
)

// sentences are of 1, 3 and 2 tokens.
var sentences = []int32{0, 1, 4, 6}

// drop is a dropout whose mask is the same in every pass.
var drop = kernel.NewDrop(0.3, kernel.Key(1, 2, 3))

// rough is an eps of LayerNorm that bounds its third derivatives where a row is nearly constant.
const rough = 0.5

// graphs is the table: every op, alone and where its inputs meet.
var graphs = []graph{
	{"Linear", "", linearLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Linear(v[0], v[1], v[2]))
	}},
	{"Linear", "of one value twice", squareLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Linear(autograd.Linear(v[0], v[1], v[2]), v[1], v[2]))
	}},
	{"LinearGelu", "", linearLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.LinearGelu(v[0], v[1], v[2]))
	}},
	{"LinearGelu", "before a product", squareLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Linear(autograd.LinearGelu(v[0], v[1], v[2]), v[1], v[2]))
	}},
	{"LinearGelu", "before two products", squareLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		y := autograd.LinearGelu(v[0], v[1], v[2])
		return outputs(autograd.LayerNorm(autograd.Linear(y, v[1], v[2]), autograd.Linear(y, v[1], v[2]), v[2], v[2], rough, kernel.Drop{}))
	}},
	{"LinearGelu", "before a product and a sum", squareLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		y := autograd.LinearGelu(v[0], v[1], v[2])
		return outputs(autograd.LayerNorm(y, autograd.Linear(y, v[1], v[2]), v[2], v[2], rough, kernel.Drop{}))
	}},
	{"LayerNorm", "", normLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.LayerNorm(v[0], nil, v[2], v[3], rough, kernel.Drop{}))
	}},
	{"LayerNorm", "of a sum", normLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.LayerNorm(v[0], v[1], v[2], v[3], rough, kernel.Drop{}))
	}},
	{"LayerNorm", "of a sum with dropout", normLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.LayerNorm(v[0], v[1], v[2], v[3], rough, drop))
	}},
	{"LayerNorm", "of a value and itself", normLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.LayerNorm(v[0], v[0], v[2], v[3], rough, drop))
	}},
	{"LayerNorm", "around a branch", squareLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		x := autograd.Tanh(v[0])
		return outputs(autograd.LayerNorm(x, autograd.Linear(x, v[1], v[2]), v[2], v[2], rough, drop))
	}},
	{"Attention", "", attentionLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Attention(v[0], sentences, 1, kernel.Drop{}))
	}},
	{"Attention", "with dropout and heads", func(n int) []leaf { return attentionLeaves(3 * n) },
		func(t *autograd.Tape, v []*autograd.Var) result {
			return outputs(autograd.Attention(v[0], sentences, 3, drop))
		}},
	{"Dropout", "", oneLeaf, func(t *autograd.Tape, v []*autograd.Var) result { return outputs(autograd.Dropout(v[0], drop)) }},
	{"Dropout", "twice of one value", normLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		again := kernel.NewDrop(0.5, kernel.Key(4, 5, 6))
		return outputs(autograd.LayerNorm(autograd.Dropout(v[0], drop), autograd.Dropout(v[0], again), v[2], v[3], rough, kernel.Drop{}))
	}},
	{"Embed", "", embedLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Embed(t, lookup(t, v[0], 4, 1, 4, 0, 4), lookup(t, v[1], 0, 1, 2, 0, 1)))
	}},
	{"Embed", "of one table twice", embedLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Embed(t, lookup(t, v[0], 4, 1, 4, 0, 4), lookup(t, v[0], 4, 2, 3, 0, 1), lookup(t, v[1], 0, 0, 0, 0, 0)))
	}},
	{"Pool", "mean", oneLeaf, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Pool(v[0], t.Ints(sentences), true))
	}},
	{"Pool", "first", oneLeaf, func(t *autograd.Tape, v []*autograd.Var) result {
		return outputs(autograd.Pool(v[0], t.Ints(sentences), false))
	}},
	{"Relu", "", func(n int) []leaf { return []leaf{{name: "x", rows: 6, cols: n, input: true, far: true}} },
		func(t *autograd.Tape, v []*autograd.Var) result { return outputs(autograd.Relu(v[0])) }},
	{"Tanh", "", oneLeaf, func(t *autograd.Tape, v []*autograd.Var) result { return outputs(autograd.Tanh(v[0])) }},
	{"CrossEntropy", "", linearLeaves, func(t *autograd.Tape, v []*autograd.Var) result {
		logits := autograd.Linear(v[0], v[1], v[2])
		loss, last := t.Floats(1, 1), int32(logits.Cols()-1)
		t.Ops().Fill(loss, 0)
		autograd.CrossEntropy(loss, logits, t.Ints([]int32{last, -1, 0, last, -1}), 0.7)
		return result{loss: loss, scale: 0.7}
	}},
}

func outputs(y *autograd.Var) result { return result{out: y} }

func oneLeaf(n int) []leaf { return []leaf{{name: "x", rows: 6, cols: n, input: true}} }

func attentionLeaves(n int) []leaf {
	return []leaf{{name: "qkv", rows: 6, cols: 3 * n, input: true}}
}

// linearLeaves are x [5, H], w [F, H] and b [F], F other than H.
func linearLeaves(n int) []leaf {
	f := max(2, n/2+1)
	return []leaf{{name: "x", rows: 5, cols: n, input: true}, {name: "w", rows: f, cols: n}, {name: "b", rows: f, cols: 1}}
}

// squareLeaves are x [3, H], w [H, H] and b [H].
func squareLeaves(n int) []leaf {
	n = min(n, 9) // two products in a row: the differences of wide ones take long and are less exact
	return []leaf{{name: "x", rows: 3, cols: n, input: true}, {name: "w", rows: n, cols: n}, {name: "b", rows: n, cols: 1}}
}

func normLeaves(n int) []leaf {
	return []leaf{
		{name: "residual", rows: 4, cols: n, input: true}, {name: "x", rows: 4, cols: n, input: true},
		{name: "w", rows: n, cols: 1}, {name: "b", rows: n, cols: 1},
	}
}

func embedLeaves(n int) []leaf {
	return []leaf{{name: "words", rows: 5, cols: n}, {name: "positions", rows: 3, cols: n}}
}

// lookup sorts the ids as nn.Sort does, which lies above this package.
func lookup(t *autograd.Tape, table *autograd.Var, ids ...int32) autograd.Lookup {
	var s backend.Sorted
	for id := range int32(table.Rows()) {
		begin := int32(len(s.Order))
		for i, e := range ids {
			if e == id {
				s.Order = append(s.Order, int32(i))
			}
		}
		if int(begin) < len(s.Order) {
			s.ID, s.Start = append(s.ID, id), append(s.Start, begin)
		}
	}
	s.Start = append(s.Start, int32(len(ids)))
	return autograd.Lookup{Table: table, IDs: t.Ints(ids), Sorted: s}
}

// TestTableIsComplete reads the folder: every function that makes a Var or begins the way back is an op, stands in a file
// of its name and has a row in the table.
func TestTableIsComplete(t *testing.T) {
	listed := map[string]bool{}
	for _, g := range graphs {
		listed[g.op] = true
	}
	for op, file := range ops(t) {
		if !listed[op] {
			t.Errorf("%s of %s has no row in the table of gradients", op, file)
		}
		if want := strings.ToLower(op) + ".go"; file != want {
			t.Errorf("%s is in %s, want it in %s: one op a file", op, file, want)
		}
		delete(listed, op)
	}
	for op := range listed {
		t.Errorf("the table has %s, which the package does not", op)
	}
}

// ops finds the exported functions of this folder, but for the tape's constructor, and their files.
func ops(t *testing.T) map[string]string {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && f.Name.Name != "NewTape" {
				found[f.Name.Name] = e.Name()
			}
		}
	}
	return found
}
