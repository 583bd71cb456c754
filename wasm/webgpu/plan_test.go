package webgpu

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"thaw/core/backend"
	"thaw/core/kernel"
)

// expect plays what was recorded and compares the order of work.
func expect(t *testing.T, g *GPU, l *listener, want ...string) {
	t.Helper()
	if err := g.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("played %v, want %v", got, want)
	}
}

// TestZeros: a fill with zeros is work only where something reads them.
func TestZeros(t *testing.T) {
	g, l := listen(t)
	y, x := g.Alloc(256), g.Alloc(256)
	g.Fill(y, 0)
	expect(t, g, l)
	g.Add(y, x) // overwrites
	expect(t, g, l, "add")
	g.Fill(y, 0)
	g.Scale(y, 2)
	expect(t, g, l, "fill", "scale")
	g.Fill(y, 0)
	g.Gelu(y, x)
	expect(t, g, l, "gelu")
	g.Fill(y, 0)
	g.Add(y.View(0, 64), x.View(0, 64))           // a part is overwritten
	g.Add(y.View(32, 64), x.View(32, 64))         // half of this one must be zeros first
	g.Write(y.View(128, 64), make([]float32, 64)) // and this is overwritten
	g.Relu(x, y)
	expect(t, g, l, "add", "fill", "add", "copy", "fill", "fill", "relu")
	g.Fill(y, 0)
	if err := g.Read(make([]float32, 8), y.View(0, 8)); err != nil {
		t.Fatal(err)
	}
	expect(t, g, l, "fill")
}

// TestWrites: what the plan has not touched is written ahead of it, in order; the rest in its place.
func TestWrites(t *testing.T) {
	g, l := listen(t)
	y, x, big := g.Alloc(64), g.Alloc(64), g.Alloc(maxPayload)
	some := make([]float32, 64)
	g.Write(x, some)
	g.Add(y, x)
	g.Write(x, some)
	g.Add(y, x)
	expect(t, g, l, "write", "add", "copy", "add")
	g.Fill(big, 1)
	g.Write(big, make([]float32, maxPayload))
	expect(t, g, l, "fill", "write")
	c := g.Count().Crossings
	for range 3 {
		g.Write(big, make([]float32, maxPayload))
	}
	if n := g.Count().Crossings - c; n != 2 {
		t.Errorf("three large writes crossed %d times before the end, want 2: memory must not pile up", n)
	}
}

// TestResidual: the copy in front of a residual norm is part of it, and no other copy is.
func TestResidual(t *testing.T) {
	const rows, h = 4, 32
	g, l := listen(t)
	y, stat, s, x, r, w := g.Alloc(rows*h), g.Alloc(2*rows), g.Alloc(rows*h), g.Alloc(rows*h), g.Alloc(rows*h), g.Alloc(h)
	whole := backend.Rows{To: []int32{0}, From: []int32{0}, Count: []int32{rows}}
	norm := backend.LayerNorm{Y: y, Stat: stat, S: s, X: x, W: w, B: w, H: h}
	g.Copy(s, r, h, whole)
	g.LayerNorm(norm)
	expect(t, g, l, "layer_norm_sum_64")
	g.Copy(s, r, h, whole)
	g.Add(r, x) // changes the source: the copy comes first
	g.LayerNorm(norm)
	expect(t, g, l, "move", "add", "layer_norm_add_64")
	norm.X = nil
	g.Copy(s, r, h, whole)
	g.LayerNorm(norm)
	expect(t, g, l, "move", "layer_norm_64")
}

// TestSquares: the arenas of a model share the end of their sum, and what reads it comes behind.
func TestSquares(t *testing.T) {
	g, l := listen(t)
	sum, a, b := g.Alloc(1), g.Alloc(1<<17), g.Alloc(100)
	g.Fill(sum, 0)
	g.SumSquares(sum, a)
	g.SumSquares(sum, b)
	g.Add(b, a.View(0, 100))
	expect(t, g, l, "sum_squares_vec", "sum_squares_vec", "sum_partials", "add")
}

// TestFree: a buffer goes when all that was asked of it is done, and its groups with it.
func TestFree(t *testing.T) {
	g, l := listen(t)
	x, y := g.Alloc(64), g.Alloc(64)
	g.Add(y, x)
	g.Free(x)
	expect(t, g, l, "add")
	if _, there := l.buffers[x.(*buffer).id]; there {
		t.Error("the buffer is still there")
	}
	z := g.Alloc(64)
	g.Add(y, z)
	expect(t, g, l, "add")
	g.Free(g.Alloc(8)) // made and freed in one plan
	expect(t, g, l)
}

// TestLongPlan: what does not fit into a plan begins another, without waiting.
func TestLongPlan(t *testing.T) {
	g, l := listen(t)
	x, y := g.Alloc(64), g.Alloc(64)
	for range 2*maxSlots + 10 {
		g.Add(y, x)
	}
	if err := g.Sync(); err != nil {
		t.Fatal(err)
	}
	if c := g.Count(); len(l.take()) != 2*maxSlots+10 || c.Crossings != 3 || c.Waits != 1 || c.Submits < 2*maxSlots/mostDispatches {
		t.Errorf("%+v for %d dispatches", c, 2*maxSlots+10)
	}
}

// TestFaults: a fault is reported once and stops what follows until then; a lost device is lost for good.
func TestFaults(t *testing.T) {
	g, l := listen(t)
	x, y := g.Alloc(64), g.Alloc(64)
	g.Add(x, x) // one buffer read and written
	if err := g.Sync(); err == nil || !strings.Contains(err.Error(), "needs two") {
		t.Errorf("one buffer as both operands: %v", err)
	}
	l.take()
	g.Add(y, x)
	expect(t, g, l, "add")
	g.Alloc(1 << 26)
	if err := g.Sync(); err == nil || !strings.Contains(err.Error(), "256 MB") {
		t.Errorf("a buffer that is too large: %v", err)
	}
	l.fault = ErrDeviceLost
	g.Add(y, x)
	for range 2 {
		if err := g.Sync(); !errors.Is(err, ErrDeviceLost) {
			t.Errorf("Sync after the loss = %v", err)
		}
	}
	if err := g.Read(make([]float32, 64), y); !errors.Is(err, ErrDeviceLost) {
		t.Errorf("Read after the loss = %v", err)
	}
}

// TestTickStops: an error of Tick comes out of Sync and of Read.
func TestTickStops(t *testing.T) {
	stop := errors.New("stop")
	var fault error
	g, _ := listen(t)
	g.SetTick(func() error { return fault })
	x := g.Alloc(4)
	g.Fill(x, 1)
	fault = stop
	if err := g.Sync(); !errors.Is(err, stop) {
		t.Errorf("Sync = %v", err)
	}
	if err := g.Read(make([]float32, 4), x); !errors.Is(err, stop) {
		t.Errorf("Read = %v", err)
	}
	fault = nil
	if err := g.Sync(); err != nil {
		t.Errorf("Sync afterwards = %v", err)
	}
}

// TestTickWorks: what Tick does with the backend while it waits for a read does not get in the way of it.
func TestTickWorks(t *testing.T) {
	var g *GPU
	var l *listener
	busy := false
	g, l = listen(t, Tick(func() error {
		if busy {
			return nil
		}
		busy = true
		defer func() { busy = false }()
		x, y := g.Alloc(100), g.Alloc(100)
		g.Fill(x, 0)
		g.Add(y, x)
		err := g.Read(make([]float32, 100), y)
		g.Free(x)
		g.Free(y)
		return err
	}))
	x, got := g.Alloc(70), make([]float32, 70)
	l.value = 3
	for range 3 {
		g.Scale(x, 2)
		if err := g.Read(got, x); err != nil || got[69] != 3 {
			t.Fatalf("read %g, %v", got[69], err)
		}
	}
	busy = true // nothing is left for later
	if err := g.Sync(); err != nil || len(l.buffers) != firstBuffer+1 {
		t.Errorf("%d buffers, %v", len(l.buffers)-firstBuffer, err)
	}
}

// TestUnaligned: offsets that are no multiple of four take the kernels of single elements.
func TestUnaligned(t *testing.T) {
	g, l := listen(t)
	all, x, y := g.Alloc(4096), g.Alloc(4096), g.Alloc(4096)
	for _, off := range []int{0, 4, 1} {
		g.MatMul(backend.MatMul{Y: y.View(0, 64), X: x.View(0, 64), W: all.View(off, 64), M: 8, N: 8, K: 8, Layout: kernel.NT})
	}
	if err := g.Sync(); err != nil {
		t.Fatal(err)
	}
	said := l.take()
	if !strings.HasPrefix(said[0], "matmul_nt_store") || said[1] != said[0] || said[2] != "product_nt_store" {
		t.Errorf("played %v", said)
	}
}

// TestMirrors: a small buffer that was read comes along with later waits, and reading it then crosses no more, until something
// touches it.
func TestMirrors(t *testing.T) {
	g, l := listen(t)
	sum, x, got := g.Alloc(64), g.Alloc(64), make([]float32, 3)
	crossings := func(do func()) int {
		before := g.Count().Crossings
		do()
		return g.Count().Crossings - before
	}
	sync := func() {
		if err := g.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	read := func() {
		l.value++
		if err := g.Read(got, sum.View(5, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if n := crossings(read); n != 1 || got[2] != 1 {
		t.Errorf("the first Read crossed %d times and read %g", n, got[2])
	}
	l.value = 0
	if n := crossings(read); n != 0 || got[2] != 1 {
		t.Errorf("Read again crossed %d times and read %g", n, got[2])
	}
	touch := map[string]func(){
		"a kernel":          func() { g.Add(sum, x) },
		"a write":           func() { g.Write(sum.View(6, 1), []float32{4}) },
		"a fill with zeros": func() { g.Fill(sum.View(0, 64), 0) },
		"a fill":            func() { g.Fill(sum, 2) },
	}
	for what, do := range touch {
		do()
		sync()
		is := l.value
		if n := crossings(read); n != 0 || got[2] != is {
			t.Errorf("after %s and Sync, Read crossed %d times and read %g, want %g", what, n, got[2], is)
		}
		do()
		if n := crossings(read); n != 1 || got[2] != l.value {
			t.Errorf("after %s without Sync, Read crossed %d times and read %g, want %g", what, n, got[2], l.value)
		}
	}
	for range maxIdle + 1 {
		g.Fill(sum, 1)
		sync()
	}
	if len(g.mirrors) != 0 {
		t.Error("a buffer that nobody reads is still mirrored")
	}
	read()
	g.Free(sum)
	if sync(); len(g.mirrors) != 0 {
		t.Error("the mirror of a freed buffer is still there")
	}
}

// TestClosed asks a closed device: it answers at once, as a lost one, and nothing is played.
func TestClosed(t *testing.T) {
	g, l := listen(t)
	x := g.Alloc(64)
	g.Fill(x, 1)
	g.Close()
	l.take()
	g.Add(x, x)
	if err := g.Read(make([]float32, 64), x); !errors.Is(err, ErrDeviceLost) {
		t.Errorf("Read = %v", err)
	}
	if err := g.Sync(); !errors.Is(err, ErrDeviceLost) || len(l.take()) > 0 {
		t.Errorf("Sync = %v, or something was played", err)
	}
}
