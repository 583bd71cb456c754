package synth

import (
	"math/bits"
	"math/rand/v2"
)

// random draws from PCG (O'Neill 2014), whose stream is fixed, by a reduction of our own: rand.IntN takes another path
// on 32-bit machines, and the same seed must give the same text everywhere.
type random struct{ pcg *rand.PCG }

// newRandom returns stream number stream of seed.
func newRandom(seed, stream uint64) *random { return &random{rand.NewPCG(seed, stream)} }

// below returns a number of [0, n): the high word of a 64×64 product (Lemire 2019), its bias under n/2⁶⁴.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.pcg.Uint64(), uint64(n))
	return int(hi)
}

// chance is true with probability p.
func (r *random) chance(p float64) bool { return float64(r.pcg.Uint64()>>11)/(1<<53) < p }

// shuffle permutes n things (Fisher and Yates).
func (r *random) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.below(i+1))
	}
}
