//go:build js && wasm

// Command bench is what ./build.sh bench runs in the browser to time products and the gradient of a feed-forward block by
// themselves, on the kernels, tape and pool of the trainer's program, or on its graphics card. site/dev/bench/page/kernels.js starts it and talks to it
// as site/worker does to the trainer: it calls thaw.receive(json) with a job and hears thaw.send(json).
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"thaw/core/backend"
	"thaw/core/backend/cpu"
	"thaw/wasm/jsio"
	"thaw/wasm/pool"
	"thaw/wasm/webgpu"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run serves on the device that was asked for.
func run() error {
	ops, err := open()
	if err != nil {
		return err
	}
	return serve(ops)
}

// tuning is how long looking for the quickest kernels of a graphics card may take. What stands in for a card is slow, so it is long.
const tuning = 15 * time.Second

// open takes over the helper threads that were started with the program, or opens the graphics card if the program was asked to.
func open() (backend.Backend, error) {
	var machine struct{ Asked string }
	if len(os.Args) > 1 {
		if err := json.Unmarshal([]byte(os.Args[1]), &machine); err != nil {
			return nil, err
		}
	}
	workers, err := pool.New()
	if err != nil || machine.Asked != "webgpu" {
		return cpu.New(workers), err
	}
	card, err := webgpu.New()
	if err != nil {
		return nil, err
	}
	return card, card.Tune(tuning)
}

// job is a message: products of [Rows, Sizes[0]] with weights from each size to the next, the gradient of a feed-forward block of
// sizes [H, F], or one product of sizes [N, K] and Rows rows in a layout.
type job struct {
	Work   string `json:"work"` // "products", "block" or "product"
	Rows   int    `json:"rows"`
	Sizes  []int  `json:"sizes"`
	Layout string `json:"layout"` // of a product: "nt", "nn" or "tn"
}

// answer has the time of one run and some numbers of its result, to compare.
type answer struct {
	MS     float64   `json:"ms"`
	Sample []float32 `json:"sample"`
	Error  string    `json:"error"`
}

// serve answers jobs one after the other.
func serve(ops backend.Backend) error {
	page, err := jsio.Global("thaw")
	if err != nil {
		return err
	}
	inbox, err := jsio.NewInbox(page, "receive")
	if err != nil {
		return err
	}
	if _, err := page.Call("ready", ops.Name()); err != nil {
		return err
	}
	b := &bench{ops: ops}
	for {
		args := inbox.Wait()
		text, err := args[0].String()
		if err != nil {
			return err
		}
		reply, err := json.Marshal(b.do(text))
		if err != nil {
			return err
		}
		if _, err := page.Call("send", string(reply)); err != nil {
			return err
		}
	}
}

func (b *bench) do(text string) answer {
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		var a answer
		if a, err = b.run(j); err == nil {
			return a
		}
	}
	return answer{Error: err.Error()}
}
