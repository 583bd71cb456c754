import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HelperHost, helpersOver } from '../worker/helper-host.js'

/** A worker without a thread, started by the page's end. */
class FakeWorker {
  static all = []
  static refused = ''
  sent = []
  ended = false
  constructor(_url, { name }) {
    if (FakeWorker.refused) throw new Error(FakeWorker.refused)
    this.name = name
    FakeWorker.all.push(this)
  }

  postMessage(message) { this.sent.push(message) }
  terminate() { this.ended = true }
}

const kept = globalThis.Worker
before(() => { globalThis.Worker = FakeWorker })
after(() => { globalThis.Worker = kept })

/** Both ends of a line. */
function open() {
  FakeWorker.all = []
  FakeWorker.refused = ''
  const line = new MessageChannel()
  const host = new HelperHost(line.port1)
  return { host, start: helpersOver(line.port2), end: () => { host.close(); line.port2.close() } }
}

const until = async (done) => { while (!done()) await new Promise((resolve) => setImmediate(resolve)) }
const heard = (helper) => new Promise((resolve) => { Object.assign(helper, { onmessage: ({ data }) => resolve(data), onerror: (e) => { e.preventDefault(); resolve(new Error(e.message)) } }) })

test('a first message starts a helper, and each speaks with its own', async () => {
  const { start, end } = open()
  const [one, two] = [start(), start()]
  two.postMessage({ to: 2 })
  one.postMessage({ to: 1 })
  two.postMessage({ again: 2 })
  await until(() => FakeWorker.all.flatMap((w) => w.sent).length === 3)
  assert.deepEqual(FakeWorker.all.map((w) => [w.name, w.sent]), [['thaw helper 2', [{ to: 2 }, { again: 2 }]], ['thaw helper 1', [{ to: 1 }]]])
  const answers = Promise.all([heard(one), heard(two)])
  FakeWorker.all[0].onmessage({ data: { ready: 2 } })
  FakeWorker.all[1].onmessage({ data: { ready: 1 } })
  assert.deepEqual(await answers, [{ ready: 1 }, { ready: 2 }])
  end()
})

test('a helper ends when it is told to, and all of them with their trainer', async () => {
  const { host, start, end } = open()
  const helpers = [start(), start(), start()]
  for (const helper of helpers) helper.postMessage({})
  helpers[1].terminate()
  await until(() => FakeWorker.all.length === 3 && FakeWorker.all[1].ended)
  assert.deepEqual(FakeWorker.all.map((w) => w.ended), [false, true, false])
  host.close()
  assert.ok(FakeWorker.all.every((w) => w.ended))
  end()
})

test('a script that fails and a worker that is refused are told', async () => {
  const { start, end } = open()
  const broken = start()
  broken.postMessage({})
  await until(() => FakeWorker.all.length === 1)
  const why = heard(broken)
  FakeWorker.all[0].onerror({ message: '', preventDefault() {} })
  assert.match((await why).message, /script of a helper thread/)
  FakeWorker.refused = 'no more workers'
  const refused = start()
  const told = heard(refused)
  refused.postMessage({})
  assert.match((await told).message, /no more workers/)
  end()
})
