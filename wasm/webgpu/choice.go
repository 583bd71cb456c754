package webgpu

import (
	"fmt"
	"strconv"
	"strings"

	"thaw/wasm/shader"
)

// choice is what was measured to be quickest on this device, nothing before.
type choice struct {
	tiles [3]shader.Tile // for each layout
	norm  shader.NormLanes
}

// tile is how products of a layout are cut: as measured, or else by the first of all tiles.
func (c *choice) tile(layout int) shader.Tile {
	if t := c.tiles[layout]; t.Rows > 0 {
		return t
	}
	return shader.Tiles[0]
}

// lanes is how many invocations share a row of a layer norm.
func (c *choice) lanes() shader.NormLanes {
	if c.norm == 0 {
		return 64
	}
	return c.norm
}

// String is the choice in words that parse reads: "nt 4x8_8x8_0, nn 8x8_8x8_0, tn 4x8_8x8_0, norm 64".
func (c *choice) String() string {
	return fmt.Sprintf("nt %s, nn %s, tn %s, norm %d", c.tile(0).Name(), c.tile(1).Name(), c.tile(2).Name(), c.lanes())
}

// parse reads String; anything else is an error. Only tiles of this version are taken.
func parse(s string) (c choice, err error) {
	words := strings.Fields(strings.ReplaceAll(s, ",", ""))
	if len(words) != 8 || words[0] != "nt" || words[2] != "nn" || words[4] != "tn" || words[6] != "norm" {
		return choice{}, fmt.Errorf("webgpu: %q is no choice of kernels", s)
	}
	for i := range c.tiles {
		name := words[2*i+1]
		for _, t := range shader.Tiles {
			if t.Name() == name {
				c.tiles[i] = t
			}
		}
		if c.tiles[i].Rows == 0 {
			return choice{}, fmt.Errorf("webgpu: %q names the tile %s, which this version does not have", s, name)
		}
	}
	norm, _ := strconv.Atoi(words[7])
	c.norm = shader.NormLanes(norm)
	if c.norm != 1 && c.norm != 64 {
		return choice{}, fmt.Errorf("webgpu: %q shares a row among %d, want 1 or 64", s, c.norm)
	}
	return c, nil
}

// Choice is the kernels that Tune has found to be quickest, in words that Recall takes. A page may keep them, under the names of
// the adapter and of the browser's version, for both change what is quick.
func (g *GPU) Choice() string { return g.choice.String() }

// Recall takes kernels that were measured before.
func (g *GPU) Recall(s string) error {
	c, err := parse(s)
	if err == nil {
		g.choice = c
	}
	return err
}
