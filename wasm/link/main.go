// Command link finishes a Go program for js/wasm after the Go linker:
//
//	link [-entry NAME] [-fuse NAME,…] [-out FOLDER] IN
//
// IN must have its names (no -ldflags=-s). From it link writes six modules into the folder. thaw.wasm is the program without
// its names, thaw.threads.wasm the same with an imported shared memory, helper.wasm the small module that helper threads run on
// that memory: the functions that the entry reaches and nothing else. thaw.fma.wasm, thaw.threads.fma.wasm and
// helper.fma.wasm are these three with the products of the -fuse functions as relaxed multiply-adds. It fails, by name
// and with the path of calls, when the entry reaches something that a helper cannot run; rules.go lists what that is.
// RATIONALE.md says why a tool does this.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxInput bounds the size of a program that link reads into memory, in bytes.
const maxInput = 256 << 20

// options are the command line: the entry, the functions to fuse, the input and the folder to write to, "" for none.
type options struct{ entry, fuse, in, out string }

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

// multiplying are the functions of thaw that multiply and add, by the beginnings of their names.
var multiplying = []string{
	"thaw/core/kernel.tile", "thaw/core/kernel.smallTile",
	"thaw/core/kernel.expVecs", "thaw/core/kernel.geluVecs", "thaw/core/kernel.geluGradVecs", "thaw/core/kernel.geluSlopeVecs",
}

func parseFlags(args []string, usage io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("link", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&o.entry, "entry", "thaw/core/kernel.Run", "the `function` that helper threads run, with its package path")
	f.StringVar(&o.fuse, "fuse", strings.Join(multiplying, ","), "the `functions` whose multiply-adds are fused, by the beginnings of their names, joined by commas; none if empty")
	f.StringVar(&o.out, "out", "", "write the modules into this `folder`; only check without it")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() != 1 {
		return o, fmt.Errorf("want one program to read, got %d arguments", f.NArg())
	}
	o.in = f.Arg(0)
	return o, nil
}

// run reads the program, checks it, and writes the modules only when every one of them is made.
func run(o options, report io.Writer) error {
	in, err := readProgram(o.in)
	if err != nil {
		return err
	}
	var fuse []string
	if o.fuse != "" {
		fuse = strings.Split(o.fuse, ",")
	}
	p, err := link(in, o.entry, fuse...)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	if o.out != "" {
		if err := p.write(o.out, report); err != nil {
			return err
		}
	}
	p.print(report)
	return nil
}

// write writes the modules that there are.
func (p *program) write(folder string, report io.Writer) error {
	files := p.modules.files("")
	if p.fma != nil {
		files = append(files, p.fma.files(".fma")...)
	}
	for _, f := range files {
		path := filepath.Join(folder, f.name)
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(report, "%s: %d bytes\n", path, len(f.data))
	}
	return nil
}

// file is a module and its name.
type file struct {
	name string
	data []byte
}

func (m *modules) files(kind string) []file {
	return []file{{"thaw" + kind + ".wasm", m.main}, {"thaw.threads" + kind + ".wasm", m.shared}, {"helper" + kind + ".wasm", m.helper}}
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
