// Package webgpu is the backend of the visitor's graphics card. Operations append words to a plan; Sync and Read, or a full
// plan, cross into JavaScript once and have site/worker/gpu.js play it. Nothing is waited for in between, and a step whose
// shapes were met before makes no object of the GPU.
//
// What talks to JavaScript is in files of GOOS=js; the rest is tested natively against a driver that only listens.
package webgpu

import (
	"errors"
	"fmt"

	"thaw/core/backend"
	"thaw/wasm/shader"
)

// ErrNoAdapter says that the browser offers no WebGPU device, ErrDeviceLost that the device went away: its buffers are gone,
// and a run goes on from its last snapshot on a new device or on another backend.
var (
	ErrNoAdapter  = errors.New("webgpu: this browser offers no graphics device; the processor trains too, and chrome://gpu or about:support say why there is none")
	ErrDeviceLost = fmt.Errorf("webgpu: %w", backend.ErrLost)
)

// GPU is a backend. One goroutine uses it at a time.
type GPU struct {
	plan
	driver driver
	name   string
	tick   func() error
	err    error

	copying  *copying // what waits for the operation behind it, at most one of these
	squares  *squares
	normGrad *normGrad
	weight   *weight
	rows     attentionRows
	dots     *buffer // scratch of AttentionGrad
	partial  *buffer // scratch of SumSquares
	choice   choice
	kernels  map[key]*shader.Kernel
	counted  Count
	pace     pace
	mirrors  []*mirror
	glass    *buffer // what mirrors are brought along in
}

// driver is the JavaScript side.
type driver interface {
	// pipeline compiles a kernel under a number.
	pipeline(id int, k compiled)
	// play has a plan played and begins what is asked then; the number it gives is for wait. The plan may change afterwards.
	play(p *plan, then after) (number int, err error)
	// wait parks the goroutine until what was asked is done, and calls between now and then.
	wait(number int, then after, between func()) error
	// largest is the most bytes that one buffer may have.
	largest() int
	// recall is what keep was given for this card and browser, "" for nothing.
	recall() string
	keep(choice string)
	close()
}

// compiled is a kernel as a driver needs it.
type compiled struct {
	name, source string
	bindings     int
	writes       uint32 // bit i: binding i is written
}

// after is what follows a plan: nothing, waiting, or reading bytes of a buffer from an offset into dst.
type after struct {
	wait bool
	dst  []float32
	from *buffer
}

// Option changes how a GPU runs.
type Option func(*GPU)

// Tick has f called while and after the backend waits for the device, so that a training loop can let events in and be stopped. f
// may use the backend, as an answer between two steps does. Its error is kept and stops the work, as on the processor.
func Tick(f func() error) Option { return func(g *GPU) { g.tick = f } }

// SetTick is Tick for a device that was opened and measured before there was a loop.
func (g *GPU) SetTick(f func() error) { g.tick = f }

// newGPU returns a backend over a driver.
func newGPU(d driver, name string, options ...Option) *GPU {
	g := &GPU{driver: d, name: name, kernels: map[key]*shader.Kernel{}}
	g.plan.init()
	for _, o := range options {
		o(g)
	}
	return g
}

// Name says which device runs.
func (g *GPU) Name() string { return "webgpu, " + g.name }

// RunsAhead: what was recorded is played as a whole.
func (g *GPU) RunsAhead() {}

// Supports is true: the device has every operation.
func (g *GPU) Supports(string) bool { return true }

// Close gives the device back. What it is asked from then on fails as on a lost one: nobody would answer.
func (g *GPU) Close() {
	g.err = fmt.Errorf("%w (it was closed)", ErrDeviceLost)
	g.driver.close()
}

// fail keeps the first fault.
func (g *GPU) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("webgpu: %w: %s", backend.ErrFailed, fmt.Sprintf(format, args...))
	}
}

// flush plays what was recorded, without waiting.
func (g *GPU) flush() { g.end(after{}) }

// end plays what was recorded and does what is asked.
func (g *GPU) end(then after) {
	if g.plan.empty() && !then.wait && then.dst == nil {
		return
	}
	if errors.Is(g.err, ErrDeviceLost) {
		g.plan.clear()
		return
	}
	g.plan.close()
	waits := then.wait || then.dst != nil
	g.tally(waits)
	g.pace.begin(g.plan.all)
	number, err := g.driver.play(&g.plan, then)
	g.plan.clear() // what between does may record
	if err == nil && waits {
		waited := g.pace
		g.pace = pace{} // between may begin something else
		if err = g.driver.wait(number, then, g.between); err == nil {
			g.plan.every = waited.every(g.plan.every)
		}
	}
	if err != nil && g.err == nil {
		g.err = err
	}
}

// between lets events in while the device works.
func (g *GPU) between() {
	if g.tick != nil && g.err == nil {
		g.err = g.tick()
	}
}

// Sync waits for what was asked before and reports the pending fault, which it forgets unless the device is lost.
func (g *GPU) Sync() error {
	g.settle()
	g.reflect()
	g.between()
	return g.verdict()
}

func (g *GPU) verdict() error {
	err := g.err
	if !errors.Is(err, ErrDeviceLost) {
		g.err = nil
	}
	return err
}

var _ backend.Backend = (*GPU)(nil)
