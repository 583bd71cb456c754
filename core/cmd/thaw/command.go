package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"thaw/core/freeze"
	"thaw/core/train"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// streams are the three of a process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// note writes a sentence for people.
func (s streams) note(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }

// command is one subcommand.
type command struct {
	name    string
	args    string // what may follow the flags, in the line of usage
	purpose string // one sentence or more
	example string // lines that can be typed
	// setup declares the flags and returns what is run once they are parsed, with the arguments that are no flags.
	setup func(fs *flag.FlagSet) action
}

type action func(ctx context.Context, s streams, args []string) error

// commands are all subcommands in the order of their use.
func commands() []command {
	return []command{
		fetchCommand(), synthCommand(), trainCommand(), evalCommand(), predictCommand(), tokenizeCommand(), encodeCommand(),
		compareCommand(), reportCommand(), benchCommand(),
	}
}

// usageError is a command line that says nothing sensible.
type usageError string

func (e usageError) Error() string { return string(e) }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// errInterrupted ends a command that the user has stopped, after what it had to say about it.
var errInterrupted = errors.New("interrupted")

// run is the whole program: it runs the subcommand that args begin with and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		overview(s.err)
		return exitUsage
	}
	s.out = dataWriter{s.out}
	name, rest := args[0], args[1:]
	if name == "help" && len(rest) > 0 {
		name, rest = rest[0], []string{"-h"}
	}
	switch name {
	case "help", "-h", "-help", "--help":
		overview(s.out)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, rest, s)
		}
	}
	s.note("thaw: %q is not a command; `thaw help` lists them", name)
	return exitUsage
}

// run parses the flags, runs the command and words its error.
func (c command) run(ctx context.Context, args []string, s streams) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	do := c.setup(fs)
	rest, err := parse(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		c.help(s.out, fs)
		return exitOK
	}
	if err == nil {
		err = do(ctx, s, rest)
	}
	return c.exit(ctx, s, err)
}

// parse reads flags and other arguments in any order; after -- nothing is a flag.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError(err.Error())
		}
		parsed := len(args) - fs.NArg()
		if parsed > 0 && args[parsed-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		if args = fs.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// exit says what went wrong and picks the code.
func (c command) exit(ctx context.Context, s streams, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errReaderGone):
		return exitOK
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.note("thaw %s: interrupted", c.name)
		return exitInterrupted
	case errors.As(err, &usage), errors.Is(err, train.ErrSettings), errors.Is(err, freeze.ErrPolicy):
		s.note("thaw %s: %v (`thaw %s -h` explains)", c.name, err, c.name)
		return exitUsage
	}
	s.note("thaw %s: %v", c.name, err)
	return exitFailure
}

// overview lists the commands.
func overview(w io.Writer) {
	fmt.Fprint(w, "thaw fine-tunes pretrained text encoders, on this machine alone.\n\nusage: thaw COMMAND [flags]\n\n")
	for _, c := range commands() {
		first, _, _ := strings.Cut(c.purpose, ". ")
		fmt.Fprintf(w, "  %-9s %s\n", c.name, strings.TrimSuffix(first, "."))
	}
	fmt.Fprint(w, "\n`thaw COMMAND -h` explains one of them. From nothing to a classifier:\n\n"+
		"  thaw fetch minilm\n"+
		"  thaw synth --n 2000 > data.jsonl\n"+
		"  thaw train --encoder minilm --data data.jsonl --out model\n"+
		"  thaw predict --model model \"a warm, funny film\"\n")
}

// help explains a command.
func (c command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "%s\n\nusage: thaw %s\n", c.purpose, strings.TrimSpace(c.name+" [flags] "+c.args))
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if value != "" {
			value = " " + value
		}
		if d := f.DefValue; d != "" && d != "false" {
			text += " (default " + d + ")"
		}
		fmt.Fprintf(w, "  --%s%s\n        %s\n", f.Name, value, text)
	})
	fmt.Fprintf(w, "\nexample:\n  %s\n", strings.ReplaceAll(c.example, "\n", "\n  "))
}

// required says which of the given flags, by name, is empty.
func required(flags ...string) error {
	for i := 0; i < len(flags); i += 2 {
		if flags[i+1] == "" {
			return usagef("--%s is missing", flags[i])
		}
	}
	return nil
}

// noArguments refuses words that are no flags.
func noArguments(args []string) error {
	if len(args) > 0 {
		return usagef("%q is not expected here", args[0])
	}
	return nil
}

// isSet says whether a flag was given.
func isSet(fs *flag.FlagSet, name string) (found bool) {
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
