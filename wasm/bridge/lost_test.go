package bridge

import (
	"errors"
	"reflect"
	"testing"

	"thaw/core/kernel"
)

// frail is a pool that loses a thread in the task after so many; of that task only one part is done.
type frail struct {
	kernel.Pool
	devices *serial
	left    int
}

func (f *frail) Run(t *kernel.Task) error {
	if f.left--; f.left != 0 {
		return f.Pool.Run(t)
	}
	f.devices.changed.Store(true)
	if t.Parts > 0 {
		kernel.Run(t, 0)
	}
	return errors.New("lost")
}

func (f *frail) Alone(t *kernel.Task) { f.Pool.Run(t) }

// TestLostThread loses a thread in a step and in each kind of question: nobody notices but by the event, and answers are
// those of an undisturbed machine.
func TestLostThread(t *testing.T) {
	args, _ := tiny(t)
	whole := newPage(t)
	whole.loadTiny()
	events, _ := whole.run(args)
	want := lossesOf(events)

	devices := &serial{}
	pool := &frail{Pool: kernel.Serial(), devices: devices}
	devices.pool = pool
	p := newPageOn(t, devices)
	p.loadTiny()
	pool.left = 400
	events, reply := p.run(args)
	if got := lossesOf(events); !reflect.DeepEqual(got, want) || reply.Step != 3 {
		t.Errorf("losses %v, want %v", got, want)
	}
	said := 0
	for _, e := range events {
		if e["event"] == "device" {
			said++
		}
	}
	if said != 1 || pool.left > 0 {
		t.Errorf("the device was said to have changed %d times, with %d tasks to go", said, pool.left)
	}
	for cmd, question := range map[string]any{
		"predict":  Predict{Texts: []string{"the team won"}},
		"evaluate": map[string]any{"data": args["data"]},
		"encode":   Encode{Texts: []string{"the team won"}},
	} {
		var before, after any
		p.must(cmd, question, nil, &before)
		pool.left = 20
		p.must(cmd, question, nil, &after)
		if !reflect.DeepEqual(before, after) || pool.left > 0 {
			t.Errorf("%s: %v before, %v after, %d tasks to go", cmd, before, after, pool.left)
		}
	}
}
