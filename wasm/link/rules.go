package main

import "strings"

// verdict is what a rule says of a function that the entry reaches.
type verdict int

const (
	judgeBody verdict = iota // kept if its own instructions and callees keep the rules
	cut                      // an end of the program: its body becomes `unreachable`, and a helper that meets it traps
	refuse                   // the link fails
)

// rule says what becomes of the functions of a name. A name that ends in * is a prefix. Names are as Go's linker
// writes them into the name section: each character but letters, digits, _ and . has become _.
type rule struct {
	name    string
	verdict verdict
	why     string
}

// Reasons that several rules share. Each ends the sentence "kernel.Run → … → NAME: ".
const (
	whyAllocates = "allocates, and a helper thread has no heap of its own"
	whyMap       = "uses a map, which hashes through function tables and allocates"
	whyInterface = "uses an interface or its type, and a helper thread can call through none"
	whyPointer   = "stores a pointer, and the garbage collector's write barrier runs on Go's own thread only; tasks are free of pointers"
	whySchedules = "needs Go's scheduler, which runs on Go's own thread only"
	whyDefers    = "defers a call, and deferred calls are indirect"
	whyPrints    = "prints, which takes a lock and calls an import"
	whyUnjudged  = "is a function of Go's runtime that no rule judges; if a helper may run it, add it to wasm/link/rules.go with the reason"
	whyAtomic    = "is atomic in name only: Go compiles atomics for wasm to plain loads and stores"
)

// rules are read from the top, the first name that fits decides. What follows the listed names of package runtime is
// refused, so that a runtime function nobody has looked at never reaches a helper. Functions outside the runtime are
// judged by their bodies.
var rules = [...]rule{
	// Leaves that touch nothing but their arguments.
	{"runtime.memmove", judgeBody, "one memory.copy; chosen by the compiler for memory without pointers"},
	{"runtime.memclrNoHeapPointers", judgeBody, "one memory.fill"},
	{"runtime.memequal", judgeBody, "compares bytes"},
	{"runtime.cmpstring", judgeBody, "compares bytes"},
	{"runtime.wasmDiv", judgeBody, "division with the case MinInt64 / -1"},
	{"runtime.fmax*", judgeBody, "arithmetic; max of floats"},
	{"runtime.fmin*", judgeBody, "arithmetic; min of floats"},
	{"runtime.complex128div", judgeBody, "arithmetic"},
	{"internal_runtime_math.*", judgeBody, "multiplication with a check for overflow, as unsafe.Slice does it"},
	{"internal_runtime_sys.*", judgeBody, "counts bits"},

	// Ends of the program. On Go's own thread the same fault would end the task too.
	{"runtime.goPanicIndex*", cut, "index out of range"},
	{"runtime.goPanicSlice*", cut, "slice bounds out of range"},
	{"runtime.panicdivide", cut, "division by zero"},
	{"runtime.panicshift", cut, "negative shift"},
	{"runtime.panicoverflow", cut, "integer overflow"},
	{"runtime.panicunsafeslicelen*", cut, "length of unsafe.Slice out of range"},
	{"runtime.panicunsafeslicenilptr*", cut, "unsafe.Slice of nil with a length"},
	{"runtime.panicSimdImm", cut, "SIMD operand out of range"},
	{"runtime.panicwrap", cut, "method called through a nil pointer"},
	{"runtime.sigpanic", cut, "nil pointer"},
	{"runtime.morestack*", cut, "a helper's stack does not grow; its guard makes this a trap"},
	{"runtime.throw", cut, "fatal error"},
	{"runtime.abort", cut, "fatal error"},

	// What a helper can never do.
	{"runtime.mallocgc*", refuse, whyAllocates},
	{"runtime.newobject", refuse, whyAllocates},
	{"runtime.newarray", refuse, whyAllocates},
	{"runtime.makeslice*", refuse, whyAllocates},
	{"runtime.panicmakeslice*", refuse, whyAllocates},
	{"runtime.growslice*", refuse, whyAllocates},
	{"runtime.moveSlice*", refuse, whyAllocates},
	{"runtime.concat*", refuse, whyAllocates},
	{"runtime.slicebytetostring*", refuse, whyAllocates},
	{"runtime.slicerunetostring*", refuse, whyAllocates},
	{"runtime.stringtoslice*", refuse, whyAllocates},
	{"runtime.intstring", refuse, whyAllocates},
	{"runtime.convT*", refuse, whyAllocates},
	{"runtime.map*", refuse, whyMap},
	{"runtime.makemap*", refuse, whyMap},
	{"internal_runtime_maps.*", refuse, whyMap},
	{"runtime.assertE2I*", refuse, whyInterface},
	{"runtime.typeAssert", refuse, whyInterface},
	{"runtime.interfaceSwitch", refuse, whyInterface},
	{"runtime.ifaceeq", refuse, whyInterface},
	{"runtime.efaceeq", refuse, whyInterface},
	{"runtime.panicdottype*", refuse, whyInterface},
	{"runtime.panicnildottype", refuse, whyInterface},
	{"runtime.gopanic", refuse, "panics with a value, which takes Go's own goroutine; check arguments above the entry"},
	{"runtime.gorecover", refuse, whyDefers},
	{"runtime.defer*", refuse, whyDefers},
	{"runtime.gcWriteBarrier*", refuse, whyPointer},
	{"gcWriteBarrier", refuse, whyPointer},
	{"runtime.wbZero", refuse, whyPointer},
	{"runtime.wbMove", refuse, whyPointer},
	{"runtime.typedmem*", refuse, whyPointer},
	{"runtime.typedslice*", refuse, whyPointer},
	{"runtime.memclrHasPointers", refuse, whyPointer},
	{"runtime.newproc", refuse, whySchedules},
	{"runtime.makechan*", refuse, whySchedules},
	{"runtime.chan*", refuse, whySchedules},
	{"runtime.closechan", refuse, whySchedules},
	{"runtime.select*", refuse, whySchedules},
	{"runtime.block", refuse, whySchedules},
	{"runtime.gosched*", refuse, whySchedules},
	{"runtime.Gosched", refuse, whySchedules},
	{"sync.*", refuse, whySchedules},
	{"internal_sync.*", refuse, whySchedules},
	{"runtime.print*", refuse, whyPrints},
	{"sync_atomic.*", refuse, whyAtomic},
	{"internal_runtime_atomic.*", refuse, whyAtomic},
	{"runtime.*", refuse, whyUnjudged},
	{"internal_runtime_*", refuse, whyUnjudged},
}

// judge finds the rule for a function.
func judge(name string) rule {
	for _, r := range rules {
		prefix, any := strings.CutSuffix(r.name, "*")
		if name == r.name || any && strings.HasPrefix(name, prefix) {
			return r
		}
	}
	return rule{name: name, verdict: judgeBody}
}
