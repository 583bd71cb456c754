package autograd

import "thaw/core/backend"

// slots is memory of one kind, used again within a pass and by the passes that follow. A slot serves values of one number of
// columns: their rows are tokens or sentences, which grow and shrink together, so a slot is seldom too small. What was
// given free last is taken first and a pass begins with all slots in the order they were made in, so equal passes find
// each value in the same slot, and a device can keep what it knows of it.
type slots struct {
	made, taken []*slot
	free        map[int][]*slot // by columns
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
	at := s.pop(cols)
	if at == nil {
		at = &slot{buf: s.alloc(n), cols: cols}
		s.made = append(s.made, at)
	}
	at.held = true
	s.taken = append(s.taken, at)
	if at.buf.Len() < n {
		s.give(at.buf)
		at.buf = s.alloc(n + n/8)
	}
	if at.buf.Len() == n {
		return at.buf, at
	}
	return at.buf.View(0, n), at
}

func (s *slots) pop(cols int) *slot {
	list := s.free[cols]
	if len(list) == 0 {
		return nil
	}
	at := list[len(list)-1]
	s.free[cols] = list[:len(list)-1]
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
	*s = newSlots(s.alloc, s.give)
}

func (s *slots) bytes() (n int64) {
	for _, at := range s.made {
		n += 4 * int64(at.buf.Len())
	}
	return n
}
