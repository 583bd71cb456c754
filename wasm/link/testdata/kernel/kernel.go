//go:build js && wasm

// Program kernel does nothing but keep the entry of the helper threads in the binary.
package main

import "thaw/core/kernel"

func main() { kernel.Run(&kernel.Task{Op: -1, Parts: 1}, 0) }
