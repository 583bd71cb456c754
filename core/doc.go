// Package core is the pure-Go heart of thaw: it fine-tunes pretrained text encoders, natively and as WebAssembly,
// and knows nothing of browsers. ARCHITECTURE.md has the map; deps_test.go holds the order of imports.
//
// The legend of dimensions, used in every comment that gives a shape:
//
//	B  sentences in a batch        T  tokens of all of them, back to back
//	H  hidden size                 N  attention heads            D  size of a head, H/N
//	F  feed-forward size           L  layers                     C  classes of a task
//	V  vocabulary                  P  positions
//
// Arrays are row-major, the last axis contiguous. Weights are [out, in] as in PyTorch. A batch is packed: sentence b
// owns rows Offsets[b] to Offsets[b+1] of every [T, *] array, and there is neither padding nor a mask anywhere.
package core
