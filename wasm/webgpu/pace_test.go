package webgpu

import (
	"testing"
	"time"
)

// A submit of a quick device is as long as it may be; on slower ones it gets shorter until it takes its time, and longer again.
func TestBounded(t *testing.T) {
	for _, c := range []struct {
		now  int
		each time.Duration
		want int
	}{
		{64, 100 * time.Microsecond, 64}, {64, time.Millisecond, 50}, {64, 5 * time.Millisecond, 32}, {32, 5 * time.Millisecond, 16},
		{16, 5 * time.Millisecond, 10}, {10, 5 * time.Millisecond, 10}, {2, time.Second, 1}, {1, time.Second, 1},
		{1, 100 * time.Microsecond, 2}, {40, 0, 64},
	} {
		if got := bounded(c.now, c.each); got != c.want {
			t.Errorf("%d dispatches of %v: %d, want %d", c.now, c.each, got, c.want)
		}
	}
}

// A step on a device that takes its time is cut into more submits, and none of them is lost.
func TestPace(t *testing.T) {
	g, l := listen(t)
	l.slow = 500 * time.Millisecond
	x, y := g.Alloc(4), g.Alloc(4)
	submits := func() int {
		before := g.Count()
		for range 50 {
			g.Add(y, x)
			g.Add(x, y)
		}
		if err := g.Sync(); err != nil {
			t.Fatal(err)
		}
		return g.Count().Submits - before.Submits
	}
	if first, second, third := submits(), submits(), submits(); first != 2 || second != 4 || third <= second {
		t.Errorf("submits of 100 dispatches: %d, %d, %d", first, second, third)
	}
}
