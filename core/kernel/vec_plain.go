//go:build !goexperiment.simd

package kernel

import "math"

// The row kernels in plain Go, for builds without the simd experiment. vec_simd.go and exp_simd.go have the same functions.

// Version names the kernels of this build.
const Version = "plain"

func vecAdd(y, x []float32)           { add(y, x) }
func vecDot(x, y []float32) float32   { return dot(x, y) }
func vecGelu(y, x []float32)          { Gelu(y, x) }
func vecGeluGrad(dx, dy, x []float32) { GeluGrad(dx, dy, x) }

// vecSum is y = a + b.
func vecSum(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

// vecAddBoth is y += a, and then y += b.
func vecAddBoth(y, a, b []float32) {
	for i := range y {
		y[i] = y[i] + a[i] + b[i]
	}
}

// vecScale is y *= a.
func vecScale(y []float32, a float32) {
	for i := range y {
		y[i] *= a
	}
}

// vecMax is the greatest element of p, which is not empty.
func vecMax(p []float32) float32 {
	top := p[0]
	for _, e := range p {
		top = max(top, e)
	}
	return top
}

// vecExp is p = exp(p + shift); it returns Σ p.
func vecExp(p []float32, shift float32) (sum float32) {
	for i, e := range p {
		p[i] = float32(math.Exp(float64(e + shift)))
		sum += p[i]
	}
	return sum
}

// vecGather is dst [n, width] = scale · the first n rows of src, D elements each, a stride apart.
func vecGather(dst, src []float32, n, d, width, stride int, scale float32) {
	for i := range n {
		vecScaled(dst[i*width:][:d], src[i*stride:], scale)
	}
}

// vecScatterAdd adds scale · src [n, width], of which D elements a row count, to rows of dst that are a stride apart.
func vecScatterAdd(dst, src []float32, n, d, width, stride int, scale float32) {
	for i := range n {
		vecAddScaled(dst[i*stride:][:d], src[i*width:], scale)
	}
}

// vecScaled is y = a x.
func vecScaled(y, x []float32, a float32) {
	for i := range y {
		y[i] = a * x[i]
	}
}

// vecAddScaled is y += a x, the product rounded before the sum.
func vecAddScaled(y, x []float32, a float32) {
	for i := range y {
		y[i] += float32(a * x[i])
	}
}

// vecSoftmaxGrad is d = p · d - plain · Σ p · d: the gradient of one row of scores from that of its probabilities, p with
// dropout and plain without.
func vecSoftmaxGrad(d, p, plain []float32) {
	var sum float32
	for i, e := range p {
		d[i] *= e
		sum += d[i]
	}
	for i, e := range plain {
		d[i] -= float32(e * sum)
	}
}

// vecLayerNorm is one row of LayerNorm; it returns mean and rstd.
func vecLayerNorm(y, s, w, b []float32, eps float32) (mean, rstd float32) {
	for _, e := range s {
		mean += e
	}
	mean /= float32(len(s))
	var v float32
	for _, e := range s {
		v += (e - mean) * (e - mean)
	}
	rstd = float32(1 / math.Sqrt(float64(v/float32(len(s))+eps)))
	for i, e := range s {
		y[i] = (e-mean)*rstd*w[i] + b[i]
	}
	return mean, rstd
}

// vecLayerNormGrad is one row of LayerNormGrad.
func vecLayerNormGrad(ds, dy, s, w []float32, mean, rstd float32) {
	stat := [2]float32{mean, rstd}
	LayerNormGrad(ds, dy, s, stat[:], w, 1, len(s))
}

// vecNormedAdd is y += g · (s - mean) · rstd.
func vecNormedAdd(y, g, s []float32, mean, rstd float32) {
	for i, e := range g {
		y[i] += e * (s[i] - mean) * rstd
	}
}

// vecAddRows adds four rows of x, a stride apart, to y one after the other.
func vecAddRows(y, x []float32, stride int) {
	for i := range 4 {
		add(y, x[i*stride:][:len(y)])
	}
}

// vecParamGrad is dw += g · (s - mean) · rstd and db += g.
func vecParamGrad(dw, db, g, s []float32, mean, rstd float32) {
	vecNormedAdd(dw, g, s, mean, rstd)
	add(db, g)
}

// vecAdamW is AdamW with the constants of t.
func vecAdamW(p, g, m, v []float32, t *Task) { adamWPlain(p, g, m, v, t) }

// vecGeluSlope is y *= Gelu'(u).
func vecGeluSlope(y, u []float32) {
	for i, e := range u {
		y[i] *= float32(geluSlope(float64(e)))
	}
}
