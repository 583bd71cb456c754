package webgpu

import (
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"thaw/core/backend"
	"thaw/wasm/jsio"
)

// New opens the browser's device. globalThis.openGpu, put there by the worker, is site/worker/gpu.js's with Go's memory.
func New(options ...Option) (*GPU, error) {
	open, err := jsio.Global("openGpu")
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoAdapter, err)
	}
	promise, err := open.Invoke()
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoAdapter, err)
	}
	gpu, err := jsio.Await(promise)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoAdapter, err)
	}
	if !jsio.Present(gpu) {
		return nil, ErrNoAdapter
	}
	d, err := newBrowser(gpu)
	if err != nil {
		return nil, err
	}
	g := newGPU(d, d.adapter, options...)
	if err := g.Sync(); err != nil { // the first plan makes what every plan needs
		return nil, err
	}
	return g, nil
}

// browser is the driver behind GPU: an object of site/worker/gpu.js.
type browser struct {
	gpu     jsio.Value
	adapter string
	most    int
	done    jsio.Callback
	header  []uint32
	number  int
	asked   map[int]*asked
	fault   error
}

// asked is a plan that is waited for, and where JavaScript puts what is read: memory of the heap, for the stack of a goroutine may
// move.
type asked struct {
	fault chan string
	read  []float32
}

func newBrowser(gpu jsio.Value) (*browser, error) {
	b := &browser{gpu: gpu, asked: map[int]*asked{}, header: make([]uint32, 16)}
	var err error
	if b.done, err = jsio.NewCallback(func(args []jsio.Value) {
		if len(args) != 2 {
			return
		}
		number, _ := args[0].Int()
		if a := b.asked[number]; a != nil {
			a.fault <- jsio.Text(args[1])
		}
	}); err != nil {
		return nil, err
	}
	name, err := gpu.Call("adapterName")
	if err != nil {
		return nil, err
	}
	b.adapter = jsio.Text(name)
	most, err := gpu.Call("largest")
	if err != nil {
		return nil, err
	}
	f, err := most.Float()
	b.most = int(f)
	return b, err
}

func (b *browser) largest() int { return b.most }

func (b *browser) recall() string {
	promise, err := b.gpu.Call("recall")
	if err != nil {
		return ""
	}
	kept, err := jsio.Await(promise)
	if err != nil {
		return ""
	}
	return jsio.Text(kept)
}

func (b *browser) keep(choice string) { b.gpu.Call("keep", choice) }

func (b *browser) close() {
	b.gpu.Call("close")
	b.done.Release()
}

func (b *browser) pipeline(id int, k compiled) {
	if _, err := b.gpu.Call("pipeline", id, k.name, k.source, k.bindings, int(k.writes)); err != nil && b.fault == nil {
		b.fault = fmt.Errorf("webgpu: %w: kernel %s: %w", backend.ErrFailed, k.name, err)
	}
}

// play crosses once.
func (b *browser) play(p *plan, then after) (int, error) {
	h := b.header
	clear(h)
	for i, s := range [][]uint32{p.head, p.words, p.uniforms, p.table, p.payload} {
		h[2*i], h[2*i+1] = address(s), uint32(len(s))
	}
	b.number++
	a := &asked{fault: make(chan string, 1)}
	switch {
	case then.dst != nil:
		a.read = make([]float32, len(then.dst))
		h[10], h[11], h[12], h[13] = 2, uint32(then.from.id), uint32(4*then.from.off), uint32(4*len(then.dst))
		h[14] = address(a.read)
	case then.wait:
		h[10] = 1
	}
	if h[10] != 0 {
		b.asked[b.number] = a
	}
	_, err := b.gpu.Call("run", int(address(h)), b.number, b.done.Value())
	runtime.KeepAlive(p)
	if err != nil {
		delete(b.asked, b.number)
		return 0, fmt.Errorf("webgpu: %w: %w", backend.ErrFailed, err)
	}
	return b.number, nil
}

// patience is how long events may have to wait for the device.
const patience = 100 * time.Millisecond

func (b *browser) wait(number int, then after, between func()) error {
	a := b.asked[number]
	defer delete(b.asked, number)
	ticks := time.NewTicker(patience)
	defer ticks.Stop()
	for {
		select {
		case fault := <-a.fault:
			copy(then.dst, a.read)
			return b.verdict(fault)
		case <-ticks.C:
			between()
		}
	}
}

// verdict is the error of what JavaScript said.
func (b *browser) verdict(fault string) error {
	if err := b.fault; err != nil {
		b.fault = nil
		return err
	}
	if why, lost := strings.CutPrefix(fault, "lost: "); lost {
		return fmt.Errorf("%w (%s)", ErrDeviceLost, why)
	}
	if first, _, _ := strings.Cut(fault, "\n"); first != "" { // the calls that led to it come behind
		return fmt.Errorf("webgpu: %w: %s", backend.ErrFailed, strings.TrimRight(first, ". "))
	}
	return nil
}

// address is where a slice lies in the memory that JavaScript sees.
func address[E any](s []E) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(s)))) }
