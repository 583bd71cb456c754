package kernel

import (
	"math"
	"testing"
)

// TestBitsRecorded pins the generator: a checkpoint's run, resumed by a later version or on another device, drops the same
// elements. The values are those of this version, recorded.
func TestBitsRecorded(t *testing.T) {
	key := Key(0x0123456789abcdef, 7, 3)
	if key != [2]uint32{0x132cbf09, 0xed4ed868} {
		t.Errorf("Key = %#x", key)
	}
	for index, want := range map[uint32]uint32{0: 0x97958bce, 1: 0x5f022197, 2: 0x74ba338f, 1 << 20: 0xee1fc9f4, math.MaxUint32: 0x21fd72b9} {
		if got := Bits(key, index); got != want {
			t.Errorf("Bits(key, %d) = %#x, want %#x", index, got, want)
		}
	}
}

// TestDropFrequency counts what is kept. Over n elements the count is off its mean by more than five deviations once in
// a million runs, and the key is fixed.
func TestDropFrequency(t *testing.T) {
	const n = 1 << 18
	for _, p := range []float64{0.01, 0.1, 0.5, 0.9} {
		d := NewDrop(p, Key(1, 2, 3))
		kept, pairs, last := 0, 0, false
		for i := range uint32(n) {
			k := d.Keep(i) != 0
			if k {
				kept++
			}
			if k && last {
				pairs++
			}
			last = k
		}
		q := 1 - p
		if off := math.Abs(float64(kept) - n*q); off > 5*math.Sqrt(n*p*q) {
			t.Errorf("p = %g: kept %d of %d", p, kept, n)
		}
		if off := math.Abs(float64(pairs) - n*q*q); off > 10*math.Sqrt(n*p*q) {
			t.Errorf("p = %g: kept %d pairs of neighbours, want about %g", p, pairs, n*q*q)
		}
		if want := float32(1 / q); d.Scale != want || !d.On() {
			t.Errorf("p = %g: scale %g, want %g", p, d.Scale, want)
		}
	}
}

// TestBitsSpread counts each bit, and how often two uses of randomness agree.
func TestBitsSpread(t *testing.T) {
	const n = 1 << 16
	one, other := Key(1, 2, 3), Key(1, 2, 4)
	var count [32]int
	agree := 0
	for i := range uint32(n) {
		a, b := Bits(one, i), Bits(other, i)
		for j := range count {
			count[j] += int(a >> j & 1)
		}
		if a>>31 == b>>31 {
			agree++
		}
	}
	for j, c := range append(count[:], agree) {
		if math.Abs(float64(c)-n/2) > 5*math.Sqrt(n)/2 {
			t.Errorf("bit %d is set %d times of %d", j, c, n)
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[[2]uint32][3]int{}
	for seed := range 20 {
		for step := range 20 {
			for site := range 20 {
				k := Key(uint64(seed)<<30, uint32(step), uint32(site))
				if was, ok := seen[k]; ok {
					t.Fatalf("seed, step, site %v and %v have one key", was, [3]int{seed, step, site})
				}
				seen[k] = [3]int{seed, step, site}
			}
		}
	}
}

func TestNoDrop(t *testing.T) {
	for _, p := range []float64{0, -1} {
		if d := NewDrop(p, Key(1, 2, 3)); d.On() || d.Keep(5) != 1 {
			t.Errorf("NewDrop(%g) = %+v, want one that keeps everything", p, d)
		}
	}
}
