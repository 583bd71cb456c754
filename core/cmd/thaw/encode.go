package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"

	"thaw/core/model"
	"thaw/core/tensor"
)

func encodeCommand() command {
	return command{
		name: "encode",
		args: "[TEXT…]",
		purpose: "Prints an encoder's hidden states of texts: those on the command line, or one a line on standard input. " +
			"The mean is over all tokens, special ones included, and is not normalised.",
		example: "thaw encode --encoder minilm --pool mean --json < texts.txt",
		setup: func(fs *flag.FlagSet) action {
			encoder := fs.String("encoder", "", "folder `DIR` of an encoder or a model, or the name of a fetched one")
			pool := fs.String("pool", string(model.PoolMean), "`WHAT` of a text: mean or first for one row, none for a row a token")
			limit := fs.Int("max-length", 0, "cut to `N` tokens, special ones included; 0 for all that the encoder holds")
			asJSON := fs.Bool("json", false, "print {shape, values} a text")
			threads := threadsFlag(fs)
			return func(ctx context.Context, s streams, texts []string) error {
				if err := required("encoder", *encoder); err != nil {
					return err
				}
				if *limit < 0 {
					return usagef("--max-length is %d, want 0 or more", *limit)
				}
				switch model.Pool(*pool) {
				case model.PoolNone, model.PoolFirst, model.PoolMean:
				default:
					return usagef("--pool is %q, want none, first or mean", *pool)
				}
				dir, err := encoderFolder(*encoder)
				if err != nil {
					return err
				}
				ops, err := openDevice(*threads, untilDone(ctx))
				if err != nil {
					return err
				}
				defer ops.Close()
				m, err := openModel(ops, dir)
				if err != nil {
					return err
				}
				return encodeAll(ctx, s, m, texts, encoding{model.Pool(*pool), *limit, *asJSON})
			}
		},
	}
}

// encoding is how texts are encoded and printed.
type encoding struct {
	pool   model.Pool
	limit  int
	asJSON bool
}

// encodeAll encodes the given texts, or where there are none the lines of standard input.
func encodeAll(ctx context.Context, s streams, m *model.Model, texts []string, how encoding) error {
	if p := m.Encoder.Config.Positions; how.limit == 0 || how.limit > p {
		how.limit = p
	}
	cut := cutCount(0)
	show := func(texts []string) error {
		rows, err := m.Encode(texts, how.pool, how.limit)
		if err != nil {
			return err
		}
		cut.add(m.Tokenizer, texts, how.limit)
		return how.print(s.out, rows)
	}
	var err error
	if len(texts) > 0 {
		err = show(texts)
	} else {
		err = eachBatch(ctx, s.in, show)
	}
	if err == nil {
		cut.report(s, how.limit)
	}
	return err
}

// print writes a text's values: as JSON on one line, or each row on a line, and an empty line after a text of many rows.
func (how encoding) print(w io.Writer, texts []*tensor.Tensor) error {
	buffer := bufio.NewWriter(w)
	lines := jsonLines(buffer)
	for _, t := range texts {
		if how.asJSON {
			if err := lines.Encode(struct {
				Shape  []int     `json:"shape"`
				Values []float32 `json:"values"`
			}{t.Shape, t.Data}); err != nil {
				return err
			}
			continue
		}
		width := t.Shape[len(t.Shape)-1]
		for i, v := range t.Data {
			end := " "
			if (i+1)%width == 0 {
				end = "\n"
			}
			fmt.Fprint(buffer, v, end)
		}
		if how.pool == model.PoolNone {
			fmt.Fprintln(buffer)
		}
	}
	return buffer.Flush()
}
