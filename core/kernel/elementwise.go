package kernel

import "math"

// elements fills a task over n elements of the given slices.
func elements(op Op, n, cost int, p ...[]float32) Task {
	t := Task{Op: op, Parts: cut(n, cost)}
	t.N[0] = n
	for i, s := range p {
		t.P[i] = at(s[:n])
	}
	return t
}

// part3 is this part's share of three slices of N[0] elements, the last two nil where the task has none.
func (t *Task) part3(p int) (a, b, c []float32) {
	lo, hi := t.spanVec(t.N[0], p)
	a = t.f32(0, t.N[0])[lo:hi]
	if t.P[1] != nil {
		b = t.f32(1, t.N[0])[lo:hi]
	}
	if t.P[2] != nil {
		c = t.f32(2, t.N[0])[lo:hi]
	}
	return a, b, c
}

// AddTask is y += x.
func AddTask(y, x []float32) Task { return elements(opAdd, len(y), 1, y, x) }

func runAdd(t *Task, p int) {
	y, x, _ := t.part3(p)
	vecAdd(y, x)
}

// ScaleTask is y *= a.
func ScaleTask(y []float32, a float32) Task {
	t := elements(opScale, len(y), 1, y)
	t.F[0] = a
	return t
}

func runScale(t *Task, p int) {
	y, _, _ := t.part3(p)
	vecScale(y, t.F[0])
}

// FillTask is y = a.
func FillTask(y []float32, a float32) Task {
	t := elements(opFill, len(y), 1, y)
	t.F[0] = a
	return t
}

func runFill(t *Task, p int) {
	y, _, _ := t.part3(p)
	if t.F[0] == 0 && !math.Signbit(float64(t.F[0])) {
		clear(y)
		return
	}
	for i := range y {
		y[i] = t.F[0]
	}
}

// GeluTask is [Gelu].
func GeluTask(y, x []float32) Task { return elements(opGelu, len(y), 16, y, x) }

func runGelu(t *Task, p int) {
	y, x, _ := t.part3(p)
	vecGelu(y, x)
}

// GeluGradTask is [GeluGrad].
func GeluGradTask(dx, dy, x []float32) Task { return elements(opGeluGrad, len(dx), 16, dx, dy, x) }

func runGeluGrad(t *Task, p int) {
	dx, dy, x := t.part3(p)
	vecGeluGrad(dx, dy, x)
}

// ReluTask is [Relu].
func ReluTask(y, x []float32) Task { return elements(opRelu, len(y), 1, y, x) }

func runRelu(t *Task, p int) {
	y, x, _ := t.part3(p)
	Relu(y, x)
}

// ReluGradTask is [ReluGrad].
func ReluGradTask(dx, dy, y []float32) Task { return elements(opReluGrad, len(dx), 1, dx, dy, y) }

func runReluGrad(t *Task, p int) {
	dx, dy, y := t.part3(p)
	ReluGrad(dx, dy, y)
}

// TanhTask is [Tanh].
func TanhTask(y, x []float32) Task { return elements(opTanh, len(y), 32, y, x) }

func runTanh(t *Task, p int) {
	y, x, _ := t.part3(p)
	Tanh(y, x)
}

// TanhGradTask is [TanhGrad].
func TanhGradTask(dx, dy, y []float32) Task { return elements(opTanhGrad, len(dx), 2, dx, dy, y) }

func runTanhGrad(t *Task, p int) {
	dx, dy, y := t.part3(p)
	TanhGrad(dx, dy, y)
}

// DropoutTask adds keep(first+i) · x[i] to y[i]: forward with y cleared before, and the gradient, with the same d.
func DropoutTask(y, x []float32, first uint32, d Drop) Task {
	t := elements(opDropout, len(y), 8, y, x)
	t.N[1], t.Drop = int(first), d
	return t
}

func runDropout(t *Task, p int) {
	y, x, _ := t.part3(p)
	lo, _ := t.spanVec(t.N[0], p)
	dropAdd(y, x, uint32(t.N[1]+lo), t.Drop)
}
