package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// Products and sums become one instruction, in the named functions and nowhere else, in all three modules.
func TestFuse(t *testing.T) {
	m := newTiny()
	m.setLeaf(fusible...)
	p, err := link(m.bytes(), "main.Run", "main.lea")
	if err != nil {
		t.Fatal(err)
	}
	madd := []byte{0x20, 1, 0x20, 2, 0x20, 2, opVector, 0x85, 0x02, 0x21, 1}
	twice := bytes.Repeat(madd, 2)
	twice = slices.Insert(twice, 9, opNop) // the one behind the first sum stays
	for i, f := range p.fma.files("") {
		if !bytes.Contains(f.data, twice) {
			t.Errorf("%s lacks the fused code", f.name)
		}
		if plain := p.modules.files("")[i].data; !bytes.Contains(plain, fusible) || bytes.Contains(plain, madd) {
			t.Errorf("%s without fma is not as it was", f.name)
		}
		compile(t, f.data)
	}
}

// A product that nothing is added to is left as it is.
func TestFuseLeavesAProductAlone(t *testing.T) {
	m := newTiny()
	alone := []byte{0x20, 1, 0x20, 2, opVector, vecF32x4Mul, 0x01, 1, 0x21, 1}
	m.setLeaf(append(slices.Clone(alone), fusible...)...)
	p, err := link(m.bytes(), "main.Run", "main.lea")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.fma.files("") {
		if !bytes.Contains(f.data, alone) || bytes.Contains(f.data, fusible) {
			t.Errorf("%s: want the product by itself kept and the others fused", f.name)
		}
		compile(t, f.data)
	}
}

// All or none: what does not fit the pattern is named.
func TestFuseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, fuse string
		code       []byte
		say        string
	}{
		{"no such function", "main.tile", fusible, "no function called main.tile… multiplies vectors"},
		{"no product in it", "main.leaf", []byte{opNop}, "no function called main.leaf… multiplies vectors"},
		{"a sum alone", "main.leaf", append([]byte{0x20, 1, 0x20, 2, opVector, vecF32x4Add, 1, 0x21, 1}, fusible...),
			"main.leaf has 2 products and 3 sums of vectors, and 2 pairs of the form"},
		{"nothing but a product", "main.leaf", []byte{0x20, 1, 0x20, 2, opVector, vecF32x4Mul, 1, 0x21, 1},
			"main.leaf has 1 products and 0 sums"},
		{"operands the other way round", "main.leaf", []byte{0x20, 2, 0x20, 1, 0x20, 2, opVector, vecF32x4Mul, 1, opVector, vecF32x4Add, 1, 0x21, 1},
			"main.leaf has 1 products and 1 sums of vectors, and 0 pairs"},
		{"code that ends too early", "main.leaf", []byte{opVector}, "main.leaf"},
	} {
		m := newTiny()
		m.setLeaf(c.code...)
		_, err := link(m.bytes(), "main.Run", c.fuse)
		if !errors.Is(err, errFuse) && !errors.Is(err, errFormat) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.say)
		}
	}
}
