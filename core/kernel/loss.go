package kernel

import "math"

// CrossEntropyTask is [CrossEntropy]; the sum of the losses is added to loss [1]. It is one part: B · C is small.
func CrossEntropyTask(loss, dlogits, logits []float32, labels []int32, c int, scale float32) Task {
	b := len(labels)
	t := Task{Op: opCrossEntropy, Parts: 1}
	t.P[0], t.P[1], t.P[2], t.P[3] = at(loss[:1]), at(dlogits[:b*c]), at(logits[:b*c]), at(labels)
	t.N[0], t.N[1], t.F[0] = b, c, scale
	return t
}

func runCrossEntropy(t *Task, _ int) {
	b, c := t.N[0], t.N[1]
	t.f32(0, 1)[0] += CrossEntropy(t.f32(1, b*c), t.f32(2, b*c), t.i32(3, b), c, t.F[0])
}

// SquaredErrorTask is [SquaredError]; the sum of the losses is added to loss [1].
func SquaredErrorTask(loss, dy, y, target []float32, scale float32) Task {
	t := Task{Op: opSquaredError, Parts: 1}
	n := len(target)
	t.P[0], t.P[1], t.P[2], t.P[3] = at(loss[:1]), at(dy[:n]), at(y[:n]), at(target)
	t.N[0], t.F[0] = n, scale
	return t
}

func runSquaredError(t *Task, _ int) {
	n := t.N[0]
	t.f32(0, 1)[0] += SquaredError(t.f32(1, n), t.f32(2, n), t.f32(3, n), t.F[0])
}

// sumChunk is how many squares are summed before the next partial sum begins.
const sumChunk = 1 << 14

// SumSquaresParts is the number of partial sums that [SumSquaresTask] writes for n elements.
func SumSquaresParts(n int) int { return (n + sumChunk - 1) / sumChunk }

// SumSquaresTask writes partial sums of x² to part, one for each 16,384 elements; their sum, in order, is [SumSquares].
func SumSquaresTask(part, x []float32) Task {
	n := SumSquaresParts(len(x))
	t := Task{Op: opSumSquares, Parts: max(1, min(n, maxParts))}
	t.P[0], t.P[1] = at(part[:n]), at(x)
	t.N[0], t.N[1] = n, len(x)
	return t
}

func runSumSquares(t *Task, p int) {
	part, x := t.f32(0, t.N[0]), t.f32(1, t.N[1])
	lo, hi := t.span(t.N[0], p)
	for i := lo; i < hi; i++ {
		c := x[i*sumChunk : min(len(x), (i+1)*sumChunk)]
		part[i] = vecDot(c, c)
	}
}

// adamWConstants are the factors of one AdamW update, computed once in float64.
type adamWConstants struct{ beta1, ibeta1, beta2, ibeta2, keep, step, root, eps float64 }

func (s AdamWSettings) constants() adamWConstants {
	t := float64(s.Step)
	return adamWConstants{
		beta1: s.Beta1, ibeta1: 1 - s.Beta1, beta2: s.Beta2, ibeta2: 1 - s.Beta2,
		keep: 1 - s.Rate*s.Decay, step: s.Rate / (1 - math.Pow(s.Beta1, t)),
		root: 1 / math.Sqrt(1-math.Pow(s.Beta2, t)), eps: s.Eps,
	}
}

// AdamWTask is [AdamW] with the gradient scaled by clip.
func AdamWTask(p, g, m, v []float32, clip float32, s AdamWSettings) Task {
	t := elements(opAdamW, len(p), 8, p, g, m, v)
	c := s.constants()
	for i, f := range []float64{c.beta1, c.ibeta1, c.beta2, c.ibeta2, c.keep, c.step, c.root, c.eps} {
		t.F[i] = float32(f)
	}
	t.F[8] = clip
	return t
}

func runAdamW(t *Task, p int) {
	lo, hi := t.spanVec(t.N[0], p)
	n := t.N[0]
	vecAdamW(t.f32(0, n)[lo:hi], t.f32(1, n)[lo:hi], t.f32(2, n)[lo:hi], t.f32(3, n)[lo:hi], t)
}

// adamWPlain is [AdamW] with the constants of a task.
func adamWPlain(p, g, m, v []float32, t *Task) {
	f := &t.F
	for i, e := range g {
		e *= f[8]
		m[i] = f[0]*m[i] + f[1]*e
		v[i] = f[2]*v[i] + f[3]*e*e
		p[i] = p[i]*f[4] - f[5]*m[i]/(float32(math.Sqrt(float64(v[i])))*f[6]+f[7])
	}
}
