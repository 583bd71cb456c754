package shader

import (
	"fmt"
	"strings"
)

// SquaresChunk is the elements of one workgroup of SumSquares, which leaves one partial sum.
const SquaresChunk = 16384

// Losses and what the optimizer needs.
var (
	CrossEntropy = reduction("cross_entropy", []Binding{write("loss"), write("dlogits"), read("logits"), {Name: "labels", Elem: "i32"}},
		append(uints("rows", "c", "acc"), floats("scale")...))
	SquaredError = reduction("squared_error", []Binding{write("loss"), write("dy"), read("y"), words("target_bits")},
		append(uints("n", "acc"), floats("scale")...))
	SumSquares = Kernel{Name: "sum_squares", Size: [3]int{256, 1, 1}, Bindings: []Binding{{Name: "partial", Elem: "u32", Write: true}, words("x")},
		Fields: uints("n", "nan"), Shared: 2048, body: text("sum_squares")}
	// SumPartials ends what SumSquares began.
	SumPartials = reduction("sum_partials", []Binding{{Name: "sum", Elem: "u32", Write: true}, words("partial")}, uints("n", "acc", "nan"))

	// AdamW updates values of an arena: elements, or vectors of four where every region begins and ends at one.
	AdamW    = adamW("adamw", "f32", 1)
	AdamWVec = adamW("adamw_vec", "vec4f", 4)
)

// AdamWChunk is the values of one workgroup of AdamW.
const AdamWChunk = 1024

func adamW(name, value string, unit int) Kernel {
	array := func(name string, write bool) Binding { return Binding{name, value, write} }
	return Kernel{Name: name, Size: [3]int{256, 1, 1},
		Bindings: []Binding{array("p", true), array("g", false), array("m", true), array("v", true), words("norm"), words("table")},
		Fields:   append(uints("n", "regions"), floats("clip", "beta1", "ibeta1", "beta2", "ibeta2", "eps")...),
		body:     strings.NewReplacer("VALUE", value, "UNIT", fmt.Sprint(unit, "u")).Replace(text("adamw"))}
}

// reduction is a kernel of workgroups of 64 that end in a sum.
func reduction(name string, bindings []Binding, fields []Field) Kernel {
	return Kernel{Name: name, Size: [3]int{64, 1, 1}, Bindings: bindings, Fields: fields, Shared: 256, body: text("total", name)}
}
