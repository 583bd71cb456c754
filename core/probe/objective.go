package probe

import (
	"math"
	"slices"
)

// tileRows rows go through a pass together: they are turned to float64 once for all classes, and each weight is read and
// each gradient written once for all of them.
const tileRows = 4

// objective is the function that Fit minimises. Its parameters are the weights [C, H] over centred and scaled features,
// then the biases [C]. It remembers the last place, for the optimizer asks for value and gradient one after the other.
type objective struct {
	*sample
	decay  float64 // L2 / N
	passes int

	at   []float64           // [C*H + C] the last place
	grad []float64           // [C*H + C] the gradient there
	loss float64             // mean cross-entropy there
	tile []float64           // [tileRows, H]
	z    [][tileRows]float64 // [C] logits of a tile, then their gradient
}

func newObjective(s *sample, l2 float64) *objective {
	h := len(s.mean)
	return &objective{
		sample: s,
		decay:  l2 / float64(len(s.rows)),
		grad:   make([]float64, s.classes*(h+1)),
		tile:   make([]float64, tileRows*h),
		z:      make([][tileRows]float64, s.classes),
	}
}

// start is the place to begin: no weights, and biases that give each class its share of the rows, one half row more so that
// an absent class is finite. Their sum is 0, and no step changes it.
func (f *objective) start() []float64 {
	params := make([]float64, len(f.grad))
	b := params[len(params)-f.classes:]
	for c := range b {
		b[c] = 0.5
	}
	for _, c := range f.class {
		b[c]++
	}
	mean := 0.0
	for c := range b {
		b[c] = math.Log(b[c])
		mean += b[c] / float64(len(b))
	}
	for c := range b {
		b[c] -= mean
	}
	return params
}

// value is the penalised loss at params.
func (f *objective) value(params []float64) float64 {
	f.visit(params)
	squares := 0.0
	for _, w := range params[:len(params)-f.classes] {
		squares += w * w
	}
	return f.loss + f.decay/2*squares
}

// gradient writes the gradient at params to g.
func (f *objective) gradient(g, params []float64) {
	f.visit(params)
	copy(g, f.grad)
}

// visit makes loss and gradient those of params, in one pass over the rows:
//
//	dW = 1/N Σ (softmax(z) - onehot(label)) xᵀ + L2/N W        db = 1/N Σ softmax(z) - onehot(label)
//
// Rows are summed in order, so the bits depend on the arguments alone.
func (f *objective) visit(params []float64) {
	if slices.Equal(f.at, params) {
		return
	}
	f.at = append(f.at[:0], params...)
	f.passes++
	h := len(f.mean)
	w, b := params[:f.classes*h], params[f.classes*h:]
	dw, db := f.grad[:f.classes*h], f.grad[f.classes*h:]
	clear(f.grad)
	sum := 0.0
	for at := 0; at < len(f.rows); at += tileRows {
		f.fill(f.tile, at)
		for c := range f.z {
			f.z[c] = dot(w[c*h:][:h], f.tile, b[c])
		}
		sum += f.errors(at)
		for c, e := range f.z {
			add(dw[c*h:][:h], f.tile, e)
			db[c] += (e[0] + e[1]) + (e[2] + e[3])
		}
	}
	f.finish(sum, w)
}

// finish divides the sums by the number of rows and adds the gradient of the penalty.
func (f *objective) finish(sum float64, w []float64) {
	n := float64(len(f.rows))
	f.loss = sum / n
	for i := range f.grad {
		f.grad[i] /= n
	}
	for i, v := range w {
		f.grad[i] += f.decay * v
	}
}

// errors turns the logits of a tile into softmax minus the label, 0 for rows beyond the last, and sums their
// cross-entropy.
func (f *objective) errors(at int) (loss float64) {
	for r := range tileRows {
		if at+r < len(f.rows) {
			loss += f.rowError(r, f.class[at+r])
			continue
		}
		for c := range f.z {
			f.z[c][r] = 0
		}
	}
	return loss
}

// rowError does so for one row of a tile.
func (f *objective) rowError(r int, label int32) (loss float64) {
	top, sum := math.Inf(-1), 0.0
	for c := range f.z {
		top = max(top, f.z[c][r])
	}
	loss = top - f.z[label][r]
	for c := range f.z {
		f.z[c][r] = math.Exp(f.z[c][r] - top)
		sum += f.z[c][r]
	}
	for c := range f.z {
		f.z[c][r] /= sum
	}
	f.z[label][r]--
	return loss + math.Log(sum)
}

// dot is the product of w [H] with each row of tile [tileRows, H], plus a bias.
func dot(w, tile []float64, bias float64) [tileRows]float64 {
	h := len(w)
	a, b, c, d := tile[:h], tile[h:][:h], tile[2*h:][:h], tile[3*h:][:h]
	s, t, u, v := bias, bias, bias, bias
	for j, e := range w {
		s += e * a[j]
		t += e * b[j]
		u += e * c[j]
		v += e * d[j]
	}
	return [tileRows]float64{s, t, u, v}
}

// add adds the rows of tile [tileRows, H], weighted by e, to g [H].
func add(g, tile []float64, e [tileRows]float64) {
	h := len(g)
	a, b, c, d := tile[:h], tile[h:][:h], tile[2*h:][:h], tile[3*h:][:h]
	for j := range g {
		g[j] += (e[0]*a[j] + e[1]*b[j]) + (e[2]*c[j] + e[3]*d[j])
	}
}
