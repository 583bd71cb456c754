package kernel

import (
	"fmt"
	"testing"
	"unsafe"
)

// tileCase is one tile of the given kind: it begins sums and goes on with them, in a y whose rows are longer than the tile,
// and touches nothing beside it.
func tileCase(t *testing.T, kind tileKind, rows, k int, more bool) {
	t.Helper()
	cols := tileCols(kind)
	ld := cols + 3
	f := newField(t, Serial(), k%3)
	x, w := f.input(normal(f.r, rows*k)), f.normals(cols*k)
	strip := make([]float32, packedX*rows*k)
	for i, e := range x {
		for c := range packedX {
			strip[packedX*i+c] = e
		}
	}
	packed, y := f.input(strip), f.sum(rows*ld)
	was := append([]float32(nil), y...)
	from := 0
	if more {
		from = 1
	}
	if k == 0 {
		packed, w = f.input(make([]float32, 1)), f.input(make([]float32, 1))
	}
	tile(kind, rows, k, unsafe.Pointer(&packed[0]), unsafe.Pointer(&w[0]), unsafe.Pointer(&y[0]), 4*ld, from)
	what := fmt.Sprintf("tile %d, %d rows, %d terms, more %v", kind, rows, k, more)
	for i := range rows {
		for j := range ld {
			at := i*ld + j
			want, mag := float64(was[at]), 0.0
			if j < cols {
				want, mag = tileSum(x, w, i, j, rows, cols, k, float64(from)*want)
			}
			f.near(what, y[at:at+1], []float64{want}, func(int) float64 { return eps * mag * float64(k+1) })
		}
	}
	f.intact()
}

// tileSum is one sum of a tile in float64, begun with first, and the sum of the magnitudes of its terms.
func tileSum(x, w []float32, i, j, rows, cols, k int, first float64) (sum, mag float64) {
	sum, mag = first, max(first, -first)
	for p := range k {
		e := float64(x[p*rows+i]) * float64(w[p*cols+j])
		sum, mag = sum+e, mag+max(e, -e)
	}
	return sum, mag
}

// TestTiles tries every tile that this processor can run, the portable one beside the one that products use.
func TestTiles(t *testing.T) {
	for kind := range chooseTile() + 1 {
		for rows := tileRows(kind); ; rows = stripRows(kind, rows-1) {
			for _, k := range []int{0, 1, 2, 3, 4, 5, 7, 8, 33} {
				tileCase(t, kind, rows, k, false)
				tileCase(t, kind, rows, k, true)
			}
			if rows == 1 {
				break
			}
		}
	}
}

// TestTilesAgree says that sums do not depend on the rows of a tile: a strip of many rows equals its rows one at a time,
// bit for bit.
func TestTilesAgree(t *testing.T) {
	const k = 37
	for kind := range chooseTile() + 1 {
		f := newField(t, Serial(), 0)
		rows, cols := tileRows(kind), tileCols(kind)
		x, w := normal(f.r, rows*k), normal(f.r, cols*k)
		for r := rows; r > 1; r = stripRows(kind, r-1) {
			whole, one := make([]float32, r*cols), make([]float32, cols)
			runTile(kind, whole, x[:r*k], w, r, k)
			for i := range r {
				single := make([]float32, k)
				for p := range k {
					single[p] = x[p*r+i]
				}
				runTile(kind, one, single, w, 1, k)
				if d := differ(one, whole[i*cols:][:cols]); d >= 0 {
					t.Fatalf("tile %d of %d rows: row %d differs from itself alone at %d", kind, r, i, d)
				}
			}
		}
	}
}

// runTile is y [rows, cols] = x w for x [K, rows] and w [K, cols].
func runTile(kind tileKind, y, x, w []float32, rows, k int) {
	strip := make([]float32, 0, packedX*len(x))
	for _, e := range x {
		for range packedX {
			strip = append(strip, e)
		}
	}
	tile(kind, rows, k, unsafe.Pointer(&strip[0]), unsafe.Pointer(&w[0]), unsafe.Pointer(&y[0]), 4*tileCols(kind), 0)
}
