// Package backend is the seam between the network and the machine: memory on a device and the operations thaw needs,
// each once. A device knows nothing of the tape; a gradient is an ordinary operation with the suffix Grad.
//
// Operations return nothing and may run later, in the order of their calls. A fault at run time is kept: operations
// after it do nothing, and Sync and Read report it. Every gradient adds to its destination.
package backend

import (
	"errors"

	"thaw/core/kernel"
)

// ErrAgain is the fault of a device that has lost a part of itself and goes on without it: what was asked since the last
// Sync or Read is void, parameters and moments are whole, and doing the work again gives what it would have given.
var ErrAgain = errors.New("the device was disturbed, and the work has to be done again")

// ErrLost is the fault of a device that is gone, with everything on it: what it is asked from then on does nothing. ErrFailed is the
// fault of one that cannot do what was asked, for its memory is too small or its driver has a fault: nothing that depends on it may be
// believed, and another device has to do it.
var (
	ErrLost   = errors.New("the device was lost, and what was on it")
	ErrFailed = errors.New("the device failed")
)

// Buffer is float32 or int32 elements on a device.
type Buffer interface {
	// Len is the number of elements.
	Len() int
	// View is elements off to off+n, sharing memory.
	View(off, n int) Buffer
}

// Backend is a device.
type Backend interface {
	Memory
	Ops
	// Name says what runs, for people: "cpu, simd kernels, 2 threads".
	Name() string
	// Supports says whether the device has an operation, by its name in Ops. It is asked once, at construction.
	Supports(op string) bool
}

// Memory moves numbers to and from a device.
type Memory interface {
	// Alloc returns n float32 zeros, AllocInts n int32 zeros.
	Alloc(n int) Buffer
	AllocInts(n int) Buffer
	// Write copies src to dst, which is as long; src may change afterwards.
	Write(dst Buffer, src []float32)
	WriteInts(dst Buffer, src []int32)
	// Read waits for what was asked before and copies src to dst.
	Read(dst []float32, src Buffer) error
	// Free gives a buffer's memory back. Views of it are not used afterwards.
	Free(Buffer)
	// Sync waits for what was asked before and reports the first fault since the last Sync.
	Sync() error
}

// Ops are the operations. Shapes are in the legend of package core; M, N and K are those of products.
type Ops interface {
	// MatMul is one product of two matrices and what becomes of it.
	MatMul(MatMul)
	// AddBias is y [M, N] += b [N]; SumRows is y [N] += Σ rows of x [M, N], its gradient.
	AddBias(y, b Buffer)
	SumRows(y, x Buffer)
	// Add is y += x, Scale is y *= a, Fill is y = a.
	Add(y, x Buffer)
	Scale(y Buffer, a float32)
	Fill(y Buffer, a float32)
	// Copy copies rows of h elements, as Rows says.
	Copy(dst, src Buffer, h int, r Rows)
	// Embed is y [T, H] = rows ids of w [V, H], or += with accumulate.
	Embed(y, w, ids Buffer, h int, accumulate bool)
	// EmbedGrad adds dy [T, H] to the rows of dw [V, H] that it came from.
	EmbedGrad(dw, dy Buffer, s Sorted, h int)
	// LayerNorm normalises rows, LayerNormGrad is its gradient.
	LayerNorm(LayerNorm)
	LayerNormGrad(LayerNormGrad)
	// Gelu, Relu and Tanh go element by element. The gradients add to dx; GeluGrad takes the input, the others the output.
	Gelu(y, x Buffer)
	GeluGrad(dx, dy, x Buffer)
	Relu(y, x Buffer)
	ReluGrad(dx, dy, y Buffer)
	Tanh(y, x Buffer)
	TanhGrad(dx, dy, y Buffer)
	// Attention goes over packed sentences, fused from q, k, v to the mixed values.
	Attention(Attention)
	AttentionGrad(AttentionGrad)
	// Pool makes one row of each sentence of x [T, H], its mean or its first; PoolGrad adds to dx [T, H].
	Pool(y, x, offsets Buffer, h int, mean bool)
	PoolGrad(dx, dy, offsets Buffer, h int, mean bool)
	// Dropout is y += keep · x, forward and, with the same d, backward.
	Dropout(y, x Buffer, d kernel.Drop)
	// CrossEntropy adds Σ losses of logits [B, C] to loss [1] and sets dlogits; labels below 0 are left out.
	CrossEntropy(loss, dlogits, logits, labels Buffer, c int, scale float32)
	// SquaredError adds Σ (y - target)² to loss [1] and sets dy; NaN targets are left out.
	SquaredError(loss, dy, y, target Buffer, scale float32)
	// SumSquares adds Σ x² to sum [1].
	SumSquares(sum, x Buffer)
	// AdamW updates the regions of one arena.
	AdamW(AdamW)
}

// MatMul is y [M, N] = x · w in one of three layouts, and an epilogue. An epilogue's operands: B [N] for Bias, BiasGelu
// and BiasResidual; U [M, N] written by BiasGelu and read by GeluSlope; R [M, N], other than Y, for BiasResidual.
type MatMul struct {
	Y, X, W Buffer
	M, N, K int
	Layout  kernel.Layout
	Then    kernel.Epilogue
	B, U, R Buffer
}

// Rows is a list of ranges of rows: Count[i] rows from row From[i] to row To[i].
type Rows struct{ To, From, Count []int32 }

// Sorted is the tokens of a batch sorted by id: ID [U] the distinct ids in ascending order, Order [T] the tokens, and
// Start [U+1] where each id's run begins. Runs are in the order of the text, so that sums have one order.
type Sorted struct{ ID, Order, Start []int32 }

// LayerNorm is Y [T, H] = normalised S · W + B. With X, S first becomes S + dropout(X): the residual sum. Stat [T, 2]
// receives mean and 1/deviation.
type LayerNorm struct {
	Y, Stat, S, X, W, B Buffer
	H                   int
	Eps                 float32
	Drop                kernel.Drop
}

// LayerNormGrad adds to DS, DW and DB, each of which may be nil.
type LayerNormGrad struct {
	DS, DW, DB     Buffer
	DY, S, Stat, W Buffer
	H              int
}

// Attention is Out [T, H] from QKV [T, 3H] over sentences cut at Offsets [B+1], which are on the host because a device cuts
// its work by them. LSE [N, T] is kept for the gradient.
type Attention struct {
	Out, LSE, QKV Buffer
	Offsets       []int32
	Heads, H      int
	Drop          kernel.Drop
}

// AttentionGrad adds to DQKV [T, 3H].
type AttentionGrad struct {
	DQKV, DOut, LSE, QKV Buffer
	Offsets              []int32
	Heads, H             int
	Drop                 kernel.Drop
}

// Region is a run of one arena: N elements from P on in the parameters, from G on in gradients and moments, with a factor
// of the rate, whether they decay, and how many of the run's updates they were frozen for, which their bias correction leaves
// out.
type Region struct {
	P, G, N int
	Rate    float32
	Decay   bool
	Missed  int
}

// AdamW updates Regions of the arena P from G and the moments M and V. Norm [1] holds the squared global norm of the
// gradient, from which the device makes the factor of clipping, min(1, Clip / (norm + 1e-6)) as torch's
// clip_grad_norm_ does, none if Clip is 0. A norm that is not finite leaves everything as it was.
type AdamW struct {
	P, G, M, V Buffer
	Regions    []Region
	Norm       Buffer
	Clip       float64
	Settings   kernel.AdamWSettings
}

// Thrifty is a device that keeps weights in other forms beside them, packed for its products, so that short texts are
// answered quickly. While memory counts, as in a training run, it is asked to go without.
type Thrifty interface {
	Thrift(on bool)
}

// Ahead is a device that does what it was asked between two Syncs as a whole, whatever its user is told meanwhile: an error of Sync or
// Read other than ErrLost and ErrFailed comes after the work. No part of it can be disturbed, so a step needs to wait once only.
type Ahead interface {
	RunsAhead()
}

// Host is a device whose memory is the host's: weights can be streamed straight into it and out of it.
type Host interface {
	// Elements is the buffer's memory, to be changed only with write. It is not kept beyond the next operation.
	Elements(b Buffer, write bool) []float32
}
