//go:build goexperiment.simd

package kernel

import "unsafe"

// exp, GELU and what belongs to them, in assembly: compiled Go makes each of their thirty constants anew in every round of
// a loop, and took more than twice as long. The elements that do not fill a vector go through the same
// loop on a vector padded with zeros, so that the bits of an element do not depend on where it stands.

// fours are the constants, each four times over. exp_wasm.s knows them by their places.
var fours = [...][4]float32{
	{invRoot2, invRoot2, invRoot2, invRoot2},
	{erfEnd, erfEnd, erfEnd, erfEnd},
	{-erfEnd, -erfEnd, -erfEnd, -erfEnd},
	{erfP5, erfP5, erfP5, erfP5},
	{erfP4, erfP4, erfP4, erfP4},
	{erfP3, erfP3, erfP3, erfP3},
	{erfP2, erfP2, erfP2, erfP2},
	{erfP1, erfP1, erfP1, erfP1},
	{erfP0, erfP0, erfP0, erfP0},
	{erfQ5, erfQ5, erfQ5, erfQ5},
	{erfQ4, erfQ4, erfQ4, erfQ4},
	{erfQ3, erfQ3, erfQ3, erfQ3},
	{erfQ2, erfQ2, erfQ2, erfQ2},
	{erfQ1, erfQ1, erfQ1, erfQ1},
	{1, 1, 1, 1},
	{0.5, 0.5, 0.5, 0.5},
	{expHigh, expHigh, expHigh, expHigh},
	{expLow, expLow, expLow, expLow},
	{log2e, log2e, log2e, log2e},
	{magic, magic, magic, magic},
	{-ln2hi, -ln2hi, -ln2hi, -ln2hi},
	{-ln2lo, -ln2lo, -ln2lo, -ln2lo},
	{e6, e6, e6, e6},
	{e5, e5, e5, e5},
	{e4, e4, e4, e4},
	{e3, e3, e3, e3},
	{e2, e2, e2, e2},
	{-0.5, -0.5, -0.5, -0.5},
	{invRtTau, invRtTau, invRtTau, invRtTau},
}

// vecExp is p = exp(p + shift); it returns Σ p.
func vecExp(p []float32, shift float32) (sum float32) {
	whole := len(p) / 4
	var sums, rest [4]float32
	if whole > 0 {
		expVecs(whole, at(p), unsafe.Pointer(&fours), unsafe.Pointer(&sums), -shift)
	}
	for _, e := range sums {
		sum += e
	}
	if i := 4 * whole; i < len(p) {
		n := copy(rest[:], p[i:])
		expVecs(1, unsafe.Pointer(&rest), unsafe.Pointer(&fours), unsafe.Pointer(&sums), -shift)
		for _, e := range rest[:n] {
			sum += e
		}
		copy(p[i:], rest[:])
	}
	return sum
}

// vecGelu is Gelu.
func vecGelu(y, x []float32) {
	x = x[:len(y)]
	whole := len(y) / 4
	if whole > 0 {
		geluVecs(whole, at(y), at(x), unsafe.Pointer(&fours))
	}
	if i := 4 * whole; i < len(y) {
		var rest [4]float32
		copy(rest[:], x[i:])
		geluVecs(1, unsafe.Pointer(&rest), unsafe.Pointer(&rest), unsafe.Pointer(&fours))
		copy(y[i:], rest[:])
	}
}

// vecGeluGrad is GeluGrad.
func vecGeluGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	whole := len(dx) / 4
	if whole > 0 {
		geluGradVecs(whole, at(dx), at(dy), at(x), unsafe.Pointer(&fours))
	}
	if i := 4 * whole; i < len(dx) {
		var a, b, d [4]float32
		copy(a[:], x[i:])
		copy(b[:], dy[i:])
		copy(d[:], dx[i:])
		geluGradVecs(1, unsafe.Pointer(&d), unsafe.Pointer(&b), unsafe.Pointer(&a), unsafe.Pointer(&fours))
		copy(dx[i:], d[:])
	}
}

// vecGeluSlope is y *= Gelu'(u).
func vecGeluSlope(y, u []float32) {
	u = u[:len(y)]
	whole := len(y) / 4
	if whole > 0 {
		geluSlopeVecs(whole, at(y), at(u), unsafe.Pointer(&fours))
	}
	if i := 4 * whole; i < len(y) {
		var a, b [4]float32
		copy(a[:], y[i:])
		copy(b[:], u[i:])
		geluSlopeVecs(1, unsafe.Pointer(&a), unsafe.Pointer(&b), unsafe.Pointer(&fours))
		copy(y[i:], a[:])
	}
}

// They do n vectors, one or more; table is fours. expVecs takes what is subtracted from each element, and leaves the sums of
// the four lanes. wasm/link fuses their multiplications and additions, as those of the tiles.
//
//go:noescape
func expVecs(n int, p, table, sums unsafe.Pointer, less float32)

//go:noescape
func geluVecs(n int, y, x, table unsafe.Pointer)

//go:noescape
func geluGradVecs(n int, dx, dy, x, table unsafe.Pointer)

//go:noescape
func geluSlopeVecs(n int, y, u, table unsafe.Pointer)
