import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Comparison } from '../elements/comparison.js'

const SETTINGS = { tasks: [{ name: 'topic', labels: ['a', 'b'] }, { name: 'mood', labels: ['c', 'd'] }], freeze: 'layers:4', compareEpochs: 2, transferSeeds: 3 }

/** A page that trains nothing: events are those of `answer`, called with what compare was asked. */
function pageOf(answer) {
  const page = {
    phase: 'idle', errors: {}, said: [], info: { name: 'minilm' }, source: { kind: 'synthetic', light: true, records: [1], evals: () => ({ natural: [] }) },
    ready: async () => page.trainer, load: async () => {}, settings: () => ({ ...SETTINGS, data: { synthetic: { n: 4 } } }),
    stack: () => ({ layers: 6, pooler: true, tasks: ['topic', 'mood'] }), show() {}, say: (text) => page.said.push(text), later() {},
    guard: async (part, work) => { try { page.errors[part] = null; await work() } catch (error) { page.errors[part] = error } },
    trainer: {
      natural: async () => [],
      plan: async ({ freeze, epochs }) => ({ trainable: freeze.length, memoryBytes: 1, steps: 10 * epochs, stepMs: 100 }),
      async * compare(asked) { page.asked = asked; yield* answer(asked, page) },
    },
  }
  return page
}

const row = (index, policy) => ({ event: 'row', index, policy, trainable: 1, seconds: 1, memoryBytes: 1, scores: [{ set: 'heldout', task: 'topic', accuracyBefore: 0, accuracyAfter: index / 10, lossBefore: 1, lossAfter: 1 }] })

function * two(asked) {
  yield { event: 'scenarios', list: asked.policies.map((policy) => ({ policy, run: '', seed: 1 })) }
  for (const [index, policy] of asked.policies.entries()) {
    yield { event: 'begun', index }
    yield row(index, policy)
  }
  yield { event: 'compared', seconds: 61, stopped: false }
}

test('the chosen scenarios are compared, one thing at a time, and the rows stay', async () => {
  const page = pageOf(two)
  const c = new Comparison(page, () => SETTINGS)
  c.left = ['probe', 'backbone', 'head:topic', 'layers:4']
  const over = c.run('scenarios')
  assert.deepEqual([page.phase, c.phase, c.view().transfer.busy, c.view().scenarios.busy], ['comparing', 'comparing', true, false])
  await c.run('transfer') // is passed over while the first goes on
  await over
  assert.deepEqual(page.asked.policies, ['all', 'none'])
  assert.deepEqual([page.asked.epochs, page.asked.transfer], [2, undefined])
  const { rows, phase, note, reading, share } = c.view().scenarios
  assert.deepEqual([rows.map((r) => r.policy), phase, page.phase, share], [['all', 'none'], 'idle', 'idle', 1])
  assert.match(note, /Done in 1.min 1.s/)
  assert.match(reading, /topic with “Nothing frozen”/)
})

test('what it would take is asked of the plan, and anew when settings change', async () => {
  const page = pageOf(two)
  const c = new Comparison(page, () => SETTINGS)
  await c.plan()
  assert.equal(c.plans.size, 6)
  assert.equal(c.plans.get('none').seconds, 2)
  assert.match(c.view().scenarios.note, /About 12.s/)
  c.left = ['all']
  assert.match(c.view().scenarios.note, /About 10.s/)
  page.source.light = false
  c.planned = ''
  c.plans = new Map()
  await c.plan()
  assert.equal(c.plans.size, 0, 'a large file is not sent once for each scenario')
  page.info = null
  assert.match(c.view().scenarios.note, /encoder first/)
})

test('a transfer asks for two tasks, and its sentence is said aloud', async () => {
  const page = pageOf(function * ({ transfer }) {
    yield { event: 'scenarios', list: [{ policy: 'layers:4', run: 'B alone', seed: 1 }] }
    yield { event: 'begun', index: 0 }
    yield { event: 'transfer', a: transfer.a, b: transfer.b, arms: [], verdict: { gains: [], sentence: 'It did not.' } }
    yield { event: 'compared', seconds: 1, stopped: false }
  })
  const c = new Comparison(page, () => SETTINGS)
  await c.run('transfer')
  assert.deepEqual(page.asked.transfer, { a: 'topic', b: 'mood', seeds: 3 })
  assert.equal(c.view().transfer.transfer.verdict.sentence, 'It did not.')
  assert.ok(page.said.includes('It did not.'))
  c.pair = { a: 'mood', b: 'topic' }
  assert.deepEqual(c.between, { a: 'mood', b: 'topic' })
  c.pair = { a: 'mood', b: 'mood' }
  assert.deepEqual(c.between, { a: 'topic', b: 'mood' })
})

test('what goes wrong is shown beside it, and the page is free again', async () => {
  const page = pageOf(function * () { throw Object.assign(new Error('no'), { hint: 'yes' }) })
  const c = new Comparison(page, () => SETTINGS)
  await c.run('scenarios')
  assert.deepEqual([c.view().scenarios.error.message, c.view().scenarios.phase, page.phase], ['no', 'idle', 'idle'])
  c.forget()
  assert.deepEqual(c.view().scenarios.rows, [])
})
