package webgpu

import "time"

const (
	// submitTime is how long a submit may keep the device: between two of them it draws the page, and a driver that hears nothing for
	// seconds takes it for hung.
	submitTime = 50 * time.Millisecond
	// telling is how many dispatches have to be timed at once to say how long one takes.
	telling = 16
)

// pace is what was played since the device was waited for.
type pace struct {
	since      time.Time
	dispatches int
}

func (p *pace) begin(dispatches int) {
	if p.dispatches == 0 {
		p.since = time.Now()
	}
	p.dispatches += dispatches
}

// every is how many dispatches a submit takes from now on, now that all of them are done: half as many or twice as many as before at
// most, for the time is that of the wall.
func (p pace) every(now int) int {
	if p.dispatches < telling {
		return now
	}
	return bounded(now, time.Since(p.since)/time.Duration(p.dispatches))
}

// bounded is how many dispatches of some duration fit into a submit.
func bounded(now int, each time.Duration) int {
	fit := mostDispatches
	if each > 0 {
		fit = int(min(submitTime/each, mostDispatches))
	}
	return max(1, min(max(fit, now/2), 2*now, mostDispatches))
}
