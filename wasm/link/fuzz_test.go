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
		func(m *tiny) { m.setLeaf(fusible...) },
		func(m *tiny) { m.setLeaf(fusible[14:]...) },
	} {
		m := newTiny()
		change(m)
		f.Add(m.bytes())
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		p, err := link(in, "main.Run")
		if fused, err := link(in, "main.Run", "main.leaf"); err == nil {
			p = fused
		}
		if !bytes.Equal(in, before) {
			t.Error("link changed its input")
		}
		if err != nil {
			return
		}
		files := p.modules.files("")
		if p.fma != nil {
			files = append(files, p.fma.files(".fma")...)
		}
		for _, f := range files {
			m := &module{}
			if err := m.split(f.data); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
	})
}
