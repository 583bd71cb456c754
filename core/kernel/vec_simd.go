//go:build goexperiment.simd

package kernel

import (
	"math"
	"simd"
	"unsafe"
)

// The row kernels on vectors of whatever length the machine has, one source for amd64, arm64 and wasm. vec_plain.go has
// the same functions in plain loops. Each is a leaf, for a call inside a loop is slow in Go's wasm; the elements that
// do not fill a vector go through the same operations on a vector padded with zeros, so that the bits of an element do
// not depend on where it stands.

// Version names the kernels of this build.
const Version = "simd"

// ld and st move a vector at an address. The array is as long as the longest vector there is, of which only the first
// Len elements are touched: that spares a bounds check a load.
func ld(p unsafe.Pointer) simd.Float32s    { return simd.LoadFloat32s((*[16]float32)(p)[:]) }
func st(p unsafe.Pointer, v simd.Float32s) { v.Store((*[16]float32)(p)[:]) }

// get and put are ld and st i elements further on. The loops below check the lengths of their slices once, before, for a check
// at every vector is much of their time on wasm.
func get(p unsafe.Pointer, i int) simd.Float32s    { return ld(unsafe.Add(p, 4*i)) }
func put(p unsafe.Pointer, i int, v simd.Float32s) { st(unsafe.Add(p, 4*i), v) }

// vecAdd is y += x.
func vecAdd(y, x []float32) {
	var z simd.Float32s
	vl, n, i := z.Len(), len(y), 0
	x = x[:n]
	y0, x0 := at(y), at(x)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(y0, i).Add(get(x0, i)))
	}
	for ; i < n; i++ {
		y[i] += x[i]
	}
}

// vecSum is y = a + b.
func vecSum(y, a, b []float32) {
	var z simd.Float32s
	vl, n, i := z.Len(), len(y), 0
	a, b = a[:n], b[:n]
	y0, a0, b0 := at(y), at(a), at(b)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(a0, i).Add(get(b0, i)))
	}
	for ; i < n; i++ {
		y[i] = a[i] + b[i]
	}
}

// vecAddBoth is y += a, and then y += b.
func vecAddBoth(y, a, b []float32) {
	var z simd.Float32s
	vl, n, i := z.Len(), len(y), 0
	a, b = a[:n], b[:n]
	y0, a0, b0 := at(y), at(a), at(b)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(y0, i).Add(get(a0, i)).Add(get(b0, i)))
	}
	for ; i < n; i++ {
		y[i] = y[i] + a[i] + b[i]
	}
}

// vecScale is y *= a.
func vecScale(y []float32, a float32) {
	s := simd.BroadcastFloat32s(a)
	vl, n, i := s.Len(), len(y), 0
	y0 := at(y)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(y0, i).Mul(s))
	}
	for ; i < n; i++ {
		y[i] *= a
	}
}

// vecDot is Σ x y.
func vecDot(x, y []float32) float32 {
	var a, b simd.Float32s
	vl, n, i := a.Len(), len(x), 0
	y = y[:n]
	y0, x0 := at(y), at(x)
	for ; i+2*vl <= n; i += 2 * vl {
		a = get(x0, i).MulAdd(get(y0, i), a)
		b = get(x0, i+vl).MulAdd(get(y0, i+vl), b)
	}
	var lane [16]float32
	a.Add(b).Store(lane[:])
	var sum float32
	for _, e := range lane[:vl] {
		sum += e
	}
	for ; i < n; i++ {
		sum += x[i] * y[i]
	}
	return sum
}

// vecMax is the greatest element of p, which is not empty. With NaN in p it is anything.
func vecMax(p []float32) float32 {
	top := p[0]
	a := simd.BroadcastFloat32s(top)
	vl, n, i := a.Len(), len(p), 0
	for ; i+vl <= n; i += vl {
		a = a.Max(simd.LoadFloat32s(p[i:]))
	}
	lane := [16]float32{top, top, top, top, top, top, top, top, top, top, top, top, top, top, top, top}
	a.Store(lane[:])
	for _, e := range lane[:vl] {
		if e > top {
			top = e
		}
	}
	for _, e := range p[i:] {
		if e > top {
			top = e
		}
	}
	return top
}

// vecGather is dst [n, width] = scale · the first n rows of src, D elements each, a stride apart. It is a loop in a loop, for
// rows of a head are so short that a call each took longer than the work.
func vecGather(dst, src []float32, n, d, width, stride int, scale float32) {
	s := simd.BroadcastFloat32s(scale)
	vl := s.Len()
	dst, src = dst[:(n-1)*width+d], src[:(n-1)*stride+d]
	to, from := at(dst), at(src)
	for ; n > 0; n-- {
		i := 0
		for ; i+vl <= d; i += vl {
			put(to, i, get(from, i).Mul(s))
		}
		for ; i < d; i++ {
			*(*float32)(unsafe.Add(to, 4*i)) = *(*float32)(unsafe.Add(from, 4*i)) * scale
		}
		to, from = unsafe.Add(to, 4*width), unsafe.Add(from, 4*stride)
	}
}

// vecScatterAdd adds scale · src [n, width], of which D elements a row count, to rows of dst that are a stride apart, the
// product rounded before the sum.
func vecScatterAdd(dst, src []float32, n, d, width, stride int, scale float32) {
	s := simd.BroadcastFloat32s(scale)
	vl := s.Len()
	dst, src = dst[:(n-1)*stride+d], src[:(n-1)*width+d]
	to, from := at(dst), at(src)
	for ; n > 0; n-- {
		i := 0
		for ; i+vl <= d; i += vl {
			put(to, i, get(to, i).Add(get(from, i).Mul(s)))
		}
		for ; i < d; i++ {
			*(*float32)(unsafe.Add(to, 4*i)) += float32(*(*float32)(unsafe.Add(from, 4*i)) * scale)
		}
		to, from = unsafe.Add(to, 4*stride), unsafe.Add(from, 4*width)
	}
}

// vecScaled is y = a x.
func vecScaled(y, x []float32, a float32) {
	s := simd.BroadcastFloat32s(a)
	vl, n, i := s.Len(), len(y), 0
	x = x[:n]
	y0, x0 := at(y), at(x)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(x0, i).Mul(s))
	}
	for ; i < n; i++ {
		y[i] = a * x[i]
	}
}

// vecAddScaled is y += a x, the product rounded before the sum.
func vecAddScaled(y, x []float32, a float32) {
	s := simd.BroadcastFloat32s(a)
	vl, n, i := s.Len(), len(y), 0
	x = x[:n]
	y0, x0 := at(y), at(x)
	for ; i+vl <= n; i += vl {
		put(y0, i, get(y0, i).Add(get(x0, i).Mul(s)))
	}
	for ; i < n; i++ {
		y[i] += float32(a * x[i])
	}
}

// vecSoftmaxGrad is d = p · d - plain · Σ p · d: the gradient of one row of scores from that of its probabilities, p with
// dropout and plain without.
func vecSoftmaxGrad(d, p, plain []float32) {
	var a simd.Float32s
	vl, n, i := a.Len(), len(d), 0
	p, plain = p[:n], plain[:n]
	p0, d0, plain0 := at(p), at(d), at(plain)
	for ; i+vl <= n; i += vl {
		u := get(p0, i).Mul(get(d0, i))
		put(d0, i, u)
		a = a.Add(u)
	}
	var lane [16]float32
	a.Store(lane[:])
	var sum float32
	for _, e := range lane[:vl] {
		sum += e
	}
	for ; i < n; i++ {
		d[i] *= p[i]
		sum += d[i]
	}
	s := simd.BroadcastFloat32s(sum)
	for i = 0; i+vl <= n; i += vl {
		put(d0, i, get(d0, i).Sub(get(plain0, i).Mul(s)))
	}
	for ; i < n; i++ {
		d[i] -= float32(plain[i] * sum)
	}
}

// vecLayerNorm is one row of LayerNorm; it returns mean and rstd.
func vecLayerNorm(y, s, w, b []float32, eps float32) (mean, rstd float32) {
	var a, q simd.Float32s
	var lane [16]float32
	vl, n := a.Len(), len(s)
	whole := n / vl * vl
	y, w, b = y[:n], w[:n], b[:n]
	y0, s0, w0, b0 := at(y), at(s), at(w), at(b)
	for i := 0; i < whole; i += vl {
		a = a.Add(get(s0, i))
	}
	a.Store(lane[:])
	for _, e := range lane[:vl] {
		mean += e
	}
	for _, e := range s[whole:] {
		mean += e
	}
	mean /= float32(n)
	m := simd.BroadcastFloat32s(mean)
	for i := 0; i < whole; i += vl {
		d := get(s0, i).Sub(m)
		q = d.MulAdd(d, q)
	}
	q.Store(lane[:])
	var v float32
	for _, e := range lane[:vl] {
		v += e
	}
	for _, e := range s[whole:] {
		v += (e - mean) * (e - mean)
	}
	rstd = float32(1 / math.Sqrt(float64(v/float32(n)+eps)))
	r := simd.BroadcastFloat32s(rstd)
	for i := 0; i < whole; i += vl {
		x := get(s0, i).Sub(m).Mul(r)
		put(y0, i, x.MulAdd(get(w0, i), get(b0, i)))
	}
	for i := whole; i < n; i++ {
		y[i] = (s[i]-mean)*rstd*w[i] + b[i]
	}
	return mean, rstd
}

// vecLayerNormGrad is one row of LayerNormGrad.
func vecLayerNormGrad(ds, dy, s, w []float32, mean, rstd float32) {
	m, r := simd.BroadcastFloat32s(mean), simd.BroadcastFloat32s(rstd)
	var a, q simd.Float32s
	var la, lq [16]float32
	vl, n := a.Len(), len(s)
	whole := n / vl * vl
	ds, dy, w = ds[:n], dy[:n], w[:n]
	ds0, dy0, s0, w0 := at(ds), at(dy), at(s), at(w)
	for i := 0; i < whole; i += vl {
		g := get(dy0, i).Mul(get(w0, i))
		a = a.Add(g)
		q = get(s0, i).Sub(m).Mul(r).MulAdd(g, q)
	}
	a.Store(la[:])
	q.Store(lq[:])
	var m1, m2 float32
	for i := range vl {
		m1 += la[i]
		m2 += lq[i]
	}
	for i := whole; i < n; i++ {
		g := dy[i] * w[i]
		m1 += g
		m2 += g * (s[i] - mean) * rstd
	}
	m1, m2 = m1/float32(n), m2/float32(n)
	v1, v2 := simd.BroadcastFloat32s(m1), simd.BroadcastFloat32s(m2)
	for i := 0; i < whole; i += vl {
		g := get(dy0, i).Mul(get(w0, i))
		x := get(s0, i).Sub(m).Mul(r)
		put(ds0, i, g.Sub(v1).Sub(x.Mul(v2)).MulAdd(r, get(ds0, i)))
	}
	for i := whole; i < n; i++ {
		ds[i] += rstd * (dy[i]*w[i] - m1 - (s[i]-mean)*rstd*m2)
	}
}

// vecNormedAdd is y += g · (s - mean) · rstd.
func vecNormedAdd(y, g, s []float32, mean, rstd float32) {
	m, r := simd.BroadcastFloat32s(mean), simd.BroadcastFloat32s(rstd)
	vl, n, i := m.Len(), len(y), 0
	g, s = g[:n], s[:n]
	y0, g0, s0 := at(y), at(g), at(s)
	for ; i+vl <= n; i += vl {
		x := get(s0, i).Sub(m).Mul(r)
		put(y0, i, x.MulAdd(get(g0, i), get(y0, i)))
	}
	for ; i < n; i++ {
		y[i] += g[i] * (s[i] - mean) * rstd
	}
}

// vecAddRows adds four rows of x, a stride apart, to y one after the other.
func vecAddRows(y, x []float32, stride int) {
	var z simd.Float32s
	vl, n, i := z.Len(), len(y), 0
	r0, r1, r2, r3 := x[:n], x[stride:][:n], x[2*stride:][:n], x[3*stride:][:n]
	y0, r00, r10, r20, r30 := at(y), at(r0), at(r1), at(r2), at(r3)
	for ; i+vl <= n; i += vl {
		a := get(y0, i).Add(get(r00, i)).Add(get(r10, i))
		put(y0, i, a.Add(get(r20, i)).Add(get(r30, i)))
	}
	for ; i < n; i++ {
		y[i] = y[i] + r0[i] + r1[i] + r2[i] + r3[i]
	}
}

// vecParamGrad is dw += g · (s - mean) · rstd and db += g.
func vecParamGrad(dw, db, g, s []float32, mean, rstd float32) {
	m, r := simd.BroadcastFloat32s(mean), simd.BroadcastFloat32s(rstd)
	vl, n, i := m.Len(), len(dw), 0
	db, g, s = db[:n], g[:n], s[:n]
	g0, s0, dw0, db0 := at(g), at(s), at(dw), at(db)
	for ; i+vl <= n; i += vl {
		e := get(g0, i)
		put(dw0, i, get(s0, i).Sub(m).Mul(r).MulAdd(e, get(dw0, i)))
		put(db0, i, get(db0, i).Add(e))
	}
	for ; i < n; i++ {
		dw[i] += g[i] * (s[i] - mean) * rstd
		db[i] += g[i]
	}
}

// vecAdamW is AdamW with the constants of t. A slice's tail is the tail of its arena, for parts are cut at multiples of
// 16 elements.
func vecAdamW(p, g, m, v []float32, t *Task) {
	f := &t.F
	b1, i1 := simd.BroadcastFloat32s(f[0]), simd.BroadcastFloat32s(f[1])
	b2, i2 := simd.BroadcastFloat32s(f[2]), simd.BroadcastFloat32s(f[3])
	keep, step := simd.BroadcastFloat32s(f[4]), simd.BroadcastFloat32s(f[5])
	root, eps, clip := simd.BroadcastFloat32s(f[6]), simd.BroadcastFloat32s(f[7]), simd.BroadcastFloat32s(f[8])
	vl, n, i := b1.Len(), len(p), 0
	g, m, v = g[:n], m[:n], v[:n]
	p0, g0, m0, v0 := at(p), at(g), at(m), at(v)
	for ; i+vl <= n; i += vl {
		e := get(g0, i).Mul(clip)
		me := b1.Mul(get(m0, i)).Add(i1.Mul(e))
		ve := b2.Mul(get(v0, i)).Add(i2.Mul(e).Mul(e))
		put(m0, i, me)
		put(v0, i, ve)
		d := ve.Sqrt().Mul(root).Add(eps)
		put(p0, i, get(p0, i).Mul(keep).Sub(step.Mul(me).Div(d)))
	}
	adamWPlain(p[i:], g[i:], m[i:], v[i:], t)
}
