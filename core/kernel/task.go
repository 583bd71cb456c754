package kernel

import "unsafe"

// Op names a kernel.
type Op int32

const (
	opPack Op = iota
	opMatMul
	opAddBias
	opSumRows
	opAdd
	opScale
	opFill
	opCopy
	opEmbed
	opEmbedGrad
	opLayerNorm
	opLayerNormGrad
	opLayerNormParamGrad
	opGelu
	opGeluGrad
	opRelu
	opReluGrad
	opTanh
	opTanhGrad
	opAttention
	opAttentionGrad
	opPool
	opPoolGrad
	opDropout
	opCrossEntropy
	opSquaredError
	opSumSquares
	opAdamW
)

// Task is one kernel and its arguments, cut into Parts that any thread may run in any order.
//
// Its fields have no types of their own because a helper thread of the browser reads the struct by address: P holds
// the addresses of slices that Go keeps alive, N counts and sizes, F constants. Each kernel's file has the function that
// fills the struct and, below it, the one that reads it. How a task is cut depends on its sizes alone, never on the
// number of threads; that is why one thread and many give the same bits.
type Task struct {
	Op    Op
	Parts int
	P     [10]unsafe.Pointer
	N     [8]int
	F     [9]float32
	Drop  Drop
}

// Run does part p of t, 0 ≤ p < t.Parts. It is the only function that a helper thread enters, so nothing that it
// reaches may call through a pointer, allocate, store a pointer or panic with a value; wasm/link checks this.
//
//go:noinline
func Run(t *Task, p int) {
	switch t.Op {
	case opPack:
		runPack(t, p)
	case opMatMul:
		runMatMul(t, p)
	case opAddBias:
		runAddBias(t, p)
	case opSumRows:
		runSumRows(t, p)
	case opAdd:
		runAdd(t, p)
	case opScale:
		runScale(t, p)
	case opFill:
		runFill(t, p)
	case opCopy:
		runCopy(t, p)
	case opEmbed:
		runEmbed(t, p)
	case opEmbedGrad:
		runEmbedGrad(t, p)
	case opLayerNorm:
		runLayerNorm(t, p)
	case opLayerNormGrad:
		runLayerNormGrad(t, p)
	case opLayerNormParamGrad:
		runLayerNormParamGrad(t, p)
	case opGelu:
		runGelu(t, p)
	case opGeluGrad:
		runGeluGrad(t, p)
	case opRelu:
		runRelu(t, p)
	case opReluGrad:
		runReluGrad(t, p)
	case opTanh:
		runTanh(t, p)
	case opTanhGrad:
		runTanhGrad(t, p)
	case opAttention:
		runAttention(t, p)
	case opAttentionGrad:
		runAttentionGrad(t, p)
	case opPool:
		runPool(t, p)
	case opPoolGrad:
		runPoolGrad(t, p)
	case opDropout:
		runDropout(t, p)
	case opCrossEntropy:
		runCrossEntropy(t, p)
	case opSquaredError:
		runSquaredError(t, p)
	case opSumSquares:
		runSumSquares(t, p)
	case opAdamW:
		runAdamW(t, p)
	}
}

// grain is about how many simple operations are worth a part of their own.
const grain = 1 << 15

// maxParts bounds the parts of a task: enough to balance eight threads.
const maxParts = 32

// cut is the number of parts for n items of the given cost each.
func cut(n, cost int) int {
	return max(1, min(n, maxParts, n*max(cost, 1)/grain))
}

// span is the range of n items that part p owns.
func (t *Task) span(n, p int) (lo, hi int) {
	return n * p / t.Parts, n * (p + 1) / t.Parts
}

// spanVec is span over the elements of a long array, cut at multiples of 16 elements.
func (t *Task) spanVec(n, p int) (lo, hi int) {
	b := (n + 15) / 16
	return min(n, b*p/t.Parts*16), min(n, b*(p+1)/t.Parts*16)
}

func (t *Task) f32(i, n int) []float32 { return unsafe.Slice((*float32)(t.P[i]), n) }
func (t *Task) i32(i, n int) []int32   { return unsafe.Slice((*int32)(t.P[i]), n) }

func at[E any](s []E) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
