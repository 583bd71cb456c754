package webgpu

// Count is what work has cost so far. Tests and the page's bench read it.
type Count struct {
	Crossings  int // plans handed to JavaScript
	Waits      int // of those, how many were waited for
	Submits    int
	Dispatches int
	Objects    int // buffers, bind groups and pipelines made
}

// Count is what work has cost since the device was opened.
func (g *GPU) Count() Count {
	c := g.counted
	c.Objects = g.plan.made()
	return c
}

// made is the objects that plans have asked for.
func (p *plan) made() int { return p.buffers + p.count + len(p.pipes) }

// tally counts a plan that is about to be played.
func (g *GPU) tally(wait bool) {
	g.counted.Crossings++
	if wait {
		g.counted.Waits++
	}
	g.counted.Submits += g.plan.submits
	g.counted.Dispatches += len(g.plan.uniforms) / slotWords
}
