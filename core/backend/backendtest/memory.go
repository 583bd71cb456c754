package backendtest

import (
	"thaw/core/backend"
)

var memoryCases = []testCase{
	{"Memory/zeros", nil, func(g *rig) {
		b := g.b.Alloc(1000)
		for i, e := range g.read(b) {
			if e != 0 {
				g.t.Fatalf("Alloc: element %d is %g, want 0", i, e)
			}
		}
		g.b.Free(b)
	}},
	{"Memory/integers are zeros", []string{"Embed"}, func(g *rig) {
		ids := g.b.AllocInts(3)
		y := g.out(9)
		g.b.Embed(y, g.in([]float32{1, 2, 3, 4, 5, 6}), ids, 3, false)
		g.exact("y", y, []float64{1, 2, 3, 1, 2, 3, 1, 2, 3})
		g.b.Free(ids)
	}},
	{"Memory/views share", nil, func(g *rig) {
		b := g.b.Alloc(256)
		v := b.View(64, 128).View(64, 3)
		src := []float32{7, 8, 9}
		g.b.Write(v, src)
		src[0] = 1 // the device has its copy
		got := g.read(b)
		for i, e := range got {
			want := float32(0)
			if i >= 128 && i < 131 {
				want = float32(i - 128 + 7)
			}
			if e != want {
				g.t.Fatalf("element %d is %g, want %g", i, e, want)
			}
		}
		if got := g.read(v); got[0] != 7 || v.Len() != 3 {
			g.t.Fatalf("view holds %v", got)
		}
		g.b.Free(b)
	}},
	{"Memory/in the order of calls", []string{"Fill", "Add"}, func(g *rig) {
		if g.poison {
			return
		}
		y, x := g.out(100), g.sum(make([]float32, 100))
		for i := range 5 {
			g.b.Write(x, fillOf(100, float32(i)))
			g.b.Fill(y, 1)
			g.b.Add(y, x)
			if got := g.read(y); got[0] != float32(1+i) || got[99] != float32(1+i) {
				g.t.Fatalf("round %d: %g, want %d", i, got[0], 1+i)
			}
		}
		if err := g.b.Sync(); err != nil {
			g.t.Fatal(err)
		}
	}},
	{"Copy", []string{"Copy"}, func(g *rig) {
		const h = 5
		dst, src := g.normals(20*h), g.normals(30*h)
		r := backend.Rows{To: []int32{0, 7, 19, 3}, From: []int32{29, 0, 4, 10}, Count: []int32{1, 11, 1, 2}}
		want := wide(dst)
		for i, to := range r.To {
			copy(want[int(to)*h:], wide(src[int(r.From[i])*h:][:int(r.Count[i])*h]))
		}
		d := g.sum(dst)
		g.b.Copy(d, g.in(src), h, r)
		g.exact("dst", d, want)
	}},
	{"Copy/nothing", []string{"Copy"}, func(g *rig) {
		dst := g.normals(10)
		d := g.sum(dst)
		g.b.Copy(d, g.in(g.normals(10)), 5, backend.Rows{})
		g.exact("dst", d, wide(dst))
	}},
}

func fillOf(n int, a float32) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = a
	}
	return s
}
