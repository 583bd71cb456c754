package bridge

import (
	"errors"
	"time"
)

// errLater says that a command is answered at another time.
var errLater = errors.New("later")

// tick is called after every operation of the backend. When the last breath is long ago it lets messages in, answers
// what can be answered now, and waits here while the run is paused. Its error, that of a cancelled work, ends the work.
func (s *session) tick() error {
	if len(s.works) == 0 || s.deaf {
		return nil
	}
	if s.run != nil && s.run.fault != nil {
		return s.run.fault
	}
	if time.Since(s.last) < s.often && !s.resting() {
		return s.works[len(s.works)-1].ctx.Err()
	}
	if err := s.port.Breathe(); err != nil {
		return err
	}
	s.catchUp()
	for {
		m, ok := s.port.Poll()
		if !ok && !s.resting() {
			break
		}
		if !ok {
			m = s.port.Wait()
		}
		if r, ok := s.decode(m); ok {
			s.meanwhile(r)
		}
	}
	s.last = time.Now()
	return s.works[len(s.works)-1].ctx.Err()
}

// catchUp answers the questions that came while a run was being prepared, now that it goes on. One that came behind a command that has
// to wait for its end waits too.
func (s *session) catchUp() {
	for len(s.waiting) > 0 && len(s.works) == 1 && s.going() {
		r := s.waiting[0]
		switch r.Args.(type) {
		case *Load, *Train, *Resume, *Compare, *SetDevice:
			return
		}
		s.waiting = s.waiting[1:]
		s.handle(r)
	}
}

// resting says whether the work stands still: its course is paused, nobody has stopped it, and nothing waits for the end of
// a step. Inside another command, such as a prediction during a run, nothing rests.
func (s *session) resting() bool {
	return len(s.works) == 1 && s.going() && s.course.paused && (s.run == nil || len(s.run.errands) == 0) && s.works[0].ctx.Err() == nil
}

// meanwhile treats a command that comes while another is being done. Steering is done at once. During a run or a comparison,
// questions are answered between two operations; during any other work, and inside an answer, they wait for its end, or for the run
// that it begins.
func (s *session) meanwhile(r request) {
	switch r.Args.(type) {
	case *Hello, *Natural, *Pause, *Continue, *Stop, *Cancel, *Close, *SetFreeze, *Save:
		s.handle(r)
	case *Load, *Train, *Resume, *Compare, *SetDevice:
		if s.going() {
			s.answer(r.ID, nil, busy())
			return
		}
		s.waiting = append(s.waiting, r)
	default:
		if len(s.works) == 1 && s.going() {
			s.handle(r)
			return
		}
		s.waiting = append(s.waiting, r)
	}
}

func busy() error {
	return fault("busy", "Stop the run first, or wait for its end.", "a run or a comparison is going on, and one trainer does one at a time")
}

// steer pauses, continues, stops or cancels, and says what the trainer does now.
func (s *session) steer(args any) State {
	switch a := args.(type) {
	case *Pause:
		if s.going() {
			s.course.paused = true
		}
	case *Continue:
		if s.course != nil {
			s.course.paused = false
		}
	case *Stop:
		if s.going() {
			s.cancel(s.course.id)
		}
	case *Cancel:
		s.cancel(a.Request)
	case *Close:
		s.closed = true
		for _, w := range s.works {
			w.cancel()
		}
	}
	return State{s.state()}
}

func (s *session) state() string {
	switch {
	case !s.going() || s.course.stopping:
		return "idle"
	case s.course.paused:
		return "paused"
	}
	return s.course.what
}

// cancel gives up a command that is being done or waits.
func (s *session) cancel(id int) {
	for _, w := range s.works {
		if w.id == id {
			w.cancel()
		}
	}
	if s.going() && s.course.id == id {
		s.course.stopping = true
	}
	for i, r := range s.waiting {
		if r.ID == id {
			s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
			s.answer(id, nil, fault("aborted", "", "it was given up before it began"))
			return
		}
	}
}
