package webgpu

import "thaw/wasm/shader"

// choice is what was measured to be quickest on this device.
type choice struct {
	tiles [3]shader.Tile // for each layout
	norm  shader.NormLanes
}

// lanes is how many invocations share a row of a layer norm.
func (c choice) lanes() shader.NormLanes {
	if c.norm == 0 {
		return 64
	}
	return c.norm
}
