package data

import "math/rand/v2"

// Order is the order of n examples in an epoch, the same for the same seed: a permutation, or as they come.
func Order(n, epoch int, shuffle bool, seed uint64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if shuffle {
		r := rand.New(rand.NewPCG(seed, uint64(epoch)))
		r.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return order
}

// Batch is packed examples: ids back to back, and where each begins.
type Batch struct {
	Index   []int     // which examples
	IDs     []int32   // [T]
	Offsets []int32   // [B+1]
	Labels  [][]int32 // [B] a task
}

// Pack puts the examples of an index back to back.
func Pack(ex []Example, index []int) Batch {
	b := Batch{Index: index, Offsets: []int32{0}}
	for _, i := range index {
		b.IDs = append(b.IDs, ex[i].IDs...)
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
	}
	if len(index) > 0 {
		b.Labels = make([][]int32, len(ex[index[0]].Labels))
	}
	for t := range b.Labels {
		for _, i := range index {
			b.Labels[t] = append(b.Labels[t], ex[i].Labels[t])
		}
	}
	return b
}

// Cut cuts an index into runs of at most the given number of tokens, one example at least. The gradients of the runs add
// up to that of the whole.
func Cut(ex []Example, index []int, tokens int) (runs [][]int) {
	first, n := 0, 0
	for i, j := range index {
		if n += len(ex[j].IDs); n > tokens && i > first {
			runs = append(runs, index[first:i])
			first, n = i, len(ex[j].IDs)
		}
	}
	if first < len(index) {
		runs = append(runs, index[first:])
	}
	return runs
}

// Labelled is how many of the indexed examples have a label of each task.
func Labelled(ex []Example, index []int) []int {
	var n []int
	for _, i := range index {
		if n == nil {
			n = make([]int, len(ex[i].Labels))
		}
		for t, l := range ex[i].Labels {
			if l >= 0 {
				n[t]++
			}
		}
	}
	return n
}
