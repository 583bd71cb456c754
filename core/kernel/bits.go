package kernel

// Bits is a counter-based generator: 32 random bits for an index under a key, in any order and on any device. It is two
// rounds of a 32-bit mixer (multiply and xor-shift), so that WGSL, which has no 64-bit integers, computes the same.
func Bits(key [2]uint32, index uint32) uint32 {
	return mix(mix(index*0x9e3779b9+key[0]) ^ key[1])
}

// Key is the key of one use of randomness: seed of the run, step (with the micro-batch in it) and site in the network.
func Key(seed uint64, step, site uint32) [2]uint32 {
	a := mix(uint32(seed) ^ mix(step+0x85ebca6b))
	b := mix(uint32(seed>>32) ^ mix(site+0xc2b2ae35) ^ a)
	return [2]uint32{a ^ mix(b), b}
}

func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	return x ^ x>>16
}

// Drop is dropout (jmlr.org/papers/v15/srivastava14a.html): an element is kept with probability 1-p and then scaled by
// 1/(1-p). The zero Drop keeps everything.
type Drop struct {
	Key       [2]uint32
	Threshold uint32  // an element with Bits below it is dropped: p · 2³²
	Scale     float32 // 1/(1-p)
}

// NewDrop is dropout with probability p at one site of one step.
func NewDrop(p float64, key [2]uint32) Drop {
	if p <= 0 {
		return Drop{}
	}
	return Drop{Key: key, Threshold: uint32(p * (1 << 32)), Scale: float32(1 / (1 - p))}
}

// On says whether d drops anything.
func (d Drop) On() bool { return d.Threshold != 0 }

// Keep is the factor of the element with this index: 0 or Scale, 1 without dropout.
func (d Drop) Keep(index uint32) float32 {
	if d.Threshold == 0 {
		return 1
	}
	if Bits(d.Key, index) < d.Threshold {
		return 0
	}
	return d.Scale
}
