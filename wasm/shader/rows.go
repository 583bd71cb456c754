package shader

import (
	"fmt"
	"strings"
)

// NormLanes is how many invocations share a row of a layer norm: 64, a workgroup that adds up in its memory, which suits graphics
// cards, or 1, where barriers cost more than they bring.
type NormLanes int

// RowsPer is the rows of one workgroup.
func (n NormLanes) RowsPer() int { return 64 / int(n) }

// norm is a kernel over rows of h.
func (n NormLanes) norm(name, file, sum string, bindings []Binding, more ...Field) Kernel {
	k := Kernel{Name: fmt.Sprintf("%s_%d", name, n), Size: [3]int{64, 1, 1}, Bindings: bindings, Fields: append(uints("rows", "h"), more...)}
	if strings.Contains(sum, "keep(") {
		k.body = text("bits")
	}
	words := []string{"{{row}}", "wg.y * grid.x + wg.x", "{{first}}", "l", "{{step}}", "64u", "{{sum}}", sum}
	if n == 1 {
		k.body += "fn total(v: f32, l: u32) -> f32 { return v; }\n"
		words = []string{"{{row}}", "(wg.y * grid.x + wg.x) * 64u + l", "{{first}}", "0u", "{{step}}", "1u", "{{sum}}", sum}
	} else {
		k.body, k.Shared = k.body+text("total"), 256
	}
	k.body += strings.NewReplacer(words...).Replace(text(file))
	return k
}

// Layer norms: of s alone, of s after x was added to it, and of s made of the residual r and x.
func (n NormLanes) LayerNorm() Kernel {
	return n.norm("layer_norm", "layer_norm", "", []Binding{write("y"), write("stat"), read("s"), read("w"), read("b")}, floats("eps")...)
}

// LayerNormAdd is the norm of s += dropout(x).
func (n NormLanes) LayerNormAdd() Kernel {
	return n.norm("layer_norm_add", "layer_norm", "s[j] = fma(keep(at + i), x[u.x0 + at + i], s[j]);",
		[]Binding{write("y"), write("stat"), write("s"), read("w"), read("b"), read("x")}, append(floats("eps"), drop()...)...)
}

// LayerNormSum is the norm of s = r + dropout(x).
func (n NormLanes) LayerNormSum() Kernel {
	return n.norm("layer_norm_sum", "layer_norm", "s[j] = fma(keep(at + i), x[u.x0 + at + i], r[u.r0 + at + i]);",
		[]Binding{write("y"), write("stat"), write("s"), read("w"), read("b"), read("x"), read("r")}, append(floats("eps"), drop()...)...)
}

// LayerNormGrad is the gradient of s.
func (n NormLanes) LayerNormGrad() Kernel {
	return n.norm("layer_norm_grad", "layer_norm_grad", "", []Binding{write("ds"), read("dy"), read("s"), read("stat"), read("w")}, acc)
}

// LayerNormSpread is LayerNormGrad, and ds added to r and, with dropout, to dx.
func (n NormLanes) LayerNormSpread() Kernel {
	return n.norm("layer_norm_spread", "layer_norm_grad", text("layer_norm_spread"),
		[]Binding{write("ds"), read("dy"), read("s"), read("stat"), read("w"), write("r"), write("dx")},
		append([]Field{acc, {"accr", "u32"}, {"accx", "u32"}}, drop()...)...)
}

// ColumnsPer is the columns that a workgroup sums.
const ColumnsPer = 16

// columns is a kernel over m rows of n columns that sums downwards.
func columns(name, body, second, store string, bindings []Binding, more ...Field) Kernel {
	t := strings.NewReplacer("{{body}}", body, "{{second}}", second, "{{store}}", store).Replace(text("columns"))
	return Kernel{Name: name, Size: [3]int{ColumnsPer, 16, 1}, Bindings: bindings, Fields: append(append(uints("m", "n"), acc), more...), Shared: 1024, body: t}
}

const normTerm = `sum = fma(dy[u.dy0 + r * u.n + column], (s[u.s0 + r * u.n + column] - stat[u.stat0 + 2u * r]) * stat[u.stat0 + 2u * r + 1u], sum);`

// Sums over rows: of x, of what the weight of a layer norm is due, and of weight and bias in one buffer, the bias at b0.
var (
	SumRows       = columns("sum_rows", `sum += x[u.x0 + r * u.n + column];`, "", "", yx)
	LayerNormDW   = columns("layer_norm_dw", normTerm, "", "", []Binding{write("y"), read("dy"), read("s"), read("stat")})
	LayerNormDWDB = columns("layer_norm_dw_db", normTerm+` other += dy[u.dy0 + r * u.n + column];`, `let bias = fold(other, l.x, l.y);`,
		`y[u.bias0 + c] = select(0.0, y[u.bias0 + c], u.acc != 0u) + bias;`, []Binding{write("y"), read("dy"), read("s"), read("stat")}, uints("bias0")...)
)

// EmbedGrad adds runs of rows to the rows of a table.
var EmbedGrad = Kernel{Name: "embed_grad", Size: [3]int{64, 1, 1}, Bindings: []Binding{write("dw"), read("dy"), words("table")},
	Fields: uints("h", "ids"), body: text("embed_grad")}

// pool is a kernel over the sentences of packed rows.
func pool(name, run string, bindings []Binding, more ...Field) Kernel {
	body := strings.Replace(text("pool"), "{{run}}", run, 1)
	return Kernel{Name: name, Size: [3]int{64, 1, 1}, Bindings: append(bindings, Binding{Name: "offsets", Elem: "i32"}),
		Fields: append(uints("h", "sentences", "mean"), more...), body: body}
}

// Pooling: the mean of a sentence's rows, or its first.
var (
	Pool = pool("pool", `var sum = 0.0;
  for (var t = lo; t < hi; t++) { sum += x[u.x0 + t * u.h + c]; }
  y[u.y0 + b * u.h + c] = sum / f32(hi - lo);`, yx[:2:2])
	// The rows of a sentence behind its first get nothing, but must be set where dx counts as zeros.
	PoolGrad = pool("pool_grad", `let last = u32(offsets[u.offsets0 + b + 1u]);
  let share = dy[u.dy0 + b * u.h + c] / f32(hi - lo);
  for (var t = lo; t < last; t++) {
    let at = u.dx0 + t * u.h + c;
    dx[at] = select(0.0, dx[at], u.acc != 0u) + select(0.0, share, t < hi);
  }`, []Binding{write("dx"), read("dy")}, acc)
)
