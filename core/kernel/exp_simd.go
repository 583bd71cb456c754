//go:build goexperiment.simd && !wasm

package kernel

import "simd"

// vexp is e^x and verf is erf x, in steps small enough for the compiler to take into a loop.
// The loops below spell the steps out; what lies behind their last whole vector goes through the functions.
func vexp(x simd.Float32s) simd.Float32s {
	k, r := expSplit(x)
	return expScale(expPoly(r), k)
}

// expSplit is k, in whose low bits n stands, and r.
func expSplit(x simd.Float32s) (k, r simd.Float32s) {
	x = simd.BroadcastFloat32s(expHigh).Min(simd.BroadcastFloat32s(expLow).Max(x)) // in this order NaN stays NaN
	m := simd.BroadcastFloat32s(magic)
	k = x.MulAdd(simd.BroadcastFloat32s(log2e), m)
	n := k.Sub(m)
	r = n.MulAdd(simd.BroadcastFloat32s(-ln2hi), x)
	return k, n.MulAdd(simd.BroadcastFloat32s(-ln2lo), r)
}

// expPoly is e^r.
func expPoly(r simd.Float32s) simd.Float32s {
	one := simd.BroadcastFloat32s(1)
	y := r.MulAdd(simd.BroadcastFloat32s(e6), simd.BroadcastFloat32s(e5))
	y = y.MulAdd(r, simd.BroadcastFloat32s(e4))
	y = y.MulAdd(r, simd.BroadcastFloat32s(e3))
	y = y.MulAdd(r, simd.BroadcastFloat32s(e2))
	y = y.MulAdd(r, one)
	return y.MulAdd(r, one)
}

// expScale is 2^n y.
func expScale(y, k simd.Float32s) simd.Float32s {
	return y.ToBits().Add(k.ToBits().ShiftAllLeft(23)).BitsToFloat32()
}

// verf is erf x.
func verf(x simd.Float32s) simd.Float32s {
	x = erfClamp(x)
	t := x.Mul(x)
	return x.Mul(erfTop(t)).Div(erfBottom(t))
}

func erfClamp(x simd.Float32s) simd.Float32s {
	return x.Max(simd.BroadcastFloat32s(-erfEnd)).Min(simd.BroadcastFloat32s(erfEnd))
}

// erfTop is P.
func erfTop(t simd.Float32s) simd.Float32s {
	p := t.MulAdd(simd.BroadcastFloat32s(erfP5), simd.BroadcastFloat32s(erfP4))
	p = p.MulAdd(t, simd.BroadcastFloat32s(erfP3))
	p = p.MulAdd(t, simd.BroadcastFloat32s(erfP2))
	p = p.MulAdd(t, simd.BroadcastFloat32s(erfP1))
	return p.MulAdd(t, simd.BroadcastFloat32s(erfP0))
}

// erfBottom is Q.
func erfBottom(t simd.Float32s) simd.Float32s {
	q := t.MulAdd(simd.BroadcastFloat32s(erfQ5), simd.BroadcastFloat32s(erfQ4))
	q = q.MulAdd(t, simd.BroadcastFloat32s(erfQ3))
	q = q.MulAdd(t, simd.BroadcastFloat32s(erfQ2))
	q = q.MulAdd(t, simd.BroadcastFloat32s(erfQ1))
	return q.MulAdd(t, simd.BroadcastFloat32s(1))
}

// vecExp is p = exp(p + shift); it returns Σ p.
func vecExp(p []float32, shift float32) float32 {
	s := simd.BroadcastFloat32s(shift)
	var a simd.Float32s
	vl, n, i := s.Len(), len(p), 0
	for ; i+vl <= n; i += vl {
		k, r := expSplit(simd.LoadFloat32s(p[i:]).Add(s))
		e := expScale(expPoly(r), k)
		e.Store(p[i:])
		a = a.Add(e)
	}
	var lane, rest [16]float32
	a.Store(lane[:])
	var sum float32
	for _, e := range lane {
		sum += e
	}
	if i < n {
		copy(rest[:], p[i:])
		vexp(simd.LoadFloat32s(rest[:]).Add(s)).Store(rest[:])
		for _, e := range rest[:n-i] {
			sum += e
		}
		copy(p[i:], rest[:])
	}
	return sum
}

// vecGelu is Gelu.
func vecGelu(y, x []float32) {
	half, c := simd.BroadcastFloat32s(0.5), simd.BroadcastFloat32s(invRoot2)
	vl, n, i := half.Len(), len(y), 0
	x = x[:n]
	for ; i+vl <= n; i += vl {
		v := simd.LoadFloat32s(x[i:])
		h, z := v.Mul(half), erfClamp(v.Mul(c))
		t := z.Mul(z)
		z.Mul(erfTop(t)).Div(erfBottom(t)).MulAdd(h, h).Store(y[i:])
	}
	if i < n {
		var rest [16]float32
		copy(rest[:], x[i:])
		v := simd.LoadFloat32s(rest[:])
		h := v.Mul(half)
		verf(v.Mul(c)).MulAdd(h, h).Store(rest[:])
		copy(y[i:], rest[:])
	}
}

// vecGeluGrad is GeluGrad.
func vecGeluGrad(dx, dy, x []float32) {
	half, c := simd.BroadcastFloat32s(0.5), simd.BroadcastFloat32s(invRoot2)
	mhalf, tau := simd.BroadcastFloat32s(-0.5), simd.BroadcastFloat32s(invRtTau)
	vl, n, i := half.Len(), len(dx), 0
	dy, x = dy[:n], x[:n]
	for ; i+vl <= n; i += vl {
		v := simd.LoadFloat32s(x[i:])
		z := erfClamp(v.Mul(c))
		t := z.Mul(z)
		phi := z.Mul(erfTop(t)).Div(erfBottom(t)).MulAdd(half, half)
		k, r := expSplit(v.Mul(v).Mul(mhalf))
		slope := expScale(expPoly(r), k).Mul(tau).MulAdd(v, phi)
		slope.MulAdd(simd.LoadFloat32s(dy[i:]), simd.LoadFloat32s(dx[i:])).Store(dx[i:])
	}
	if i < n {
		var a, b, d [16]float32
		copy(a[:], x[i:])
		copy(b[:], dy[i:])
		copy(d[:], dx[i:])
		v := simd.LoadFloat32s(a[:])
		phi := verf(v.Mul(c)).MulAdd(half, half)
		slope := vexp(v.Mul(v).Mul(mhalf)).Mul(tau).MulAdd(v, phi)
		slope.MulAdd(simd.LoadFloat32s(b[:]), simd.LoadFloat32s(d[:])).Store(d[:])
		copy(dx[i:], d[:])
	}
}

// vecGeluSlope is y *= Gelu'(u).
func vecGeluSlope(y, u []float32) {
	half, c := simd.BroadcastFloat32s(0.5), simd.BroadcastFloat32s(invRoot2)
	mhalf, tau := simd.BroadcastFloat32s(-0.5), simd.BroadcastFloat32s(invRtTau)
	vl, n, i := half.Len(), len(y), 0
	u = u[:n]
	for ; i+vl <= n; i += vl {
		v := simd.LoadFloat32s(u[i:])
		z := erfClamp(v.Mul(c))
		t := z.Mul(z)
		phi := z.Mul(erfTop(t)).Div(erfBottom(t)).MulAdd(half, half)
		k, r := expSplit(v.Mul(v).Mul(mhalf))
		expScale(expPoly(r), k).Mul(tau).MulAdd(v, phi).Mul(simd.LoadFloat32s(y[i:])).Store(y[i:])
	}
	if i < n {
		var a [16]float32
		copy(a[:], u[i:])
		v := simd.LoadFloat32s(a[:])
		phi := verf(v.Mul(c)).MulAdd(half, half)
		vexp(v.Mul(v).Mul(mhalf)).Mul(tau).MulAdd(v, phi).Store(a[:])
		for j, e := range a[:n-i] {
			y[i+j] *= e
		}
	}
}
