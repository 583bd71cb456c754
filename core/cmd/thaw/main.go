// Command thaw fine-tunes pretrained text encoders: the core of the page as a program. `thaw help` lists what it does.
//
// Standard output carries data, standard error what is meant for people. The exit code is 0 for success, 1 for a failure,
// 2 for wrong usage and 130 when the user has interrupted it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first Ctrl-C asks for an orderly end, a second one ends at once
	// A reader that goes away, such as head, is an error of the write and not the end of the program, so that training
	// still saves its model.
	ignoreClosedPipes()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
