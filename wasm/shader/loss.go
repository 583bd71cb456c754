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
	// SumSquares leaves partial sums, of elements, or of vectors of four.
	SumSquares    = sumSquares("sum_squares", 1, "VALUE", "f32", "BITS", "u32", "TOTAL(sum)", "sum", "TOTAL_BITS(bad)", "bad")
	SumSquaresVec = sumSquares("sum_squares_vec", 4, "VALUE", "vec4f", "BITS", "vec4u", "TOTAL(sum)", "dot(sum, vec4f(1.0))", "TOTAL_BITS(bad)", "(bad.x | bad.y | bad.z | bad.w)")
	// SumPartials ends what SumSquares began.
	SumPartials = reduction("sum_partials", []Binding{{Name: "sum", Elem: "u32", Write: true}, words("partial")}, uints("n", "acc", "nan"))

	// AdamW updates values of an arena: elements, or vectors of four where every region begins and ends at one.
	AdamW    = adamW("adamw", "f32", 1)
	AdamWVec = adamW("adamw_vec", "vec4f", 4)
)

func sumSquares(name string, unit int, words ...string) Kernel {
	bits := words[3]
	words = append(words, "UNIT", fmt.Sprint(unit, "u"), "CHUNK", fmt.Sprint(SquaresChunk/unit, "u"))
	return Kernel{Name: name, Size: [3]int{64, 1, 1}, Bindings: []Binding{{"partial", "u32", true}, {"x", bits, false}},
		Fields: uints("n", "nan"), Shared: 512, body: strings.NewReplacer(words...).Replace(text("sum_squares"))}
}

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
