package webgpu

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

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
	faults  chan string
	header  []uint32
	dst     []float32 // what is read, of the heap: the stack of a goroutine may move
	fault   error
}

func newBrowser(gpu jsio.Value) (*browser, error) {
	b := &browser{gpu: gpu, faults: make(chan string, 1), header: make([]uint32, 16)}
	var err error
	if b.done, err = jsio.NewCallback(func(args []jsio.Value) {
		text := ""
		if len(args) > 0 {
			text = jsio.Text(args[0])
		}
		b.faults <- text
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

func (b *browser) close() {
	b.gpu.Call("close")
	b.done.Release()
}

func (b *browser) pipeline(id int, k compiled) {
	if _, err := b.gpu.Call("pipeline", id, k.name, k.source, k.bindings, int(k.writes)); err != nil && b.fault == nil {
		b.fault = fmt.Errorf("webgpu: kernel %s: %w", k.name, err)
	}
}

// run crosses once. Asked for something it parks until JavaScript has called back.
func (b *browser) run(p *plan, then after) error {
	h := b.header
	clear(h)
	for i, s := range [][]uint32{p.head, p.words, p.uniforms, p.table, p.payload} {
		h[2*i], h[2*i+1] = address(s), uint32(len(s))
	}
	switch {
	case then.dst != nil:
		if len(b.dst) < len(then.dst) {
			b.dst = make([]float32, len(then.dst))
		}
		h[10], h[11], h[12], h[13] = 2, uint32(then.from.id), uint32(4*then.from.off), uint32(4*len(then.dst))
		h[14] = address(b.dst)
	case then.wait:
		h[10] = 1
	}
	_, err := b.gpu.Call("run", int(address(h)), b.done.Value())
	runtime.KeepAlive(p)
	if err != nil {
		return fmt.Errorf("webgpu: %w", err)
	}
	if h[10] == 0 {
		return nil
	}
	fault := <-b.faults
	copy(then.dst, b.dst)
	return b.verdict(fault)
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
	if fault != "" {
		return fmt.Errorf("webgpu: %s", fault)
	}
	return nil
}

// address is where a slice lies in the memory that JavaScript sees.
func address[E any](s []E) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(s)))) }
