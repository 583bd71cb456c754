// Command link finishes a Go program for js/wasm after the Go linker:
//
//	link [-entry NAME] [-main OUT] [-shared OUT] [-helper OUT] IN
//
// IN must have its names (no -ldflags=-s). From it link writes the plain program without them (-main), the same with
// an imported shared memory (-shared), and the small module that helper threads run on that memory (-helper): the
// functions that the entry reaches and nothing else. It fails, by name and with the path of calls, when the entry
// reaches something that a helper cannot run; rules.go lists what that is. RATIONALE.md says why a tool does this.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxInput bounds the size of a program that link reads into memory, in bytes.
const maxInput = 256 << 20

// options are the command line: the entry, the input and the outputs, "" for one that is not wanted.
type options struct{ entry, in, main, shared, helper string }

func main() {
	o, err := parseFlags(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "link: "+strings.ReplaceAll(err.Error(), "\n", "\nlink: "))
		os.Exit(1)
	}
}

func parseFlags(args []string, usage io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("link", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&o.entry, "entry", "thaw/core/kernel.Run", "the `function` that helper threads run, with its package path")
	f.StringVar(&o.main, "main", "", "write the plain program to this `file`")
	f.StringVar(&o.shared, "shared", "", "write the program with an imported shared memory to this `file`")
	f.StringVar(&o.helper, "helper", "", "write the module of the helper threads to this `file`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() != 1 {
		return o, fmt.Errorf("want one program to read, got %d arguments", f.NArg())
	}
	o.in = f.Arg(0)
	return o, nil
}

// run reads the program, checks it, and writes the outputs that are wanted only when every one of them is made.
func run(o options, report io.Writer) error {
	in, err := readProgram(o.in)
	if err != nil {
		return err
	}
	p, err := link(in, o.entry)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	for _, out := range []struct {
		path string
		data []byte
	}{{o.main, p.main}, {o.shared, p.shared}, {o.helper, p.helper}} {
		if out.path == "" {
			continue
		}
		if err := os.WriteFile(out.path, out.data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(report, "%s: %d bytes\n", out.path, len(out.data))
	}
	p.print(report)
	return nil
}

// readProgram reads a file after a look at its size.
func readProgram(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxInput {
		return nil, fmt.Errorf("%s: %d bytes, link reads at most %d", path, info.Size(), maxInput)
	}
	return os.ReadFile(path)
}
