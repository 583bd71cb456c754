//go:build !js

package main

import (
	"os/signal"
	"syscall"
)

// ignoreClosedPipes makes a write to a reader that is gone an error and no signal.
func ignoreClosedPipes() { signal.Ignore(syscall.SIGPIPE) }
