//go:build goexperiment.simd

package kernel

import "simd"

// Dropout on vectors: the mixer of Bits on as many indices as a vector holds. drop_plain.go has the same functions. The
// product and the sum are rounded one by one, as the elements behind the last whole vector are.

// vkeep is Drop.Keep for the indices in x: 0 or scale.
func vkeep(x, k0, k1, threshold simd.Uint32s, scale simd.Float32s) simd.Float32s {
	a, b := simd.BroadcastUint32s(0x7feb352d), simd.BroadcastUint32s(0x846ca68b)
	x = x.Mul(simd.BroadcastUint32s(0x9e3779b9)).Add(k0)
	x = x.Xor(x.ShiftAllRight(16)).Mul(a)
	x = x.Xor(x.ShiftAllRight(15)).Mul(b)
	x = x.Xor(x.ShiftAllRight(16)).Xor(k1)
	x = x.Xor(x.ShiftAllRight(16)).Mul(a)
	x = x.Xor(x.ShiftAllRight(15)).Mul(b)
	x = x.Xor(x.ShiftAllRight(16))
	return scale.Masked(x.GreaterEqual(threshold))
}

// vecDropAdd is y += keep · x for elements whose first has the given index.
func vecDropAdd(y, x []float32, first uint32, d Drop) {
	k0, k1 := simd.BroadcastUint32s(d.Key[0]), simd.BroadcastUint32s(d.Key[1])
	threshold, scale := simd.BroadcastUint32s(d.Threshold), simd.BroadcastFloat32s(d.Scale)
	lanes := [16]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	at := simd.LoadUint32s(lanes[:]).Add(simd.BroadcastUint32s(first))
	vl, n, i := k0.Len(), len(y), 0
	step := simd.BroadcastUint32s(uint32(vl))
	x = x[:n]
	for ; i+vl <= n; i += vl {
		keep := vkeep(at, k0, k1, threshold, scale)
		keep.Mul(simd.LoadFloat32s(x[i:])).Add(simd.LoadFloat32s(y[i:])).Store(y[i:])
		at = at.Add(step)
	}
	for ; i < n; i++ {
		y[i] += float32(d.Keep(first+uint32(i)) * x[i])
	}
}

// vecDropScale is p *= keep for elements whose first has the given index.
func vecDropScale(p []float32, first uint32, d Drop) {
	k0, k1 := simd.BroadcastUint32s(d.Key[0]), simd.BroadcastUint32s(d.Key[1])
	threshold, scale := simd.BroadcastUint32s(d.Threshold), simd.BroadcastFloat32s(d.Scale)
	lanes := [16]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	at := simd.LoadUint32s(lanes[:]).Add(simd.BroadcastUint32s(first))
	vl, n, i := k0.Len(), len(p), 0
	step := simd.BroadcastUint32s(uint32(vl))
	for ; i+vl <= n; i += vl {
		vkeep(at, k0, k1, threshold, scale).Mul(simd.LoadFloat32s(p[i:])).Store(p[i:])
		at = at.Add(step)
	}
	for ; i < n; i++ {
		p[i] *= d.Keep(first + uint32(i))
	}
}
