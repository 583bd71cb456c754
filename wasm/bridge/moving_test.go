package bridge

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/core/kernel"
	"thaw/wasm/device"
)

// rack is a machine with graphics cards, of which one runs at a time, and a processor behind them.
type rack struct {
	serial
	cards []*card // the first runs
	kind  string
	tick  func() error
	said  []error // what Replace was told
}

// card computes as the processor does, but that what is on it can only be read by asking, and that it fails for good after so many
// operations.
type card struct {
	backend.Backend
	left     int
	fault    error
	released bool
}

func newRack(cards ...*card) *rack {
	r := &rack{cards: cards, kind: device.WebGPU}
	for _, c := range cards {
		c.Backend = cpu.New(kernel.Serial(), cpu.Tick(func() error {
			if c.left--; c.left < 0 && c.fault != nil {
				return c.fault
			}
			return r.tick()
		}))
	}
	return r
}

func (r *rack) Open(tick func() error) backend.Backend {
	r.tick = tick
	r.serial.Open(tick)
	return r.Backend()
}

func (r *rack) Backend() backend.Backend {
	if r.kind == device.WebGPU && len(r.cards) > 0 {
		return r.cards[0]
	}
	return r.ops
}

func (r *rack) Device() device.Device { return device.Device{Kind: r.kind, Reason: "a test"} }
func (r *rack) Look() bool            { return len(r.cards) > 0 }
func (r *rack) Ask(kind string) error { r.kind = kind; return nil }
func (r *rack) Time(pass func(backend.Backend) (float64, error)) error {
	_, err := pass(r.Backend())
	return err
}

func (r *rack) Replace(fault error) (backend.Backend, func()) {
	r.said = append(r.said, fault)
	old := r.cards[0]
	r.cards = r.cards[1:]
	if len(r.cards) == 0 {
		r.kind = device.CPU
	}
	return r.Backend(), func() { old.released = true }
}

// repeats are the steps that were done again, by the events that say so.
func repeats(events []map[string]any) (n []int) {
	for _, e := range events {
		if e["event"] == "device" {
			n = append(n, int(e["repeats"].(float64)))
		}
	}
	return n
}

var (
	lost   = fmt.Errorf("webgpu: %w", backend.ErrLost)
	failed = fmt.Errorf("webgpu: %w: no memory", backend.ErrFailed)
)

// TestLostCard loses cards at many places of a run of 120 steps: whichever device goes on, the losses are those of an undisturbed run, no
// step is left out, and the events say how many steps are done again.
func TestLostCard(t *testing.T) {
	args, _ := tiny(t)
	args = with(args, "steps", 120)
	whole := newPage(t)
	whole.loadTiny()
	events, _ := whole.run(args)
	want := lossesOf(events)
	for _, c := range []struct {
		name   string
		cards  []*card
		device int // events that say so
	}{
		{"it is never lost", []*card{{}}, 0},
		{"in the first steps, for a new card", []*card{{left: 700, fault: lost}, {}}, 1},
		{"late, for the processor", []*card{{left: 9000, fault: lost}}, 1},
		{"twice", []*card{{left: 3000, fault: lost}, {left: 9000, fault: lost}}, 2},
		{"it has too little memory for the first step", []*card{{left: 500, fault: failed}}, 1},
	} {
		devices := newRack(c.cards...)
		cards := slices.Clone(c.cards)
		p := newPageOn(t, devices)
		p.loadTiny()
		events, reply := p.run(args)
		n := repeats(events)
		got := byStep(events)
		if len(n) != c.device || reply.Step != 120 || reply.Stopped {
			t.Errorf("%s: steps done again %v, the run ended as %+v", c.name, n, reply)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: losses %v, undisturbed %v", c.name, got, want)
		}
		if i := slices.IndexFunc(cards[:c.device], func(c *card) bool { return !c.released }); i >= 0 {
			t.Errorf("%s: card %d was not given back", c.name, i)
		}
		p.must("predict", Predict{Texts: []string{"the team won"}}, nil, nil)
	}
}

// byStep are the losses of the last time that each step was taken.
func byStep(events []map[string]any) (losses []float64) {
	for _, e := range events {
		if e["event"] == "step" {
			step := int(e["step"].(float64))
			losses = append(losses[:step-1], e["loss"].(float64))
		}
	}
	return losses
}

// TestLostIdleCard loses cards between two commands: after a run its heads answer from the processor as before; a model that nothing was
// kept of has to be loaded again, and a load that is lost says so.
func TestLostIdleCard(t *testing.T) {
	args, _ := tiny(t)
	one := &card{}
	p := newPageOn(t, newRack(one))
	p.loadTiny()
	p.run(args)
	question := Predict{Texts: []string{"the team won", "a"}}
	var before, after Predictions
	p.must("predict", question, nil, &before)
	one.fault, one.left = lost, 0
	p.must("predict", question, nil, &after)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("%v before, %v after", before, after)
	}
	var run Run
	if p.must("save", nil, func(m *Message) { m.Sink = &bytes.Buffer{} }, &run); run.Step != 3 {
		t.Errorf("the run that is saved is at step %d", run.Step)
	}

	one = &card{}
	p = newPageOn(t, newRack(one, &card{}))
	p.loadTiny()
	one.fault, one.left = lost, 0
	p.refused("lost", "encode", Encode{Texts: []string{"a"}}, nil)
	p.refused("state", "encode", Encode{Texts: []string{"a"}}, nil)
	p.loadTiny()
	p.must("encode", Encode{Texts: []string{"a"}}, nil, nil)

	p = newPageOn(t, newRack(&card{left: 2, fault: lost}))
	load, files := offer(tinyFiles(t), nil)
	p.refused("lost", "load", load, files)
	p.loadTiny()
	p.must("encode", Encode{Texts: []string{"a"}}, nil, nil)
}

// TestSetDevice goes from the processor to a card and back between two halves of a run, and trains on as if nothing had been.
func TestSetDevice(t *testing.T) {
	args, _ := tiny(t)
	args = with(args, "steps", 30)
	whole := newPage(t)
	whole.loadTiny()
	events, _ := whole.run(args)
	want := lossesOf(events)

	devices := newRack(&card{})
	devices.kind = device.CPU
	p := newPageOn(t, devices)
	p.loadTiny()
	stop := func(e map[string]any) {
		if e["event"] == "step" && e["step"].(float64) == 10 {
			p.post("stop", nil, nil)
		}
	}
	events, first := p.follow(p.post("train", args, nil), stop)
	for _, kind := range []string{device.WebGPU, device.CPU, device.WebGPU} {
		var g Greeting
		if p.must("setDevice", SetDevice{kind}, nil, &g); g.Device.Kind != kind {
			t.Errorf("asked for %s, %s runs", kind, g.Device.Kind)
		}
	}
	resume := true
	rest, reply := p.run(Train{Resume: &resume})
	if got := lossesOf(append(events, rest...)); !first.Stopped || reply.Step != 30 || !reflect.DeepEqual(got, want) {
		t.Errorf("stopped as %+v, ended as %+v, losses %v, want %v", first, reply, got, want)
	}
	id := p.post("train", with(args, "steps", 4000), nil)
	for a := p.hear(); a.Event["event"] != "step"; a = p.hear() {
	}
	p.refused("busy", "setDevice", SetDevice{device.CPU}, nil)
	p.post("stop", nil, nil)
	p.follow(id, nil)

	plain := newPage(t)
	plain.refused("device", "setDevice", SetDevice{device.WebGPU}, nil)
}
