package webgpu

import "thaw/wasm/shader"

// Force has every product cut by one tile.
func (g *GPU) Force(t shader.Tile) {
	for i := range g.choice.tiles {
		g.choice.tiles[i] = t
	}
}

// ForceNorm has the rows of layer norms shared by n invocations.
func (g *GPU) ForceNorm(n shader.NormLanes) { g.choice.norm = n }
