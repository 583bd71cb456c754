package webgpu

import (
	"math"

	"thaw/wasm/shader"
)

// The words of a plan, played by site/worker/gpu.js, which opens with the same list.
const (
	opAlloc    = iota // buffer bytes
	opFree            // buffer
	opWrite           // buffer to from bytes: from an offset in the payload
	opGroup           // group count writes buffer…
	opPass            // begins a pass
	opEnd             // ends it
	opPipe            // pipeline
	opBind            // group
	opSlot            // offset of the uniforms
	opDispatch        // x y z
	opCopy            // from at to at bytes
	opSubmit
)

// Buffers that every plan uses.
const (
	uniforms = iota
	tables
	firstBuffer
)

const (
	slotWords  = shader.SlotBytes / 4
	maxSlots   = 2048    // dispatches of a plan
	tableWords = 1 << 20 // of host tables in a plan
	// A write above this goes to the device at once; memory of Go must not hold a model.
	maxPayload = 8 << 20 / 4
	// mostDispatches is how many go into one submit at most; a slow device gets fewer (pace.go).
	mostDispatches = 64
)

// plan is what JavaScript will do, in words. Head is done before the rest: buffers and groups are made and written that
// nothing recorded so far has touched.
type plan struct {
	head, words     []uint32
	uniforms, table []uint32
	payload         []uint32
	number          int // of the plan, from 1

	inPass     bool
	pipe       int // what is set in this pass, -1 for nothing
	group      int
	dispatches int // in this submit
	all        int // in this plan
	every      int // dispatches of a submit
	submits    int
	buffers    int // made so far
	freed      []int

	groups map[groupKey]int
	count  int // groups made
	pipes  map[string]*pipe
}

// groupKey names the buffers of a bind group and which are written.
type groupKey struct {
	writes  uint32
	buffers [shader.MaxBindings]int32
}

// pipe is a compiled kernel.
type pipe struct {
	id     int
	writes uint32
	kernel shader.Kernel
}

func (p *plan) init() {
	p.groups, p.pipes = map[groupKey]int{}, map[string]*pipe{}
	p.buffers, p.number = firstBuffer, 1
	p.pipe, p.group, p.every = -1, -1, mostDispatches
	p.head = append(p.head, opAlloc, uniforms, maxSlots*shader.SlotBytes, opAlloc, tables, 4*tableWords)
}

func (p *plan) empty() bool { return len(p.head) == 0 && len(p.words) == 0 }

// close ends the pass and the last submit. Buffers are freed behind it.
func (p *plan) close() {
	p.submit()
	for _, id := range p.freed {
		p.words = append(p.words, opFree, uint32(id))
	}
}

// clear begins the next plan.
func (p *plan) clear() {
	p.head, p.words, p.uniforms, p.table, p.payload = p.head[:0], p.words[:0], p.uniforms[:0], p.table[:0], p.payload[:0]
	p.freed, p.submits, p.all = p.freed[:0], 0, 0
	p.number++
}

func (p *plan) endPass() {
	if p.inPass {
		p.words = append(p.words, opEnd)
	}
	p.inPass, p.pipe, p.group = false, -1, -1
}

func (p *plan) submit() {
	p.endPass()
	if n := len(p.words); n > 0 && p.words[n-1] != opSubmit {
		p.words = append(p.words, opSubmit)
		p.submits++
	}
	p.dispatches = 0
}

// dispatch appends one run of a kernel over x by y by z workgroups, its uniforms beginning at word slot.
func (p *plan) dispatch(k *pipe, group, slot, x, y, z int) {
	if !p.inPass {
		p.words = append(p.words, opPass)
		p.inPass = true
	}
	if p.pipe != k.id {
		p.words = append(p.words, opPipe, uint32(k.id))
		p.pipe = k.id
	}
	if p.group != group {
		p.words = append(p.words, opBind, uint32(group))
		p.group = group
	}
	p.words = append(p.words, opSlot, uint32(4*slot), opDispatch, uint32(x), uint32(y), uint32(z))
	p.all++
	if p.dispatches++; p.dispatches >= p.every {
		p.submit()
	}
}

// copyBuffer copies bytes between buffers, outside of a pass.
func (p *plan) copyBuffer(from, at, to, into, bytes int) {
	p.endPass()
	p.words = append(p.words, opCopy, uint32(from), uint32(at), uint32(to), uint32(into), uint32(bytes))
}

// groupOf finds the bind group of buffers, or has it made.
func (p *plan) groupOf(k *pipe, ids *[shader.MaxBindings]int32) int {
	key := groupKey{k.writes, *ids}
	if g, ok := p.groups[key]; ok {
		return g
	}
	n := len(k.kernel.Bindings)
	p.head = append(p.head, opGroup, uint32(p.count), uint32(n), k.writes)
	for _, id := range ids[:n] {
		p.head = append(p.head, uint32(id))
	}
	p.groups[key] = p.count
	p.count++
	return p.count - 1
}

// forget drops the groups that name a buffer.
func (p *plan) forget(id int) {
	for key := range p.groups {
		for _, b := range key.buffers {
			if int(b) == id {
				delete(p.groups, key)
				break
			}
		}
	}
	p.freed = append(p.freed, id)
}

func bits(f float32) uint32 { return math.Float32bits(f) }
