/**
 * A helper thread: it runs parts of tasks on the memory of the Go program, as pool.js says and words.js explains. Once it has
 * begun it never returns to its event loop; what happens to it is seen from outside.
 */
import { BUSY, EPOCH, FAILED, HELPERS, IDLE, NEXT, OPEN, PARTS, TASK, WATCH, sizeOf, stackOf, stateOf } from './words.js'

/** A helper's goroutine block at the lower end of its stack: zeroes, but for the guard that each function compares SP with. */
const GOROUTINE = 512
const GUARD = 16
const RED_ZONE = 1024

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, control: Int32Array, index: number, lock: string }} Start */

/** The registers and the entry of the helper module. @typedef {{ run: (at: number) => number, SP: WebAssembly.Global, g: WebAssembly.Global }} Entry */

self.onmessage = ({ data }) => {
  self.onmessage = () => self.postMessage({ failed: 'a helper thread has left its work' }) // heard only by one that has
  begin(data).catch((error) => self.postMessage({ failed: String(error?.message ?? error) }))
}

/** @param {Start} start */
async function begin({ module, memory, control, index, lock }) {
  const instance = await WebAssembly.instantiate(module, { env: { memory } })
  await hold(lock)
  self.postMessage({ ready: true })
  try {
    work(/** @type {any} */ (instance.exports), memory, control, index)
  } catch (error) {
    Atomics.store(control, stateOf(index), FAILED)
    Atomics.notify(control, stateOf(index))
    throw error
  }
}

/** Holds a lock until this thread ends, by whatever cause: whoever waits for it learns of that. @param {string} name */
function hold(name) {
  return new Promise((granted) => {
    navigator.locks.request(name, () => { granted(undefined); return new Promise(() => {}) })
  })
}

/**
 * Waits for tasks and does parts of them, for ever.
 *
 * @param {Entry} entry
 * @param {WebAssembly.Memory} memory
 * @param {Int32Array} control
 * @param {number} index
 */
function work(entry, memory, control, index) {
  const state = stateOf(index)
  let run
  for (let epoch = 0, wanted = false; ;) {
    epoch = next(control, epoch, wanted ? WATCH : 0)
    Atomics.store(control, state, BUSY)
    wanted = index < control[HELPERS]
    if (Atomics.load(control, OPEN) === 1 && wanted) {
      run ??= thread(entry, memory, control, index)
      const parts = control[PARTS]
      for (let p = Atomics.add(control, NEXT, 1); p < parts; p = Atomics.add(control, NEXT, 1)) run(control[TASK], p)
    }
    Atomics.store(control, state, IDLE)
    Atomics.notify(control, state)
  }
}

/** Waits until the bell has another number than epoch, awake for so many looks at it. @param {Int32Array} control @param {number} epoch @param {number} looks */
function next(control, epoch, looks) {
  for (let i = 0; i < looks; i++) {
    const rung = Atomics.load(control, EPOCH)
    if (rung !== epoch) return rung
  }
  Atomics.wait(control, EPOCH, epoch)
  return Atomics.load(control, EPOCH)
}

/**
 * Makes a thread of a piece of Go's heap: its stack, and the goroutine block below it.
 *
 * @param {Entry} entry
 * @param {WebAssembly.Memory} memory
 * @param {Int32Array} control
 * @param {number} index
 */
function thread({ run, SP, g }, memory, control, index) {
  const base = control[stackOf(index)] >>> 0
  const top = base + control[sizeOf(index)] - 64
  // The memory may grow, and a buffer read now keeps its length: it reaches this stack, and that is all it is for.
  const words = new Uint32Array(memory.buffer)
  words[(base + GUARD) >>> 2] = base + GOROUTINE + RED_ZONE
  words[((top + 8) >>> 2) + 1] = words[((top + 16) >>> 2) + 1] = 0
  g.value = BigInt(base)
  return (/** @type {number} */ task, /** @type {number} */ part) => {
    words[(top + 8) >>> 2] = task
    words[(top + 16) >>> 2] = part
    SP.value = top
    run(0)
  }
}
