package kernel

import "math"

// Float is what the reference kernels compute in: float32 as the program does, float64 as the judge of gradients.
type Float interface{ float32 | float64 }

// Layout says how the two operands of a product lie in memory.
type Layout int32

const (
	NT Layout = iota // y [M, N] = x [M, K] · w [N, K]ᵀ: forward through a linear layer
	NN               // y [M, N] = x [M, K] · w [K, N]: the gradient of its input
	TN               // y [M, N] = x [K, M]ᵀ · w [K, N]: the gradient of its weight
)

// MatMul adds the product of x and w to y [M, N]:
//
//	y[i, j] += Σ_p x[i, p] w[p, j]      (indices of x and w swapped as l says)
//
// The sum runs over p in ascending order, whatever M and N are.
func MatMul[F Float](l Layout, y, x, w []F, m, n, k int) {
	for i := range m {
		for j := range n {
			sum := y[i*n+j]
			for p := range k {
				a, b := i*k+p, p*n+j
				if l == TN {
					a = p*m + i
				}
				if l == NT {
					b = j*k + p
				}
				sum += x[a] * w[b]
			}
			y[i*n+j] = sum
		}
	}
}

// AddBias adds b [N] to each row of y [M, N].
func AddBias[F Float](y, b []F, m, n int) {
	for i := range m {
		add(row(y, i, n), b)
	}
}

// SumRows adds the rows of x [M, N] to y [N] in ascending order: y[j] += Σ_i x[i, j].
func SumRows[F Float](y, x []F, m, n int) {
	for i := range m {
		add(y, row(x, i, n))
	}
}

// Embed sets y [T, H] to the rows of the table w [V, H] named by id [T], or adds them.
func Embed[F Float](y, w []F, id []int32, h int, accumulate bool) {
	for t, v := range id {
		yr := row(y, t, h)
		if !accumulate {
			clear(yr)
		}
		add(yr, row(w, int(v), h))
	}
}

// EmbedGrad adds the rows of dy [T, H] to the rows of dw [V, H] they were looked up from:
//
//	for s, v := range id { for _, t := range order[start[s]:start[s+1]] { dw[v, :] += dy[t, :] } }
//
// order holds the T tokens sorted by id, start cuts it into runs of one id. Each row of dw has one writer and one
// order of summation, so the bits do not depend on the number of threads.
func EmbedGrad[F Float](dw, dy []F, order, start, id []int32, h int) {
	for s, v := range id {
		for _, t := range order[start[s]:start[s+1]] {
			add(row(dw, int(v), h), row(dy, int(t), h))
		}
	}
}

// LayerNorm normalises each row of s [T, H] (arXiv 1607.06450, torch.nn.LayerNorm):
//
//	y = (s - mean) · rstd · w + b,   rstd = 1 / √(var + eps),   var = Σ (s - mean)² / H
//
// stat [T, 2] receives mean and rstd of each row for the gradient.
func LayerNorm[F Float](y, stat, s, w, b []F, rows, h int, eps F) {
	for t := range rows {
		sr, yr := row(s, t, h), row(y, t, h)
		var mean, v F
		for _, e := range sr {
			mean += e
		}
		mean /= F(h)
		for _, e := range sr {
			v += (e - mean) * (e - mean)
		}
		rstd := F(1 / math.Sqrt(float64(v/F(h)+eps)))
		for i, e := range sr {
			yr[i] = (e-mean)*rstd*w[i] + b[i]
		}
		stat[2*t], stat[2*t+1] = mean, rstd
	}
}

// LayerNormGrad adds the gradient of LayerNorm to ds [T, H], with x = (s - mean) · rstd and g = dy · w:
//
//	ds += rstd · (g - mean(g) - x · mean(g · x))
func LayerNormGrad[F Float](ds, dy, s, stat, w []F, rows, h int) {
	for t := range rows {
		dr, gr, sr := row(ds, t, h), row(dy, t, h), row(s, t, h)
		mean, rstd := stat[2*t], stat[2*t+1]
		var m1, m2 F
		for i, e := range gr {
			g := e * w[i]
			m1 += g
			m2 += g * (sr[i] - mean) * rstd
		}
		m1, m2 = m1/F(h), m2/F(h)
		for i, e := range gr {
			dr[i] += rstd * (e*w[i] - m1 - (sr[i]-mean)*rstd*m2)
		}
	}
}

// LayerNormParamGrad adds the gradients of LayerNorm's weight and bias, rows in ascending order:
//
//	dw[i] += Σ_t dy[t, i] · (s[t, i] - mean_t) · rstd_t,   db[i] += Σ_t dy[t, i]
//
// lo and hi bound the columns, so that parts of a task can share the rows.
func LayerNormParamGrad[F Float](dw, db, dy, s, stat []F, rows, h, lo, hi int) {
	for t := range rows {
		gr, sr := row(dy, t, h), row(s, t, h)
		mean, rstd := stat[2*t], stat[2*t+1]
		for i := lo; i < hi; i++ {
			dw[i] += gr[i] * (sr[i] - mean) * rstd
			db[i] += gr[i]
		}
	}
}

// Gelu is the exact Gaussian error linear unit (arXiv 1606.08415, torch.nn.GELU): y = x · Φ(x), Φ(x) = (1 + erf(x/√2)) / 2.
func Gelu[F Float](y, x []F) {
	for i, e := range x {
		y[i] = F(float64(e) * 0.5 * math.Erfc(-float64(e)/math.Sqrt2))
	}
}

// GeluGrad adds the gradient of Gelu: dx += dy · (Φ(x) + x · φ(x)), φ(x) = exp(-x²/2) / √(2π).
func GeluGrad[F Float](dx, dy, x []F) {
	for i, e := range x {
		dx[i] += dy[i] * F(geluSlope(float64(e)))
	}
}

func geluSlope(x float64) float64 {
	return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

// Relu is y = max(x, 0).
func Relu[F Float](y, x []F) {
	for i, e := range x {
		y[i] = max(e, 0)
	}
}

// ReluGrad adds the gradient of Relu: dx += dy where y > 0.
func ReluGrad[F Float](dx, dy, y []F) {
	for i, e := range y {
		if e > 0 {
			dx[i] += dy[i]
		}
	}
}

// Tanh is y = tanh x.
func Tanh[F Float](y, x []F) {
	for i, e := range x {
		y[i] = F(math.Tanh(float64(e)))
	}
}

// TanhGrad adds the gradient of Tanh: dx += dy · (1 - y²).
func TanhGrad[F Float](dx, dy, y []F) {
	for i, e := range y {
		dx[i] += dy[i] * (1 - e*e)
	}
}

// Attention is scaled dot-product attention (arXiv 1706.03762) of the sentence in rows lo to hi, for one head whose
// first column is c. qkv is [T, 3H] with q, k and v side by side, out [T, H], D the size of a head:
//
//	p[i, j] = exp(q_i · k_j / √D - lse_i),   lse_i = log Σ_j exp(q_i · k_j / √D),   out_i = Σ_j keep(i, j) p[i, j] v_j
//
// keep is 1 without dropout. lse [T] is saved for the gradient, p is scratch of at least hi-lo.
func Attention[F Float](out, lse, qkv, p []F, lo, hi, c, d, h int, keep func(i, j int) F) {
	scale := F(1 / math.Sqrt(float64(d)))
	for i := lo; i < hi; i++ {
		q, top := qkv[i*3*h+c:][:d], F(math.Inf(-1))
		for j := lo; j < hi; j++ {
			p[j-lo] = dot(q, qkv[j*3*h+h+c:][:d]) * scale
			top = max(top, p[j-lo])
		}
		var sum F
		for j := range p[:hi-lo] {
			p[j] = F(math.Exp(float64(p[j] - top)))
			sum += p[j]
		}
		o := out[i*h+c:][:d]
		clear(o)
		for j := lo; j < hi; j++ {
			axpy(o, keep(i, j-lo)*p[j-lo]/sum, qkv[j*3*h+2*h+c:][:d])
		}
		lse[i] = top + F(math.Log(float64(sum)))
	}
}

// AttentionGrad adds the gradient of Attention to dqkv [T, 3H], p recomputed from lse:
//
//	dv_j += Σ_i keep p[i, j] dout_i,   dp[i, j] = keep dout_i · v_j,   ds[i, j] = p[i, j] (dp[i, j] - Σ_l p[i, l] dp[i, l])
//	dq_i += Σ_j ds[i, j] k_j / √D,    dk_j += Σ_i ds[i, j] q_i / √D
//
// p and dp are scratch of at least hi-lo.
func AttentionGrad[F Float](dqkv, dout, qkv, lse, p, dp []F, lo, hi, c, d, h int, keep func(i, j int) F) {
	scale := F(1 / math.Sqrt(float64(d)))
	for i := lo; i < hi; i++ {
		q, do := qkv[i*3*h+c:][:d], dout[i*h+c:][:d]
		var sum F
		for j := lo; j < hi; j++ {
			p[j-lo] = F(math.Exp(float64(dot(q, qkv[j*3*h+h+c:][:d])*scale - lse[i])))
			axpy(dqkv[j*3*h+2*h+c:][:d], keep(i, j-lo)*p[j-lo], do)
			dp[j-lo] = keep(i, j-lo) * dot(do, qkv[j*3*h+2*h+c:][:d])
			sum += p[j-lo] * dp[j-lo]
		}
		for j := lo; j < hi; j++ {
			ds := p[j-lo] * (dp[j-lo] - sum) * scale
			axpy(dqkv[i*3*h+c:][:d], ds, qkv[j*3*h+h+c:][:d])
			axpy(dqkv[j*3*h+h+c:][:d], ds, q)
		}
	}
}

// MeanPool sets y [B, H] to the mean of each sentence's rows of x [T, H].
func MeanPool[F Float](y, x []F, offsets []int32, h int) {
	for b := range len(offsets) - 1 {
		lo, hi := int(offsets[b]), int(offsets[b+1])
		yr := row(y, b, h)
		clear(yr)
		for t := lo; t < hi; t++ {
			add(yr, row(x, t, h))
		}
		for i := range yr {
			yr[i] /= F(hi - lo)
		}
	}
}

// MeanPoolGrad adds the gradient of MeanPool: dx[t] += dy[b] / length of b.
func MeanPoolGrad[F Float](dx, dy []F, offsets []int32, h int) {
	for b := range len(offsets) - 1 {
		lo, hi := int(offsets[b]), int(offsets[b+1])
		for t := lo; t < hi; t++ {
			axpy(row(dx, t, h), 1/F(hi-lo), row(dy, b, h))
		}
	}
}

// FirstPool sets y [B, H] to the first row of each sentence.
func FirstPool[F Float](y, x []F, offsets []int32, h int) {
	for b := range len(offsets) - 1 {
		copy(row(y, b, h), row(x, int(offsets[b]), h))
	}
}

// FirstPoolGrad adds the gradient of FirstPool.
func FirstPoolGrad[F Float](dx, dy []F, offsets []int32, h int) {
	for b := range len(offsets) - 1 {
		add(row(dx, int(offsets[b]), h), row(dy, b, h))
	}
}

// CrossEntropy is torch.nn.functional.cross_entropy over logits [B, C], with labels of -1 left out:
//
//	loss += Σ_b -log p[b, label_b],   dlogits[b, c] = scale · (p[b, c] - [c = label_b]),   p = softmax(logits)
//
// The loss is a plain sum; the gradient carries scale, which is the task's weight over its number of labels.
func CrossEntropy[F Float](dlogits, logits []F, labels []int32, c int, scale F) (loss F) {
	for b, l := range labels {
		z, dz := row(logits, b, c), row(dlogits, b, c)
		if l < 0 {
			clear(dz)
			continue
		}
		top := z[0]
		for _, e := range z {
			top = max(top, e)
		}
		var sum F
		for i, e := range z {
			dz[i] = F(math.Exp(float64(e - top)))
			sum += dz[i]
		}
		for i := range dz {
			dz[i] *= scale / sum
		}
		dz[l] -= scale
		loss += top + F(math.Log(float64(sum))) - z[l]
	}
	return loss
}

// SquaredError is the loss of a regression over y [B], with NaN targets left out: loss += Σ (y - target)²,
// dy = scale · 2 (y - target).
func SquaredError[F Float](dy, y, target []F, scale F) (loss F) {
	for i, e := range y {
		dy[i] = 0
		if d := e - target[i]; d == d {
			dy[i], loss = scale*2*d, loss+d*d
		}
	}
	return loss
}

// AdamWSettings are the constants of one update (arXiv 1711.05101, torch.optim.AdamW). Step counts from 1.
type AdamWSettings struct {
	Rate, Beta1, Beta2, Eps, Decay float64
	Step                           int
}

// AdamW updates p in place from the gradient g, scaled by clip, and the moments m and v:
//
//	p -= rate · decay · p
//	m = β1 m + (1-β1) g,   v = β2 v + (1-β2) g²
//	p -= rate / (1-β1^step) · m / (√v / √(1-β2^step) + eps)
func AdamW[F Float](p, g, m, v []F, clip F, s AdamWSettings) {
	c := s.constants()
	for i, e := range g {
		e *= clip
		m[i] = F(c.beta1)*m[i] + F(c.ibeta1)*e
		v[i] = F(c.beta2)*v[i] + F(c.ibeta2)*e*e
		p[i] = p[i]*F(c.keep) - F(c.step)*m[i]/(F(math.Sqrt(float64(v[i])))*F(c.root)+F(c.eps))
	}
}

// SumSquares is Σ x², in ascending order.
func SumSquares[F Float](x []F) (sum F) {
	for _, e := range x {
		sum += e * e
	}
	return sum
}

func row[F Float](x []F, i, n int) []F { return x[i*n : (i+1)*n] }

func add[F Float](y, x []F) {
	for i, e := range x {
		y[i] += e
	}
}

func axpy[F Float](y []F, a F, x []F) {
	for i, e := range x {
		y[i] += a * e
	}
}

func dot[F Float](x, y []F) (sum F) {
	for i, e := range x {
		sum += e * y[i]
	}
	return sum
}
