package tensor

// Tensor is a contiguous array of float32 on the host.
type Tensor struct {
	Shape Shape     `json:"shape"`
	Data  []float32 `json:"values"`
}

// New returns a tensor of zeros.
func New(shape ...int) *Tensor {
	return &Tensor{Shape: shape, Data: make([]float32, Shape(shape).Size())}
}

// Row is row i of a matrix [n, m], a view.
func (t *Tensor) Row(i int) []float32 {
	m := t.Shape[len(t.Shape)-1]
	return t.Data[i*m : (i+1)*m]
}

// Reshape gives the same elements another shape, a view; it panics when the sizes differ.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	if Shape(shape).Size() != t.Shape.Size() {
		panic(ShapeError{Op: "tensor.Reshape", Got: t.Shape, Want: shape})
	}
	return &Tensor{Shape: shape, Data: t.Data}
}
