package nn

import (
	"hash/fnv"
	"math/rand/v2"
)

// InitNormal fills p with N(0, std²) seeded by the run's seed and p's own name, so that adding a task does not change how
// another begins.
func (s *Set) InitNormal(p *Param, std float64, seed uint64) {
	h := fnv.New64a()
	h.Write([]byte(p.Name))
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	v := make([]float32, p.Size())
	for i := range v {
		v[i] = float32(r.NormFloat64() * std)
	}
	s.ops.Write(p.Value, v)
}
