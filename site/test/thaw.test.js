import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Trainer, createTrainer } from '../thaw.js'
import { ThawError } from '../worker/protocol.js'

/** A worker without a thread: the test reads what it was sent and says what it answers. */
class FakeWorker {
  static all = []
  /** Answers a command; without an answer of the test's own every command gets {}. */
  static answer = () => ({ reply: {} })
  sent = []
  ended = false

  constructor() {
    FakeWorker.all.push(this)
    queueMicrotask(() => this.say({ ready: true }))
  }

  postMessage(message) {
    this.sent.push(message)
    queueMicrotask(() => {
      const answers = [FakeWorker.answer(message, this)].flat().filter(Boolean)
      for (const answer of answers) this.say({ id: message.id, ...answer })
    })
  }

  say(data) { if (!this.ended) this.onmessage({ data }) }
  terminate() { this.ended = true }
}

/** A line that nobody speaks on; one of Node's would keep the test's process alive. */
class FakeChannel {
  port1 = { closed: false, close() { this.closed = true } }
  port2 = {}
}

const kept = {}

beforeEach(() => {
  Object.assign(kept, { Worker: globalThis.Worker, MessageChannel: globalThis.MessageChannel, answer: FakeWorker.answer })
  globalThis.Worker = FakeWorker
  globalThis.MessageChannel = FakeChannel
  FakeWorker.all = []
})

afterEach(() => {
  globalThis.Worker = kept.Worker
  globalThis.MessageChannel = kept.MessageChannel
  FakeWorker.answer = kept.answer
})

const DEVICE = { kind: 'cpu', reason: 'It runs.', candidates: [{ kind: 'cpu', ok: true, ms: null, why: 'one thread' }] }
const sentBy = (worker, cmd) => worker.sent.find((m) => m.cmd === cmd)
const greet = (more) => (message, worker) => (message.cmd === 'hello' ? { reply: { device: DEVICE } } : more(message, worker))

test('a trainer says what runs it, and the worker what is wished for', async () => {
  const timed = { ...DEVICE, kind: 'threads' }
  const less = { ...DEVICE, reason: 'A helper was lost.' }
  FakeWorker.answer = greet((message) => {
    if (message.cmd === 'load') return { reply: { name: 'minilm', ms: 3, device: timed } }
    if (message.cmd === 'train') return [{ event: { event: 'device', device: less } }, { reply: {} }]
    return { reply: {} }
  })
  const t = await createTrainer({ device: 'threads', threads: 2 })
  assert.ok(t instanceof Trainer)
  assert.deepEqual(FakeWorker.all[0].sent[0].start, { device: 'threads', threads: 2 })
  assert.deepEqual(t.device, DEVICE)
  const model = await t.load('minilm')
  assert.deepEqual(model, { name: 'minilm' })
  assert.deepEqual(t.device, timed)
  const events = []
  for await (const e of t.train({})) events.push(e.event)
  assert.deepEqual(events, ['device'])
  assert.deepEqual(t.device, less)
})

test('settings become a job', async () => {
  FakeWorker.answer = greet(() => ({ reply: {} }))
  const t = await createTrainer()
  const records = [{ text: 'x', labels: { a: 'b' } }]
  for await (const e of t.train({
    tasks: [{ name: 'a', labels: ['b', 'c'] }], data: { synthetic: { n: 5, tasks: [{ name: 'a' }, 'd'] } }, eval: records, evals: { natural: records },
    freeze: 'backbone', epochs: 2, lr: undefined, resume: false,
  })) assert.fail(e)
  assert.deepEqual(sentBy(FakeWorker.all[0], 'train').args, {
    tasks: [{ name: 'a', labels: ['b', 'c'] }], data: { synthetic: { n: 5, tasks: ['a', 'd'] } },
    evals: { heldout: { records }, natural: { records } }, settings: { freeze: 'backbone', epochs: 2 }, resume: false,
  })
})

test('a setting that does not exist is refused', async () => {
  FakeWorker.answer = greet(() => ({ reply: {} }))
  const t = await createTrainer()
  await assert.rejects(t.train({ epoch: 1 }).next(), (e) => e instanceof ThawError && e.code === 'settings' && /epoch/.test(e.message) && /epochs/.test(e.hint))
  await assert.rejects(t.plan({ rate: 1 }), { code: 'settings' })
})

test('the loop loses no event, however slow it is', async () => {
  const events = Array.from({ length: 1000 }, (_, i) => ({ event: { event: 'step', step: i + 1 } }))
  FakeWorker.answer = greet((message) => (message.cmd === 'train' ? [...events, { reply: {} }] : { reply: {} }))
  const t = await createTrainer()
  const seen = []
  for await (const e of t.train({})) {
    seen.push(e.step)
    if (e.step % 250 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.deepEqual(seen, events.map((e) => e.event.step))
})

test('an error ends the loop after the events before it', async () => {
  FakeWorker.answer = greet((message) => (message.cmd === 'train' ? [{ event: { event: 'plan' } }, { error: { code: 'data', message: 'no', hint: 'yes' } }] : { reply: {} }))
  const t = await createTrainer()
  const seen = []
  await assert.rejects(async () => { for await (const e of t.train({})) seen.push(e.event) }, (e) => e.code === 'data' && e.hint === 'yes')
  assert.deepEqual(seen, ['plan'])
})

test('leaving the loop and a signal both stop the run', async () => {
  for (const leave of [true, false]) {
    FakeWorker.all = []
    let training
    FakeWorker.answer = greet((message, worker) => {
      if (message.cmd === 'train') { training = message.id; return { event: { event: 'step', step: 1 } } }
      if (message.cmd === 'stop') queueMicrotask(() => worker.say({ id: training, reply: {} }))
      return { reply: {} }
    })
    const t = await createTrainer()
    const abort = new AbortController()
    for await (const e of t.train({ signal: abort.signal })) {
      assert.equal(e.step, 1)
      if (leave) break
      abort.abort()
    }
    assert.ok(sentBy(FakeWorker.all[0], 'stop'))
  }
})

test('answers find those who asked, in any order', async () => {
  FakeWorker.answer = greet((message, worker) => {
    if (message.cmd !== 'predict') return { reply: {} }
    const wait = message.args.texts[0] === 'slow' ? 20 : 1
    setTimeout(() => worker.say({ id: message.id, reply: { predictions: message.args.texts.map((text) => ({ a: { label: text } })) } }), wait)
    return undefined
  })
  const t = await createTrainer()
  const [slow, quick] = await Promise.all([t.predict('slow'), t.predict(['quick', 'er'])])
  assert.equal(slow.a.label, 'slow')
  assert.deepEqual(quick.map((p) => p.a.label), ['quick', 'er'])
})

test('a signal gives a command up', async () => {
  FakeWorker.answer = greet((message, worker) => {
    if (message.cmd === 'cancel') worker.say({ id: message.args.request, error: { code: 'aborted', message: 'given up', hint: '' } })
    return message.cmd === 'evaluate' ? undefined : { reply: {} }
  })
  const t = await createTrainer()
  const abort = new AbortController()
  const asked = t.evaluate([], { signal: abort.signal })
  setTimeout(() => abort.abort(), 5)
  await assert.rejects(asked, { code: 'aborted' })
  await assert.rejects(t.predict('x', { signal: abort.signal }), { code: 'aborted' })
})

test('after a crash what was asked fails with a sentence, and the next command starts a new worker', async () => {
  FakeWorker.answer = greet((message, worker) => {
    if (message.cmd === 'load') return { reply: { name: 'minilm' } }
    if (message.cmd === 'predict' && FakeWorker.all.length === 1) return void worker.say({ over: { code: 'crashed', message: 'The trainer has ended.', hint: 'Load again.' } })
    return { reply: { predictions: [{}], saves: [] } }
  })
  const t = await createTrainer()
  await t.load('minilm')
  assert.equal(t.model.name, 'minilm')
  await assert.rejects(t.predict('x'), (e) => e instanceof ThawError && e.code === 'crashed' && e.hint !== '')
  assert.equal(t.model, null)
  assert.ok(FakeWorker.all[0].ended)
  assert.deepEqual(await t.saves(), [])
  assert.equal(FakeWorker.all.length, 2)
})

test('a worker that cannot start says so', async () => {
  globalThis.Worker = class extends FakeWorker {
    say(data) { super.say(data.ready ? { over: { code: 'program', message: 'wasm/thaw.wasm could not be fetched.', hint: '' } } : data) }
  }
  await assert.rejects(createTrainer(), { code: 'program' })
})

test('closing fails what was asked and everything after', async () => {
  FakeWorker.answer = greet(() => undefined)
  const t = await createTrainer()
  const asked = t.natural()
  await new Promise((resolve) => setTimeout(resolve, 1))
  t.close()
  await assert.rejects(asked, { code: 'closed' })
  await assert.rejects(t.natural(), { code: 'closed' })
  assert.ok(FakeWorker.all[0].ended)
})

test('hidden states come as tensors', async () => {
  FakeWorker.answer = greet(() => ({ reply: { shapes: [[2], [1, 2]] }, binary: [new Uint8Array(new Float32Array([1, 2]).buffer), new Uint8Array(new Float32Array([3, 4]).buffer)] }))
  const t = await createTrainer()
  const [a, b] = await t.encode(['x', 'y'], { pool: 'none' })
  assert.deepEqual([a.shape, Array.from(a.data), b.shape, Array.from(b.data)], [[2], [1, 2], [1, 2], [3, 4]])
  assert.deepEqual(sentBy(FakeWorker.all[0], 'encode').args, { texts: ['x', 'y'], pool: 'none' })
})

test('the screen stays on during a run, again after the page was hidden, and not beyond', async () => {
  const locks = []
  const listeners = new Set()
  const page = { visibilityState: 'visible', addEventListener: (_, f) => listeners.add(f), removeEventListener: (_, f) => listeners.delete(f) }
  const wakeLock = { request: async () => { const lock = { released: false, release: async () => { lock.released = true } }; locks.push(lock); return lock } }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { wakeLock }, configurable: true })
  globalThis.document = page
  try {
    let finish = () => {}
    FakeWorker.answer = greet((message, worker) => {
      if (message.cmd !== 'train') return { reply: {} }
      finish = () => worker.say({ id: message.id, reply: {} })
      return { event: { event: 'step', step: 1 } }
    })
    const t = await createTrainer()
    const seen = async (state) => { page.visibilityState = state; for (const f of listeners) await f() }
    for await (const e of t.train({})) {
      assert.equal(e.step, 1)
      assert.equal(locks.length, 1)
      await seen('visible')
      assert.equal(locks.length, 1, 'a lock that is held is not asked for again')
      locks[0].released = true // as browsers do when the page is hidden
      await seen('hidden')
      assert.equal(locks.length, 1)
      await seen('visible')
      assert.equal(locks.length, 2)
      finish()
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
    assert.ok(locks[1].released)
    assert.equal(listeners.size, 0)
  } finally {
    delete globalThis.document
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else delete globalThis.navigator
  }
})
