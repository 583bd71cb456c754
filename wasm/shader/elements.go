package shader

import "strings"

// elementSize is the elements that one workgroup of an element-wise kernel takes.
const elementSize = 256

// element is a kernel that does one element an invocation: n of them.
func element(name, body string, bindings []Binding, more ...Field) Kernel {
	frame := strings.Replace(text("element"), "{{body}}", body, 1)
	parts := ""
	if strings.Contains(body, "gelu") {
		parts += text("gelu")
	}
	if strings.Contains(body, "keep(") {
		parts += text("bits")
	}
	return Kernel{Name: name, Size: [3]int{elementSize, 1, 1}, Bindings: bindings, Fields: append(uints("n"), more...), body: parts + frame}
}

var (
	yx  = []Binding{write("y"), read("x")}
	dyx = []Binding{write("dx"), read("dy"), read("x")}
	acc = Field{"acc", "u32"} // whether to add to what is there, or to take it for zeros
)

// Element-wise kernels. Gradients add unless acc is 0, which says that their destination counts as zeros.
var (
	Fill     = element("fill", `y[u.y0 + i] = u.a;`, []Binding{write("y")}, floats("a")...)
	Scale    = element("scale", `y[u.y0 + i] *= u.a;`, []Binding{write("y")}, floats("a")...)
	Add      = element("add", `y[u.y0 + i] = select(0.0, y[u.y0 + i], u.acc != 0u) + x[u.x0 + i];`, yx, acc)
	Move     = element("move", `y[u.y0 + i] = x[u.x0 + i];`, yx)
	AddBias  = element("add_bias", `y[u.y0 + i] += x[u.x0 + i % u.width];`, yx, uints("width")...)
	Gelu     = element("gelu", `y[u.y0 + i] = gelu(x[u.x0 + i]);`, yx)
	Relu     = element("relu", `y[u.y0 + i] = max(x[u.x0 + i], 0.0);`, yx)
	Tanh     = element("tanh", `y[u.y0 + i] = tanh(clamp(x[u.x0 + i], -10.0, 10.0));`, yx)
	GeluGrad = element("gelu_grad", grad(`dy[u.dy0 + i] * gelu_slope(x[u.x0 + i])`), dyx, acc)
	ReluGrad = element("relu_grad", grad(`select(0.0, dy[u.dy0 + i], x[u.x0 + i] > 0.0)`), dyx, acc)
	TanhGrad = element("tanh_grad", grad(`dy[u.dy0 + i] * (1.0 - x[u.x0 + i] * x[u.x0 + i])`), dyx, acc)
	Dropout  = element("dropout", `y[u.y0 + i] = fma(keep(i), x[u.x0 + i], select(0.0, y[u.y0 + i], u.acc != 0u));`, yx, append([]Field{acc}, drop()...)...)
	Embed    = element("embed", `let row = u32(ids[u.ids0 + i / u.h]);
  y[u.y0 + i] = select(0.0, y[u.y0 + i], u.acc != 0u) + w[u.w0 + row * u.h + i % u.h];`,
		[]Binding{write("y"), read("w"), {Name: "ids", Elem: "i32"}}, acc, Field{"h", "u32"})
	// CopyRows moves row table[2r+1] to row table[2r].
	CopyRows = element("copy_rows", `let r = u.table0 + 2u * (i / u.h);
  y[u.y0 + table[r] * u.h + i % u.h] = x[u.x0 + table[r + 1u] * u.h + i % u.h];`, append(yx[:2:2], words("table")), uints("h")...)
)

// grad is the body of a gradient that is value for each element.
func grad(value string) string {
	return `dx[u.dx0 + i] = select(0.0, dx[u.dx0 + i], u.acc != 0u) + ` + value + `;`
}
