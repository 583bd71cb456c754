// The helper thread: it runs parts of tasks on the memory of the Go program.
import { parentPort, workerData } from 'node:worker_threads'

const { memory, control, code } = workerData
const START = 0, DONE = 1, TASK = 2, PART = 3, STACK = 4, SIZE = 5, TRAPPED = 6

// The goroutine of a helper: zeroes, but for the stack guard at 16 that the prologue of each function compares SP with.
const GOROUTINE = 512, GUARD = 16, RED_ZONE = 1024

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })

function part() {
  const base = control[STACK] >>> 0, sp = base + control[SIZE] - 64
  const view = new DataView(memory.buffer) // read again each time: the memory may have grown
  view.setBigUint64(base + GUARD, BigInt(base + GOROUTINE + RED_ZONE), true)
  view.setBigUint64(sp + 8, BigInt(control[TASK] >>> 0), true)
  view.setBigUint64(sp + 16, BigInt(control[PART]), true)
  exports.g.value = BigInt(base)
  exports.SP.value = sp
  exports.run(0)
}

parentPort.postMessage('ready')
for (let sequence = 0; ;) {
  Atomics.wait(control, START, sequence)
  sequence = Atomics.load(control, START)
  control[TRAPPED] = 0
  try {
    part()
  } catch (error) {
    control[TRAPPED] = error.message === 'unreachable' ? 1 : 2
  }
  Atomics.store(control, DONE, sequence); Atomics.notify(control, DONE)
}
