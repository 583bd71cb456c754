// Package probe fits linear classifiers on fixed features: the network as it is, and one quick classifier a task on its
// sentence embeddings. The result is a linear head like any other.
package probe

import (
	"fmt"

	"thaw/core/tensor"
)

// Options say how a probe is fitted. The zero value is good: penalty 1, at most 500 iterations, features as they are.
type Options struct {
	// L2 is the weight of the penalty, the inverse of scikit-learn's C; 0 means 1. Classes that a plane can separate
	// have no best weights without a penalty, so who wants none names a small one, such as 1e-6.
	L2 float64 `json:"l2"`
	// MaxIter bounds the iterations of L-BFGS, each one or two passes over the rows; 0 means 500.
	MaxIter int `json:"maxIter"`
	// Standardize divides each centred feature by its standard deviation before the penalty is taken. It is for features of
	// very different scales; those of an encoder do well without.
	Standardize bool `json:"standardize"`
	// Tick, if there is one, is called in the caller's goroutine after each pass over the rows with the number of passes
	// and the loss of the last one, which may be a step too far. It may park; an error from it ends the fit and is returned.
	Tick func(passes int, loss float64) error `json:"-"`
}

const (
	defaultL2      = 1
	defaultMaxIter = 500
)

// Classifier is a linear classifier of C classes over H features and the story of its fit. W and B apply to features as
// they came, whatever Options say, and may be stored unchanged as weight and bias of a mean-pooled linear head.
type Classifier struct {
	W          *tensor.Tensor `json:"weight"`     // [C, H]
	B          *tensor.Tensor `json:"bias"`       // [C], their sum is 0
	N          int            `json:"n"`          // labelled rows
	Iterations int            `json:"iterations"` // of L-BFGS
	Passes     int            `json:"passes"`     // over the rows
	Converged  bool           `json:"converged"`  // false: MaxIter came first, and more iterations would change the weights
	Loss       float64        `json:"loss"`       // mean cross-entropy of the labelled rows, without the penalty
}

// Fit fits multinomial logistic regression to the rows of x [n, H] by L-BFGS. labels [n] are classes from 0 on, and rows
// with label -1 are left out. It minimises
//
//	1/N Σ ( log Σ exp z[c] - z[label] )  +  L2/(2N) ‖W‖²,    z = W x + b    [C]
//
// over the N labelled rows, in float64; biases are free of the penalty. This is scikit-learn's LogisticRegression with
// C = 1/L2 divided by N, for three classes and more. For two classes scikit-learn has one weight vector, the difference
// of our two, and its C is 2/L2. With Standardize the penalty is on the weights of standardised features.
//
// A class that no row has is pushed away from all rows, and its bias is low. Equal arguments give equal bits on one
// machine, whatever the number of threads.
//
// Labels that do not exist, fewer than two classes among them, and features that are not finite are errors. To run out
// of iterations is none: Converged says it.
func Fit(x *tensor.Tensor, labels []int32, classes int, o Options) (*Classifier, error) {
	tensor.Must("probe.Fit", x.Shape, tensor.Shape{len(labels), -1})
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	s, err := newSample(x, labels, classes, o.Standardize)
	if err != nil {
		return nil, err
	}
	f := newObjective(s, o.L2)
	c, params, err := f.minimise(o)
	if err != nil {
		return nil, err
	}
	c.W, c.B = s.unfold(params)
	return c, nil
}

// filled puts the defaults in and refuses what makes no sense.
func (o Options) filled() (Options, error) {
	if o.L2 == 0 {
		o.L2 = defaultL2
	}
	if o.MaxIter == 0 {
		o.MaxIter = defaultMaxIter
	}
	if !(o.L2 > 0 && o.L2 <= 1e12) {
		return o, fmt.Errorf("probe: the penalty is %v; give a number above 0 and at most 1e12", o.L2)
	}
	if o.MaxIter < 0 {
		return o, fmt.Errorf("probe: at most %d iterations; give a number above 0", o.MaxIter)
	}
	return o, nil
}

// Logits are the scores of each class for the rows of x [n, H] before the softmax, [n, C].
func (c *Classifier) Logits(x *tensor.Tensor) *tensor.Tensor {
	h := c.W.Shape[1]
	tensor.Must("probe.Logits", x.Shape, tensor.Shape{-1, h})
	z := tensor.New(x.Shape[0], c.W.Shape[0]) // [n, C]
	for i := range x.Shape[0] {
		row := x.Row(i)
		for k, b := range c.B.Data {
			sum := float64(b)
			for j, w := range c.W.Row(k) {
				sum += float64(w) * float64(row[j])
			}
			z.Row(i)[k] = float32(sum)
		}
	}
	return z
}
