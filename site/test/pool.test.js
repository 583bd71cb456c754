import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Worker as Thread } from 'node:worker_threads'
import { HelperPool } from '../worker/pool.js'

/** Parts that the module below does not survive. */
const TRAPS = 98
const HANGS = 99

const COUNTS = 4096 // where the module counts how often it has run each part
const STACKS = 32768
const SETTLED = 0
const BUSY = 1
const LOST = 2

/** A stand-in for wasm/helper.wasm: run() adds 1 to the word of its part behind the address of its task. */
function helperModule() {
  const section = (id, ...bytes) => [id, bytes.length, ...bytes]
  const name = (text) => [text.length, ...Buffer.from(text)]
  const part = [0x23, 0, 0x28, 2, 16] // i32.load of SP+16
  const body = [
    1, 1, 0x7f,
    ...part, 0x41, 0xe3, 0, 0x46, 0x04, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, // 99: for ever
    ...part, 0x41, 0xe2, 0, 0x46, 0x04, 0x40, 0x00, 0x0b, // 98: unreachable
    0x23, 0, 0x28, 2, 8, ...part, 0x41, 2, 0x74, 0x6a, 0x21, 1, // task + 4 part
    0x20, 1, 0x20, 1, 0x28, 2, 0, 0x41, 1, 0x6a, 0x36, 2, 0, 0x41, 0, 0x0b,
  ]
  return new WebAssembly.Module(new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
    ...section(2, 1, ...name('env'), ...name('memory'), 2, 3, 1, 10),
    ...section(3, 1, 0),
    ...section(6, 2, 0x7f, 1, 0x41, 0, 0x0b, 0x7e, 1, 0x42, 0, 0x0b),
    ...section(7, 3, ...name('run'), 0, 0, ...name('SP'), 3, 0, ...name('g'), 3, 1),
    ...section(10, 1, body.length, ...body),
  ]))
}

/** Callbacks of those who wait for a lock, by its name. */
const waiting = new Map()

/** A browser's Worker over a thread of Node. Its lock is released when it ends. */
class FakeWorker {
  static all = []
  constructor() {
    FakeWorker.all.push(this)
    this.thread = new Thread(new URL('./pool-thread.mjs', import.meta.url))
    this.thread.on('message', (data) => this.onmessage({ data }))
    this.thread.on('error', (error) => this.onerror({ message: error.message, preventDefault() {} }))
    this.thread.on('exit', () => waiting.get(this.lock)?.())
  }

  postMessage(message) {
    this.lock ??= message.lock
    this.thread.postMessage(message)
  }

  terminate() { return this.thread.terminate() }
}

const kept = {}
before(() => {
  kept.navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  globalThis.Worker = FakeWorker
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request: (name, then) => waiting.set(name, then) } }, configurable: true })
})
after(() => {
  delete globalThis.Worker
  if (kept.navigator) Object.defineProperty(globalThis, 'navigator', kept.navigator)
  else delete globalThis.navigator
})

/** A pool of n helpers on a memory of its own. */
async function start(n) {
  FakeWorker.all = []
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10, shared: true })
  const pool = new HelperPool(memory, n, () => new FakeWorker())
  assert.deepEqual(await pool.start(helperModule(), n), [])
  const go = pool.imports()
  for (let i = 0; i < n; i++) go.lend(i, STACKS + i * 4096, 4096)
  const counts = new Uint32Array(memory.buffer, COUNTS, 100)
  /** Does a task as wasm/pool does; the main thread runs its own parts. */
  const run = (parts, helpers = n, own = (part) => { counts[part]++ }) => {
    go.open(COUNTS, parts, helpers)
    for (let part = go.take(); part >= 0; part = go.take()) own(part)
    return go.settle()
  }
  return { go, counts, run, end: () => Promise.all(FakeWorker.all.map((w) => w.terminate())) }
}

test('every part of every task runs once, on whatever thread', async () => {
  const { go, counts, run, end } = await start(2)
  assert.equal(go.helpers(), 2)
  let own = 0
  for (let task = 1; task <= 2000; task++) {
    const parts = task % 97
    counts.fill(0)
    let result = run(parts, 2, (part) => { counts[part]++; own++ })
    while (result === BUSY) result = go.settle() // a machine with much else to do
    assert.equal(result, SETTLED)
    assert.deepEqual(Array.from(counts), Array.from(counts, (_, i) => (i < parts ? 1 : 0)), `task ${task}`)
  }
  assert.ok(own < 2000 * 48, 'the helpers have done nothing')
  await end()
})

test('helpers beyond those that are wanted do nothing', async () => {
  const { go, run, end } = await start(2)
  let own = 0
  for (let task = 0; task < 200; task++) assert.equal(run(10, 0, () => { own++ }), SETTLED)
  assert.equal(own, 2000)
  assert.equal(go.alive(), 2)
  await end()
})

test('a helper that traps is noticed at once, and the pool goes on without it', async () => {
  const { go, counts, run, end } = await start(1)
  let result = SETTLED
  for (let tries = 0; tries < 200 && result !== LOST; tries++) {
    go.open(COUNTS, TRAPS + 1, 1)
    for (let part = go.take(); part >= 0 && part < TRAPS - 1; part = go.take()) counts[part]++
    await new Promise((resolve) => setTimeout(resolve, 5)) // the last parts are the helper's
    for (result = go.settle(); result === BUSY; result = go.settle());
  }
  assert.equal(result, LOST)
  assert.equal(go.alive(), 0)
  assert.equal(run(20), SETTLED)
  await end()
})

test('a helper that is ended in the midst of a part is noticed when its lock is free', async () => {
  const { go, counts, run, end } = await start(1)
  let result = SETTLED
  for (let tries = 0; tries < 200 && result === SETTLED; tries++) {
    go.open(COUNTS, HANGS + 1, 1)
    for (let part = go.take(); part >= 0 && part < HANGS - 1; part = go.take()) counts[part]++
    await new Promise((resolve) => setTimeout(resolve, 5)) // the last part is the helper's, and it never comes back
    result = go.settle()
  }
  assert.equal(result, BUSY)
  FakeWorker.all[0].terminate()
  for (const deadline = Date.now() + 60_000; result === BUSY && Date.now() < deadline; result = go.settle()) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(result, LOST)
  assert.equal(go.alive(), 0)
  counts.fill(0)
  assert.equal(run(20), SETTLED)
  assert.deepEqual(Array.from(counts.slice(0, 21)), [...Array(20).fill(1), 0])
  await end()
})

test('a helper that is ended between tasks is missed by nobody', async () => {
  const { go, run, end } = await start(2)
  assert.equal(run(30), SETTLED)
  await FakeWorker.all[0].terminate()
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(go.alive(), 1)
  assert.equal(run(30, 1), SETTLED)
  await end()
})
