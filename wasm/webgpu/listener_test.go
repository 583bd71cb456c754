package webgpu

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// listener is a driver that plays no plan, but follows each word of it as gpu.js would and holds it against the rules of
// WebGPU. What is read is one value, zero at first.
type listener struct {
	t       *testing.T
	pipes   map[int]compiled
	groups  map[int][]int // buffers
	writes  map[int]uint32
	buffers map[int]int // bytes
	said    []string    // kernels, copies and writes in their order
	fault   error
	value   float32
	kept    string // the choice of kernels
	slow    time.Duration
}

func listen(t *testing.T, options ...Option) (*GPU, *listener) {
	l := &listener{t: t, pipes: map[int]compiled{}, groups: map[int][]int{}, writes: map[int]uint32{}, buffers: map[int]int{}}
	return newGPU(l, "a listener", options...), l
}

func (l *listener) largest() int                { return 128 << 20 }
func (l *listener) recall() string              { return l.kept }
func (l *listener) keep(choice string)          { l.kept = choice }
func (l *listener) close()                      {}
func (l *listener) pipeline(id int, k compiled) { l.pipes[id] = k }
func (l *listener) take() (said []string)       { said, l.said = l.said, nil; return said }
func (l *listener) say(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

func (l *listener) play(p *plan, then after) (int, error) {
	l.t.Helper()
	if len(p.uniforms) > maxSlots*slotWords || len(p.table) > tableWords || len(p.payload) > maxPayload {
		l.t.Errorf("a plan of %d uniform, %d table and %d payload words", len(p.uniforms), len(p.table), len(p.payload))
	}
	l.follow(p, p.head)
	l.follow(p, p.words)
	return 7, nil
}

// wait calls between once, as if the device were slow.
func (l *listener) wait(number int, then after, between func()) error {
	if number != 7 {
		l.t.Errorf("waits for plan %d", number)
	}
	time.Sleep(l.slow)
	between()
	for i := range then.dst {
		then.dst[i] = l.value
	}
	return l.fault
}

// follow goes along words.
func (l *listener) follow(p *plan, w []uint32) {
	l.t.Helper()
	inPass, open, pipe, group, slot := false, false, -1, -1, -1
	alive := func(id uint32) int {
		n, ok := l.buffers[int(id)]
		if !ok {
			l.t.Errorf("buffer %d is used and not there", id)
		}
		return n
	}
	for i := 0; i < len(w); {
		op := w[i]
		i++
		switch op {
		case opAlloc:
			l.buffers[int(w[i])] = int(w[i+1])
			i += 2
		case opFree:
			alive(w[i])
			delete(l.buffers, int(w[i]))
			i++
		case opWrite:
			if int(w[i+1]+w[i+3]) > alive(w[i]) || int(w[i+2]+w[i+3]) > 4*len(p.payload) {
				l.t.Errorf("a write beyond its end: %v", w[i:i+4])
			}
			l.say("write")
			i += 4
		case opGroup:
			n := int(w[i+1])
			l.writes[int(w[i])] = w[i+2]
			l.groups[int(w[i])] = nil
			for _, b := range w[i+3 : i+3+n] {
				alive(b)
				l.groups[int(w[i])] = append(l.groups[int(w[i])], int(b))
			}
			i += 3 + n
		case opPass:
			inPass, open, pipe, group = true, true, -1, -1
		case opEnd:
			inPass = false
		case opPipe:
			pipe = int(w[i])
			i++
		case opBind:
			group = int(w[i])
			i++
		case opSlot:
			slot = int(w[i])
			i++
		case opDispatch:
			l.dispatch(p, inPass, pipe, group, slot, w[i:i+3])
			i += 3
		case opCopy:
			if inPass || int(w[i+1]+w[i+4]) > alive(w[i]) || int(w[i+3]+w[i+4]) > alive(w[i+2]) {
				l.t.Errorf("a copy in a pass or beyond an end: %v", w[i:i+5])
			}
			open = true
			l.say("copy")
			i += 5
		case opSubmit:
			if inPass {
				l.t.Error("a submit within a pass")
			}
			open = false
		default:
			l.t.Fatalf("word %d is %d, which is no operation", i-1, op)
		}
	}
	if inPass || open {
		l.t.Error("a plan ends before its last submit")
	}
}

func (l *listener) dispatch(p *plan, inPass bool, pipe, group, slot int, grid []uint32) {
	l.t.Helper()
	k, ok := l.pipes[pipe]
	bound, made := l.groups[group]
	if !inPass || !ok || !made || len(bound) != k.bindings || l.writes[group] != k.writes {
		l.t.Fatalf("dispatch of %q in a pass: %v, with the group %v", k.name, inPass, bound)
	}
	if slot%256 != 0 || slot+256 > 4*len(p.uniforms) {
		l.t.Errorf("%s: uniforms at %d of %d bytes", k.name, slot, 4*len(p.uniforms))
	}
	for i, n := range grid {
		if n == 0 || n > maxGrid {
			l.t.Errorf("%s: direction %d has %d workgroups", k.name, i, n)
		}
	}
	for i, b := range bound {
		if _, ok := l.buffers[b]; !ok {
			l.t.Errorf("%s: buffer %d is not there", k.name, b)
		}
		if k.writes>>i&1 == 1 && slices.Index(bound, b) != i {
			l.t.Errorf("%s: buffer %d is bound twice and written", k.name, b)
		}
	}
	l.say("%s", k.name)
}
