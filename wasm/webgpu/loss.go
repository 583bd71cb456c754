package webgpu

import (
	"math"

	"thaw/core/backend"
	"thaw/wasm/shader"
)

// nanBits is what a sum becomes that is not finite.
const nanBits = 0x7fc00000

// maxPartials is the room for partial sums.
const maxPartials = 1 << 16

// CrossEntropy adds to loss and sets dlogits.
func (g *GPU) CrossEntropy(loss, dlogits, logits, labels backend.Buffer, c int, scale float32) {
	g.settle()
	g.reads(of(logits), of(labels))
	g.writes(of(dlogits))
	acc := g.adds(of(loss))
	g.room(0)
	g.run(&shader.CrossEntropy, 1, 1, 1, 0, []*buffer{of(loss), of(dlogits), of(logits), of(labels)}, uint32(labels.Len()), uint32(c), acc, bits(scale))
}

// SquaredError adds to loss and sets dy.
func (g *GPU) SquaredError(loss, dy, y, target backend.Buffer, scale float32) {
	g.settle()
	g.reads(of(y), of(target))
	g.writes(of(dy))
	acc := g.adds(of(loss))
	g.room(0)
	g.run(&shader.SquaredError, 1, 1, 1, 0, []*buffer{of(loss), of(dy), of(y), of(target)}, uint32(target.Len()), acc, bits(scale))
}

// SumSquares adds Σ x² to sum.
func (g *GPU) SumSquares(sum, x backend.Buffer) {
	parts := groups(x.Len(), shader.SquaresChunk)
	s := g.squares
	if s == nil || !same(s.sum, of(sum)) || s.n+parts > maxPartials {
		g.settle()
		s = &squares{sum: of(sum)}
	}
	g.squares = nil // what follows may settle
	g.reads(of(x))
	partial := g.scratch(&g.partial, maxPartials)
	g.room(0)
	at := partial.View(s.n, parts).(*buffer)
	k, n := &shader.SumSquares, x.Len()
	if n%4 == 0 && of(x).off%4 == 0 {
		k, n = &shader.SumSquaresVec, n/4
	}
	g.run(k, parts, 1, 1, 0, []*buffer{at, of(x)}, uint32(n), nanBits)
	s.n += parts
	g.squares = s
}

// endSquares adds the partial sums up.
func (g *GPU) endSquares() {
	s := g.squares
	g.squares = nil
	acc := g.adds(s.sum)
	g.room(0)
	g.run(&shader.SumPartials, 1, 1, 1, 0, []*buffer{s.sum, g.partial}, uint32(s.n), acc, nanBits)
}

// AdamW updates an arena, all of its regions in one dispatch.
func (g *GPU) AdamW(a backend.AdamW) {
	g.settle()
	if g.err != nil || len(a.Regions) == 0 {
		return
	}
	g.reads(of(a.P), of(a.G), of(a.M), of(a.V), of(a.Norm))
	k, unit := &shader.AdamW, 1
	if vectorRegions(a) {
		k, unit = &shader.AdamWVec, 4
	}
	var table []int32
	n, s := 0, a.Settings
	for _, r := range a.Regions {
		rate, t := s.Rate*float64(r.Rate), float64(s.Step-r.Missed)
		decay := s.Decay
		if !r.Decay {
			decay = 0
		}
		table = append(table, int32(r.G/unit), int32(r.P/unit), int32(r.N/unit), float(1-rate*decay), float(rate/(1-math.Pow(s.Beta1, t))),
			float(1/math.Sqrt(1-math.Pow(s.Beta2, t))), 0, 0)
		n = max(n, (r.G+r.N)/unit)
	}
	at := g.list(table)
	x, y := fold(groups(n, shader.AdamWChunk))
	g.run(k, x, y, 1, at, []*buffer{of(a.P), of(a.G), of(a.M), of(a.V), of(a.Norm), nil},
		uint32(n), uint32(len(a.Regions)), bits(float32(a.Clip)), bits(float32(s.Beta1)), bits(float32(1-s.Beta1)),
		bits(float32(s.Beta2)), bits(float32(1-s.Beta2)), bits(float32(s.Eps)))
}

// vectorRegions says whether every region of an arena begins and ends at a multiple of four.
func vectorRegions(a backend.AdamW) bool {
	all := of(a.P).off | of(a.G).off | of(a.M).off | of(a.V).off
	for _, r := range a.Regions {
		all |= r.P | r.G | r.N
	}
	return all%4 == 0
}

// float is the bits of a float32, as the tables of the host have them.
func float(f float64) int32 { return int32(math.Float32bits(float32(f))) }
