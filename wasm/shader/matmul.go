package shader

import (
	"fmt"
	"strings"
)

// Layouts of the operands of a product and what becomes of it, as in core/kernel and in its order; this package knows no
// other. NT is x [M, K] · w [N, K]ᵀ, NN x [M, K] · w [K, N], TN x [K, M]ᵀ · w [K, N].
const (
	NT = iota
	NN
	TN
)

// Epilogues.
const (
	Store = iota
	Accumulate
	Bias
	BiasGelu
	GeluSlope
	BiasResidual
)

var layoutNames = []string{"nt", "nn", "tn"}
var epilogueNames = []string{"store", "accumulate", "bias", "bias_gelu", "gelu_slope", "bias_residual"}

// Tile is how a product is cut. An invocation makes Rows by Cols elements; X by Y of them are a workgroup. Depth is the part
// of K that a workgroup holds in its memory at a time, 0 for none: then each invocation reads the operands itself.
type Tile struct{ Rows, Cols, X, Y, Depth int }

// Name is short and says all of it.
func (t Tile) Name() string {
	return fmt.Sprintf("%dx%d_%dx%d_%d", t.Rows, t.Cols, t.X, t.Y, t.Depth)
}

// Height and Width are the elements of y that one workgroup makes.
func (t Tile) Height() int { return t.Rows * t.Y }
func (t Tile) Width() int  { return t.Cols * t.X }

// Tiles are what a device is measured with, in the order of their hopes. The first serves until then.
var Tiles = []Tile{
	{4, 4, 16, 16, 16}, // through workgroup memory, the best on an NVIDIA card
	{4, 4, 8, 8, 8},
	{8, 8, 8, 8, 0}, {4, 8, 8, 8, 0}, // direct
	{8, 8, 8, 8, 16}, {4, 8, 8, 16, 16},
	{4, 4, 8, 8, 0},
	{16, 8, 8, 4, 0}, // the best on a processor that stands in for a card
}

// Every product sums over K in ascending order with one fma a term, whatever the tile: so all of them give the same bits,
// and a row of a batch those of the row alone.

// MatMul is the kernel of a product whose widths and offsets are multiples of four.
func MatMul(layout, then int, t Tile) Kernel { return matMul(layout, then, t, false) }

func matMul(layout, then int, t Tile, sums bool) Kernel {
	k := Kernel{
		Name: fmt.Sprintf("matmul_%s_%s_%s", layoutNames[layout], epilogueNames[then], t.Name()),
		Size: [3]int{t.X, t.Y, 1}, Bindings: productBindings(then, "vec4f"), Fields: uints("m", "n", "k"),
	}
	if sums {
		k.Name, k.Fields = "sums_"+k.Name, append(k.Fields, Field{"bias0", "u32"})
	}
	g := generator{layout: layout, then: then, t: t, withSums: sums}
	if then == BiasGelu || then == GeluSlope {
		g.line(text("gelu"))
	}
	if t.Depth > 0 {
		k.Shared = 16 * t.Depth / 4 * (t.Height() + t.Width())
		g.shared()
	} else {
		g.direct()
	}
	k.body = g.s.String()
	return k
}

// MatMulSums is a product of layout TN, the gradient of a weight, that also sums the rows of its left operand, the gradient of the
// bias: into the same buffer, at bias0. then is Store or Accumulate, for both.
func MatMulSums(then int, t Tile) Kernel {
	return matMul(TN, then, t, true)
}

// Product is the kernel of any product, one element an invocation.
func Product(layout, then int) Kernel {
	parts := ""
	if then == BiasGelu || then == GeluSlope {
		parts = text("gelu")
	}
	a, b := "x[u.x0 + row * u.k + p]", "w[u.w0 + p * u.n + col]"
	if layout == TN {
		a = "x[u.x0 + p * u.m + row]"
	}
	if layout == NT {
		b = "w[u.w0 + col * u.k + p]"
	}
	body := parts + `@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) g: vec3u) {
  let row = g.y;
  let col = g.x;
  if (row >= u.m || col >= u.n) { return; }
  let o = row * u.n + col;
  var c = 0.0;
  for (var p = 0u; p < u.k; p++) { c = fma(` + a + ", " + b + `, c); }
` + ending(then, "c", "o", "col", "") + "}\n"
	return Kernel{Name: fmt.Sprintf("product_%s_%s", layoutNames[layout], epilogueNames[then]), Size: [3]int{16, 4, 1},
		Bindings: productBindings(then, "f32"), Fields: uints("m", "n", "k"), body: body}
}

// ProductX and ProductY are the elements of y that a workgroup of Product makes.
const (
	ProductX = 16
	ProductY = 4
)

func productBindings(then int, elem string) []Binding {
	all := []Binding{{"y", elem, true}, {"x", elem, false}, {"w", elem, false}}
	switch then {
	case Bias:
		all = append(all, Binding{"b", elem, false})
	case BiasGelu:
		all = append(all, Binding{"b", elem, false}, Binding{"pre", elem, true})
	case GeluSlope:
		all = append(all, Binding{"pre", elem, false})
	case BiasResidual:
		all = append(all, Binding{"b", elem, false}, Binding{"r", elem, false})
	}
	return all
}

// ending stores the element or vector v at o of column col. shift is what turns an offset in elements to one in vectors.
func ending(then int, v, o, col, shift string) string {
	y := fmt.Sprintf("y[u.y0%s + %s]", shift, o)
	bias := fmt.Sprintf("%s + b[u.b0%s + %s]", v, shift, col)
	pre := fmt.Sprintf("pre[u.pre0%s + %s]", shift, o)
	each := func(f, of string) string {
		if shift == "" {
			return f + "(" + of + ")"
		}
		return fmt.Sprintf("vec4f(%s(%s.x), %s(%s.y), %s(%s.z), %s(%s.w))", f, of, f, of, f, of, f, of)
	}
	switch then {
	case Accumulate:
		return fmt.Sprintf("    %s += %s;\n", y, v)
	case Bias:
		return fmt.Sprintf("    %s = %s;\n", y, bias)
	case BiasGelu:
		return fmt.Sprintf("    { let z = %s; %s = z; %s = %s; }\n", bias, pre, y, each("gelu", "z"))
	case GeluSlope:
		return fmt.Sprintf("    { let z = %s; %s = %s * %s; }\n", pre, y, v, each("gelu_slope", "z"))
	case BiasResidual:
		return fmt.Sprintf("    %s = %s + r[u.r0%s + %s];\n", y, bias, shift, o)
	}
	return fmt.Sprintf("    %s = %s;\n", y, v)
}

// generator writes a product out.
type generator struct {
	layout, then int
	t            Tile
	withSums     bool // of the left operand too
	s            strings.Builder
}

func (g *generator) line(format string, args ...any) {
	if len(args) == 0 {
		g.s.WriteString(format + "\n")
		return
	}
	fmt.Fprintf(&g.s, format+"\n", args...)
}

const lanes = "xyzw"

// sums declares the sums c{row}_{vector} of the product and s{vector} of the left operand.
func (g *generator) sums() {
	if g.withSums {
		for i := range g.t.Rows / 4 {
			g.line("  var s%d = vec4f();", i)
		}
	}
	for i := range g.t.Rows {
		for j := range g.t.Cols / 4 {
			g.line("  var c%d_%d = vec4f();", i, j)
		}
	}
}

// sumLeft adds the left operand of n k to its sums, in the workgroups at the left edge alone.
func (g *generator) sumLeft(n int, a func(e, i int) string) {
	if !g.withSums {
		return
	}
	g.line("    if (col == 0u) {")
	for e := range n {
		for i := range g.t.Rows / 4 {
			g.line("      s%d += %s;", i, a(e, i))
		}
	}
	g.line("    }")
}

// endSums stores them.
func (g *generator) endSums() {
	if !g.withSums {
		return
	}
	op := "="
	if g.then == Accumulate {
		op = "+="
	}
	for i := range g.t.Rows / 4 {
		g.line("  if (col == 0u && row + %du < u.m) { y[u.bias0 / 4u + row / 4u + %du] %s s%d; }", 4*i, i, op, i)
	}
}

// step adds a · b for one k: a is the scalar of a row, b the vector of four columns.
func (g *generator) step(a func(i int) string, b func(j int) string) {
	for i := range g.t.Rows {
		for j := range g.t.Cols / 4 {
			g.line("    c%d_%d = fma(vec4f(%s), %s, c%d_%d);", i, j, a(i), b(j), i, j)
		}
	}
}

// end stores the sums; row is the invocation's first row, col its first vector of columns.
func (g *generator) end() {
	g.endSums()
	for i := range g.t.Rows {
		for j := range g.t.Cols / 4 {
			g.line("  if (row + %du < u.m && col + %du < n4) {\n    let o = (row + %du) * n4 + col + %du;", i, j, i, j)
			g.s.WriteString(ending(g.then, fmt.Sprintf("c%d_%d", i, j), "o", fmt.Sprintf("col + %du", j), " / 4u"))
			g.line("  }")
		}
	}
	g.line("}")
}

// direct has each invocation read its rows and columns from the buffers. What lies beyond the edge is read from the edge and
// thrown away at the end.
func (g *generator) direct() {
	rows, vecs := g.t.Rows, g.t.Cols/4
	g.line("@compute @workgroup_size(%d, %d)\nfn main(@builtin(global_invocation_id) id: vec3u) {", g.t.X, g.t.Y)
	g.line("  let n4 = u.n / 4u;\n  let k4 = u.k / 4u;\n  let m4 = u.m / 4u;\n  let row = id.y * %du;\n  let col = id.x * %du;", rows, vecs)
	g.line("  if (row >= u.m || col >= n4) { return; }")
	g.sums()
	if g.layout == TN {
		for i := range rows / 4 {
			g.line("  let xa%d = u.x0 / 4u + min(row / 4u + %du, m4 - 1u);", i, i)
		}
	} else {
		for i := range rows {
			g.line("  let xa%d = u.x0 / 4u + min(row + %du, u.m - 1u) * k4;", i, i)
		}
	}
	switch g.layout {
	case NT:
		for j := range g.t.Cols {
			g.line("  let wa%d = u.w0 / 4u + min(col * 4u + %du, u.n - 1u) * k4;", j, j)
		}
	case TN:
		for j := range vecs {
			g.line("  let wa%d = u.w0 / 4u + min(col + %du, n4 - 1u);", j, j)
		}
	default:
		for j := range vecs {
			g.line("  var wa%d = u.w0 / 4u + min(col + %du, n4 - 1u);", j, j)
		}
	}
	if g.layout == TN {
		g.line("  for (var q = 0u; q < k4; q++) {\n    let p = 4u * q;")
		g.directTN(4)
		g.line("  }\n  for (var p = 4u * k4; p < u.k; p++) {")
		g.directTN(1)
		g.line("  }")
		g.end()
		return
	}
	g.line("  for (var p = 0u; p < k4; p++) {")
	for i := range rows {
		g.line("    let a%d = x[xa%d + p];", i, i)
	}
	if g.layout == NT {
		for j := range g.t.Cols {
			g.line("    let w%d = w[wa%d + p];", j, j)
		}
	}
	for l := range 4 {
		for j := range vecs {
			if g.layout == NT {
				g.line("    let b%d_%d = vec4f(w%d.%c, w%d.%c, w%d.%c, w%d.%c);", l, j, 4*j, lanes[l], 4*j+1, lanes[l], 4*j+2, lanes[l], 4*j+3, lanes[l])
			} else {
				g.line("    let b%d_%d = w[wa%d];\n    wa%d += n4;", l, j, j, j)
			}
		}
		g.step(func(i int) string { return fmt.Sprintf("a%d.%c", i, lanes[l]) }, func(j int) string { return fmt.Sprintf("b%d_%d", l, j) })
	}
	g.line("  }")
	g.end()
}

// directTN reads and adds n k from p on. Addresses are made of it each time: an NVIDIA driver computes nonsense where they are
// variables that go along.
func (g *generator) directTN(n int) {
	for e := range n {
		g.line("    let xp%d = (p + %du) * m4;\n    let wp%d = (p + %du) * n4;", e, e, e, e)
		for i := range g.t.Rows / 4 {
			g.line("    let a%d_%d = x[xa%d + xp%d];", e, i, i, e)
		}
		for j := range g.t.Cols / 4 {
			g.line("    let b%d_%d = w[wa%d + wp%d];", e, j, j, e)
		}
		g.step(func(i int) string { return fmt.Sprintf("a%d_%d.%c", e, i/4, lanes[i%4]) }, func(j int) string { return fmt.Sprintf("b%d_%d", e, j) })
	}
	g.sumLeft(n, func(e, i int) string { return fmt.Sprintf("a%d_%d", e, i) })
}
