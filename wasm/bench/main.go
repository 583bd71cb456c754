//go:build js && wasm

// Command bench is what ./build.sh bench runs in the browser to time products and the gradient of a feed-forward block by
// themselves, on the kernels, tape and pool of the trainer's program. site/dev/bench/page/kernels.js starts it and talks to it
// as site/worker does to the trainer: it calls thaw.receive(json) with a job and hears thaw.send(json).
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"thaw/core/backend/cpu"
	"thaw/wasm/jsio"
	"thaw/wasm/pool"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run takes over the helper threads that were started with the program.
func run() error {
	workers, err := pool.New()
	if err != nil {
		return err
	}
	return serve(cpu.New(workers))
}

// job is a message: products of [Rows, Sizes[0]] with weights from each size to the next, or the gradient of a
// feed-forward block of sizes [H, F].
type job struct {
	Work  string `json:"work"` // "products" or "block"
	Rows  int    `json:"rows"`
	Sizes []int  `json:"sizes"`
}

// answer has the time of one run and some numbers of its result, to compare.
type answer struct {
	MS     float64   `json:"ms"`
	Sample []float32 `json:"sample"`
	Error  string    `json:"error"`
}

// serve answers jobs one after the other.
func serve(ops *cpu.CPU) error {
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
