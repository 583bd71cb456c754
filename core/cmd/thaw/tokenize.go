package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"thaw/core/tokenizer"
)

func tokenizeCommand() command {
	return command{
		name: "tokenize",
		args: "[TEXT…]",
		purpose: "Shows how an encoder reads texts: those on the command line, or one a line on standard input. " +
			"Special tokens are among the tokens; offsets are in code points.",
		example: "thaw tokenize --encoder minilm \"unaffable\"",
		setup: func(fs *flag.FlagSet) action {
			encoder := fs.String("encoder", "", "folder `DIR` of an encoder or a model, or the name of a fetched one")
			limit := fs.Int("max-length", 0, "cut to `N` tokens, special ones included; 0 for no limit")
			asJSON := fs.Bool("json", false, "print {ids, tokens, offsets} a text")
			return func(ctx context.Context, s streams, texts []string) error {
				if err := required("encoder", *encoder); err != nil {
					return err
				}
				if *limit < 0 {
					return usagef("--max-length is %d, want 0 or more", *limit)
				}
				tok, err := openTokenizer(*encoder)
				if err != nil {
					return err
				}
				show := func(texts []string) error { return tokenize(s.out, tok, texts, *limit, *asJSON) }
				if len(texts) > 0 {
					return show(texts)
				}
				return eachBatch(ctx, s.in, show)
			}
		},
	}
}

// openTokenizer needs no weights.
func openTokenizer(encoder string) (*tokenizer.Tokenizer, error) {
	dir, err := encoderFolder(encoder)
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return tok, nil
}

// tokenize prints one line a text.
func tokenize(w io.Writer, tok *tokenizer.Tokenizer, texts []string, limit int, asJSON bool) error {
	buffer := bufio.NewWriter(w)
	lines := jsonLines(buffer)
	for _, text := range texts {
		e := tok.Encode(text, limit)
		if !asJSON {
			fmt.Fprintln(buffer, strings.Join(e.Tokens, " "))
			continue
		}
		if err := lines.Encode(struct {
			IDs     []int32  `json:"ids"`
			Tokens  []string `json:"tokens"`
			Offsets [][2]int `json:"offsets"`
		}{e.IDs, e.Tokens, e.Offsets}); err != nil {
			return err
		}
	}
	return buffer.Flush()
}
