package autograd

import (
	"slices"

	"thaw/core/backend"
)

// slots is memory of one kind, used again within a pass and by the passes that follow. A slot serves values of one number of
// columns: their rows are tokens or sentences, which grow and shrink together, so a slot is seldom too small. What was
// given free last is taken first and a pass begins with all slots in the order they were made in, so equal passes find
// each value in the same slot, and a device can keep what it knows of it.
type slots struct {
	made, taken []*slot
	free        map[int][]*slot // by columns
	rows        int             // expected at most
	alloc       func(int) backend.Buffer
	give        func(backend.Buffer)
}

type slot struct {
	buf  backend.Buffer
	cols int
	held bool
}

func newSlots(alloc func(int) backend.Buffer, give func(backend.Buffer)) slots {
	return slots{free: map[int][]*slot{}, alloc: alloc, give: give}
}

// take is [rows, cols] elements of a free slot. One that turns out too small is replaced with some room, so that batches
// of about one size do not replace it each time.
func (s *slots) take(rows, cols int) (backend.Buffer, *slot) {
	n := rows * cols
	at := s.pop(cols, n)
	if at == nil {
		at = &slot{buf: s.alloc(max(n, s.expected(rows)*cols)), cols: cols}
		s.made = append(s.made, at)
	}
	at.held = true
	s.taken = append(s.taken, at)
	if at.buf.Len() < n {
		s.give(at.buf)
		at.buf = s.alloc(max(s.room(n), s.expected(rows)*cols))
	}
	if at.buf.Len() == n {
		return at.buf, at
	}
	return at.buf.View(0, n), at
}

// room is what replaces a slot that is too small for n.
func (s *slots) room(n int) int {
	if s.rows > 0 {
		return n
	}
	return n + n/8
}

// expected is the rows to make room for: those of the largest pass, if as many as these seem to be its tokens and not its
// sentences.
func (s *slots) expected(rows int) int {
	if 2*rows < s.rows {
		return 0
	}
	return s.rows
}

// alike is how many times larger a slot may be than what it holds, or the reverse: one for the rows of sentences is not
// spent on those of tokens, which are many more.
const alike = 16

// pop is the free slot given back last that holds n elements, or one that can be made to.
func (s *slots) pop(cols, n int) *slot {
	list, small := s.free[cols], -1
	for i := len(list) - 1; i >= 0; i-- {
		size := list[i].buf.Len()
		if size >= n && size <= alike*n {
			return s.remove(cols, i)
		}
		if small < 0 && size < n && size*alike >= n {
			small = i
		}
	}
	if small < 0 {
		return nil
	}
	return s.remove(cols, small)
}

func (s *slots) remove(cols, i int) *slot {
	at := s.free[cols][i]
	s.free[cols] = slices.Delete(s.free[cols], i, i+1)
	return at
}

// release gives a slot free, once.
func (s *slots) release(at *slot) {
	if at != nil && at.held {
		at.held = false
		s.free[at.cols] = append(s.free[at.cols], at)
	}
}

// reset gives all slots free.
func (s *slots) reset() {
	for cols, list := range s.free {
		s.free[cols] = list[:0]
	}
	for i := len(s.made) - 1; i >= 0; i-- {
		s.made[i].held = true
		s.release(s.made[i])
	}
	s.taken = s.taken[:0]
}

// drop gives the memory back.
func (s *slots) drop() {
	for _, at := range s.made {
		s.give(at.buf)
	}
	*s = slots{free: map[int][]*slot{}, alloc: s.alloc, give: s.give, rows: s.rows}
}

func (s *slots) bytes() (n int64) {
	for _, at := range s.made {
		n += 4 * int64(at.buf.Len())
	}
	return n
}
