package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thaw/core/kernel"
	"thaw/core/model"
)

// The job that is timed where nobody sends jobs.
const (
	benchSentences = 16
	benchTokens    = 64 // of a sentence
)

func benchCommand() command {
	return command{
		name: "bench",
		purpose: "Times this machine: products of MiniLM's shapes, an encoder's forward pass and training step at 16 sentences of 64 tokens, " +
			"and an epoch on cached features beside the first. All times are medians; dropout is off.",
		example: "thaw bench --json",
		setup: func(fs *flag.FlagSet) action {
			b := &bench{}
			fs.StringVar(&b.encoder, "encoder", "", "folder `DIR` of an encoder (default: fetched minilm, else random weights of its shape)")
			fs.IntVar(&b.repeat, "repeat", 5, "`N` times, of which the median counts")
			fs.BoolVar(&b.asJSON, "json", false, "print one JSON object a line")
			asked := fs.Bool("jobs", false, "read jobs from standard input instead, one JSON object a line, and answer each with its times")
			threads := threadsFlag(fs)
			return func(ctx context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				if b.repeat < 1 || b.repeat > 1000 {
					return usagef("--repeat is %d, want 1 to 1000", b.repeat)
				}
				b.ctx, b.s = ctx, s
				if *asked {
					return b.jobs(*threads)
				}
				return b.run(*threads)
			}
		},
	}
}

// bench times the work of a run.
type bench struct {
	ctx     context.Context
	s       streams
	encoder string
	repeat  int
	asJSON  bool
}

// machine is the first line: what runs.
type machine struct {
	Bench   string `json:"bench"`   // "machine"
	Kernels string `json:"kernels"` // kernel.Version
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	Encoder string `json:"encoder"`
}

// run times everything on one thread and on the greatest number.
func (b *bench) run(threads int) error {
	dir, name, remove, err := b.folder()
	if err != nil {
		return err
	}
	defer remove()
	m := machine{"machine", kernel.Version, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), name}
	if err := b.line(m, "kernels %s, %s/%s, %d CPUs, encoder %s", m.Kernels, m.OS, m.Arch, m.CPUs, m.Encoder); err != nil {
		return err
	}
	for _, n := range slices.Compact([]int{1, threads}) {
		if err := b.on(dir, n); err != nil {
			return err
		}
	}
	return nil
}

// on times everything on n threads.
func (b *bench) on(dir string, n int) error {
	ops, err := openDevice(n, untilDone(b.ctx))
	if err != nil {
		return err
	}
	defer ops.Close()
	if err := b.products(ops, n); err != nil {
		return err
	}
	var m *model.Model
	if m, err = b.open(ops, dir); err != nil {
		return err
	}
	if err := b.forward(m, n); err != nil {
		return err
	}
	for _, policy := range []string{"none", fmt.Sprintf("layers:%d", max(0, m.Encoder.Config.Layers-2)), "backbone"} {
		if err := b.steps(m, n, policy); err != nil {
			return err
		}
	}
	return b.epochs(m, n)
}

// folder is that of the encoder, its name, and what takes a folder away that was made for this.
func (b *bench) folder() (dir, name string, remove func(), err error) {
	remove = func() {}
	if b.encoder != "" {
		dir, err = encoderFolder(b.encoder)
		return dir, b.encoder, remove, err
	}
	if dir := filepath.Join(cacheFolder, "minilm"); exists(filepath.Join(dir, "model.safetensors")) {
		return dir, "minilm", remove, nil
	}
	dir, err = os.MkdirTemp("", "thaw-bench-*")
	if err != nil {
		return "", "", remove, err
	}
	remove = func() { os.RemoveAll(dir) }
	for file, text := range map[string]string{"config.json": minilmConfig, "vocab.txt": lettersVocabulary()} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
			remove()
			return "", "", remove, err
		}
	}
	return dir, "random weights of MiniLM's shape", remove, nil
}

// minilmConfig has the sizes of all-MiniLM-L6-v2.
const minilmConfig = `{
  "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
  "intermediate_size": 1536, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
  "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "pad_token_id": 0
}`

// lettersVocabulary is enough of one for sentences of letters.
func lettersVocabulary() string {
	return "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + strings.Join(strings.Split(letters, ""), "\n") + "\n"
}

const letters = "abcdefghijklmnopqrstuvwxyz"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// line prints one measurement: v as JSON, or the sentence for people.
func (b *bench) line(v any, format string, args ...any) error {
	if b.asJSON {
		return jsonLines(b.s.out).Encode(v)
	}
	_, err := fmt.Fprintf(b.s.out, format+"\n", args...)
	return err
}
