/**
 * The pool of helper workers, as wasm/pool knows it: it starts them, offers them tasks, and sees when one is gone.
 */
import { BUSY, EPOCH, FAILED, HELPERS, IDLE, NEXT, OPEN, PARTS, SPINS, TASK, bytesFor, sizeOf, stackOf, stateOf } from './words.js'

/** What settle returns, as in wasm/pool/pool_js.go. */
const SETTLED = 0
const STILL_BUSY = 1
const LOST = 2

/** Milliseconds that a helper may take to start, and that settle waits before it asks whether one is dead. */
const START = 20_000
const PATIENCE = 1000

/** One thread and no more: what the program imports where there is no shared memory. */
export const ALONE = {
  helpers: () => 0, alive: () => 0, lend() {}, open() {}, take: () => -1, settle: () => SETTLED,
}

/** @typedef {import('./helper-host.js').HelperWorker} HelperWorker */
/** @typedef {{ worker: HelperWorker, index: number, asked: boolean }} Helper */

export class HelperPool {
  #started = 0
  /** Those that are left, by index. @type {Helper[]} */
  #left = []
  #control
  #memory
  #startHelper

  /**
   * @param {WebAssembly.Memory} memory   shared
   * @param {number} most                 helpers
   * @param {import('./helper-host.js').StartHelper} startHelper
   */
  constructor(memory, most, startHelper) {
    this.#memory = memory
    this.#startHelper = startHelper
    this.#control = new Int32Array(new SharedArrayBuffer(bytesFor(most)))
  }

  /**
   * Starts helpers and resolves when each runs or has failed, with the sentences of those that failed.
   *
   * @param {WebAssembly.Module} module
   * @param {number} n
   * @returns {Promise<string[]>}
   */
  async start(module, n) {
    const all = await Promise.all(Array.from({ length: n }, () => this.#startOne(module).then(() => '', (error) => error.message)))
    return all.filter((why) => why !== '')
  }

  /** @param {WebAssembly.Module} module */
  async #startOne(module) {
    const index = this.#started++
    const helper = { worker: this.#startHelper(), index, asked: false }
    this.#left.push(helper)
    const lock = `thaw-helper-${crypto.randomUUID()}`
    await new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ why) => {
        this.#lose(helper)
        reject(new Error(why))
      }
      const late = setTimeout(() => fail(`a helper thread did not start within ${START / 1000} s`), START)
      helper.worker.onmessage = ({ data }) => {
        clearTimeout(late)
        if (data.ready) resolve(undefined)
        else fail(data.failed)
      }
      helper.worker.onerror = (event) => {
        event.preventDefault()
        clearTimeout(late)
        fail(event.message || 'the script of a helper thread could not be loaded')
      }
      helper.worker.postMessage({ module, memory: this.#memory, control: this.#control, index, lock })
    })
    navigator.locks.request(lock, () => this.#lose(helper))
  }

  /** Notes that a helper is gone. One in the midst of a part is left to settle. @param {Helper} helper */
  #lose(helper) {
    if (Atomics.load(this.#control, stateOf(helper.index)) === IDLE) this.#drop(helper)
    else Atomics.store(this.#control, stateOf(helper.index), FAILED)
  }

  /** @param {Helper} helper */
  #drop(helper) {
    helper.worker.terminate()
    this.#left = this.#left.filter((other) => other !== helper)
  }

  /** The functions that wasm/pool imports. */
  imports() {
    const control = this.#control
    return {
      helpers: () => this.#started,
      alive: () => this.#left.length,
      lend(/** @type {number} */ i, /** @type {number} */ base, /** @type {number} */ size) {
        control[stackOf(i)] = base
        control[sizeOf(i)] = size
      },
      open: (/** @type {number} */ task, /** @type {number} */ parts, /** @type {number} */ n) => {
        control[TASK] = task
        control[PARTS] = parts
        control[HELPERS] = n < this.#left.length ? this.#left[n].index : this.#started
        Atomics.store(control, NEXT, 0)
        Atomics.store(control, OPEN, 1)
        Atomics.add(control, EPOCH, 1)
        Atomics.notify(control, EPOCH)
      },
      take() {
        const part = Atomics.add(control, NEXT, 1)
        return part < control[PARTS] ? part : -1
      },
      settle: () => this.#settle(),
    }
  }

  /** Closes the open task and waits for those in the midst of a part. */
  #settle() {
    const control = this.#control
    Atomics.store(control, OPEN, 0)
    let result = SETTLED
    for (const helper of this.#left) {
      const state = stateOf(helper.index)
      for (let spins = 0; spins < SPINS && Atomics.load(control, state) === BUSY; spins++);
      if (Atomics.load(control, state) === BUSY && Atomics.wait(control, state, BUSY, PATIENCE) === 'timed-out') return this.#ask(helper)
      if (Atomics.load(control, state) === FAILED) {
        this.#drop(helper)
        result = LOST
      }
    }
    return result
  }

  /** Asks a silent helper once whether it has left its work; one that works does not hear it. @param {Helper} helper */
  #ask(helper) {
    if (!helper.asked) helper.worker.postMessage({})
    helper.asked = true
    return STILL_BUSY
  }
}
