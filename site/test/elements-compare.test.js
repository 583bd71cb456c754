import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompareRecord, bestOf, reading, scenarios, scoreOf } from '../elements/compare-record.js'
import { presets } from '../elements/policy-line.js'

const score = (set, task, accuracyAfter) => ({ set, task, n: 10, lossBefore: 1, lossAfter: 0.5, accuracyBefore: 0.25, accuracyAfter })
const row = (index, policy, topic, mood) => ({ event: 'row', index, policy, scores: [score('heldout', 'topic', topic), score('heldout', 'mood', mood)] })

test('a comparison is gathered from its events', () => {
  const r = new CompareRecord()
  assert.equal(r.share, 0)
  const list = [{ policy: 'all', run: '', seed: 1 }, { policy: 'none', run: '', seed: 1 }]
  r.hear({ event: 'scenarios', list })
  r.hear({ event: 'begun', index: 0 })
  assert.equal(r.now, list[0])
  r.hear(row(0, 'all', 0.25, 0.5))
  r.hear({ event: 'begun', index: 1 })
  r.hear({ event: 'progress', index: 1, step: 1, steps: 4, loss: 2 })
  assert.equal(r.share, 0.625)
  r.hear(row(1, 'none', 0.75, 0.5))
  r.hear({ event: 'compared', seconds: 3, stopped: false })
  assert.deepEqual([r.share, r.now, r.rows.length, r.row('none').index], [1, null, 2, 1])
  assert.equal(scoreOf(r.row('all'), 'heldout', 'topic').accuracyAfter, 0.25)
  assert.equal(scoreOf(r.row('all'), 'natural', 'topic'), undefined)
  assert.equal(bestOf(r.rows, 'heldout', 'topic'), 0.75)
  assert.equal(bestOf([], 'heldout', 'topic'), -1)
})

test('a comparison that was stopped says how far it came', () => {
  const r = new CompareRecord()
  r.hear({ event: 'scenarios', list: [{ policy: 'all' }, { policy: 'none' }] })
  r.hear({ event: 'begun', index: 0 })
  r.hear(row(0, 'all', 0.25, 0.5))
  r.hear({ event: 'compared', seconds: 3, stopped: true })
  assert.equal(r.share, 0.5)
})

test('arms of a transfer are kept by their run, the newest of each', () => {
  const r = new CompareRecord()
  r.hear({ event: 'arm', index: 0, run: 'B alone', losses: [1] })
  r.hear({ event: 'arm', index: 3, run: 'B alone', losses: [1, 2] })
  assert.deepEqual(r.arms.get('B alone').losses, [1, 2])
  r.hear({ event: 'transfer', a: 'x', b: 'y', arms: [{ run: 'B alone', losses: [3] }], verdict: { sentence: 'No.' } })
  assert.deepEqual([r.arms.size, r.arms.get('B alone').losses, r.transfer.b], [1, [3], 'y'])
})

test('what the figures say', () => {
  const title = (policy) => policy.toUpperCase()
  const tasks = [{ name: 'topic' }, { name: 'mood' }]
  assert.equal(reading([row(0, 'all', 0.25, 0.5)], tasks, title), '')
  assert.equal(reading([row(0, 'all', 0.25, 0.5), row(1, 'none', 0.75, 0.5)], tasks, title),
    'Most often right on held-out sentences: topic with “NONE” (75\u202f%), mood with “ALL” and “NONE” (50\u202f%).')
  assert.match(reading([row(0, 'a', 0.5, 0.5), row(1, 'b', 0.5, 0.4), row(2, 'c', 0.5, 0.4)], tasks, title), /topic with 3 scenarios alike/)
})

test('the scenarios go from the control to nothing frozen, and have the policy that is set', () => {
  const stack = { layers: 6, pooler: true, tasks: ['topic', 'mood'] }
  const names = (policy) => scenarios(presets(stack), policy).map((s) => s.policy)
  assert.deepEqual(names('layers:4'), ['all', 'probe', 'backbone', 'head:topic', 'layers:4', 'none'])
  assert.equal(names('backbone; 1:layers:4').at(-1), 'backbone; 1:layers:4')
})
