package main

import (
	"bytes"
	"testing"
)

// FuzzLink feeds link whatever comes: it may refuse, it may not panic, and what it writes it must be able to read.
func FuzzLink(f *testing.F) {
	whole := newTiny().bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(header[:])
	f.Add([]byte{})
	for _, change := range []func(*tiny){
		func(m *tiny) { m.setRun(opCallIndirect, 0, 0, opEnd) },
		func(m *tiny) { m.setRun(0x0e, 2, 0, 0, 0, 0xfd, 12) },
		func(m *tiny) { m.types = []byte{0xff, 0xff, 0xff, 0xff, 0x0f} },
		func(m *tiny) { m.memory = nil },
		func(m *tiny) { m.producer = "" },
		func(m *tiny) { m.extra = appendSection(nil, secCustom, []byte{200, 1, 2}) },
		func(m *tiny) { m.names[tinyLeaf] = "runtime.mallocgc" },
	} {
		m := newTiny()
		change(m)
		f.Add(m.bytes())
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		p, err := link(in, "main.Run")
		if !bytes.Equal(in, before) {
			t.Error("link changed its input")
		}
		if err != nil {
			return
		}
		for name, out := range map[string][]byte{"main": p.main, "shared": p.shared, "helper": p.helper} {
			m := &module{}
			if err := m.split(out); err != nil {
				t.Errorf("the %s module: %v", name, err)
			}
		}
	})
}
