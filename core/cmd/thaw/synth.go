package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"thaw/core/data"
	"thaw/core/synth"
	"thaw/core/synth/grammar"
)

func synthCommand() command {
	return command{
		name: "synth",
		purpose: "Prints synthetic labelled texts as JSONL. Two tasks, topic and sentiment; the same seed gives the same texts. " +
			"The held-out half of the grammar shares no template and no content word with the other, so a score on it is honest; " +
			"natural is a set of sentences written by hand.",
		example: "thaw synth --n 2000 --seed 1 > data.jsonl\nthaw synth --n 400 --split heldout > heldout.jsonl",
		setup: func(fs *flag.FlagSet) action {
			spec := synth.Spec{}
			fs.IntVar(&spec.N, "n", 2000, "how many texts: `N`")
			fs.Uint64Var(&spec.Seed, "seed", 1, "`SEED` of the choice")
			fs.StringVar(&spec.Split, "split", synth.Train, "`HALF` of the grammar: train, heldout, or natural for the hand-written sentences")
			tasks := fs.String("tasks", "", "comma-separated `NAMES` (default topic,sentiment)")
			styles := fs.String("styles", "", "comma-separated `NAMES` of "+strings.Join(synth.Styles(), ", ")+" (default all)")
			fs.Float64Var(&spec.Typos, "typos", 0, "`SHARE` of texts with slips of the finger, 0 to 1")
			fs.Float64Var(&spec.LabelNoise, "label-noise", 0, "`SHARE` of labels that are wrong, 0 to 1")
			fs.Float64Var(&spec.Both, "both", 0, "`SHARE` of texts labelled for two tasks, 0 to 1")
			stats := fs.Bool("stats", false, "print statistics, and leaks between the halves, as one JSON object in place of the texts")
			return func(_ context.Context, s streams, args []string) error {
				if err := noArguments(args); err != nil {
					return err
				}
				if *tasks != "" {
					spec.Tasks = strings.Split(*tasks, ",")
				}
				if *styles != "" {
					spec.Styles = strings.Split(*styles, ",")
				}
				natural := spec.Split == naturalSplit
				for _, name := range []string{"n", "seed", "typos", "label-noise", "both", "tasks", "styles", "stats"} {
					if natural && isSet(fs, name) {
						return usagef("--%s means nothing with --split natural, a fixed set", name)
					}
				}
				if natural {
					return writeRecords(s.out, words().Natural())
				}
				return synthesize(s.out, words(), spec, *stats)
			}
		},
	}
}

const naturalSplit = "natural"

// words is the grammar that this program carries.
func words() *synth.Grammar {
	g, err := synth.Open(grammar.Files())
	if err != nil {
		panic(err) // a fault of the build, which tests find
	}
	return g
}

// synthesize prints texts or what can be said of them.
func synthesize(w io.Writer, g *synth.Grammar, spec synth.Spec, stats bool) error {
	records, err := generate(g, spec)
	if err != nil {
		return err
	}
	if !stats {
		return writeRecords(w, records)
	}
	other := spec
	other.Split = synth.Heldout
	if spec.Split == synth.Heldout {
		other.Split = synth.Train
	}
	against, err := generate(g, other)
	if err != nil {
		return err
	}
	trainSet, heldout := records, against
	if spec.Split == synth.Heldout {
		trainSet, heldout = against, records
	}
	return jsonLines(w).Encode(struct {
		synth.Stats
		Leak synth.Leak `json:"leak"`
	}{synth.Measure(records), g.Leakage(trainSet, heldout)})
}

// generate makes texts; a request that cannot be met is wrong usage.
func generate(g *synth.Grammar, spec synth.Spec) ([]data.Record, error) {
	records, err := g.Generate(spec)
	if errors.Is(err, synth.ErrSpec) {
		return nil, usageError(err.Error())
	}
	return records, err
}

// writeRecords prints a data file.
func writeRecords(w io.Writer, records []data.Record) error {
	buffer := bufio.NewWriter(w)
	lines := jsonLines(buffer)
	for _, r := range records {
		if err := lines.Encode(r); err != nil {
			return fmt.Errorf("writing texts: %w", err)
		}
	}
	return buffer.Flush()
}
