import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, count, decimal, duration, grouped, percent, plural, rate, shortHash } from '../elements/format.js'
import { editsOf, stranger, wantedLabels } from '../elements/label-edits.js'
import { latest } from '../elements/latest.js'
import { frozenGroups, inWords, lineOf, places, policyAt, presets } from '../elements/policy-line.js'
import { RunRecord } from '../elements/run-record.js'
import { countLabels, headline, meanMs, modelsOf, perTask, planGroups, planSeconds, secondsLeft, settingsOf, stages } from '../elements/run-view.js'

const plain = (text) => text.replaceAll('\u202f', ' ')
const STACK = { layers: 6, pooler: true, tasks: ['topic', 'sentiment'] }
const BARE = { layers: 6, pooler: false, tasks: ['topic'] }

test('numbers read as people write them', () => {
  assert.deepEqual([0, 999, 1000, 90868376, 268e6, 1.5e9].map(bytes).map(plain), ['0 B', '999 B', '1.0 kB', '90.9 MB', '268 MB', '1.5 GB'])
  assert.deepEqual([1540, 22713216, 499e6].map(count).map(plain), ['1 540', '22.7 M', '499 M'])
  assert.deepEqual([0, 0.25, 7.34, 59.4, 73.4, 3700].map(duration).map(plain), ['0 s', '250 ms', '7.3 s', '59 s', '1 min 13 s', '1 h 1 min'])
  assert.deepEqual([percent(0.8725), percent(0.163, 1), percent(NaN)].map(plain), ['87 %', '16.3 %', '–'])
  assert.deepEqual([decimal(1.23456), decimal(0), decimal(1.2e-5), decimal(Infinity)], ['1.235', '0.000', '1.2e-5', '–'])
  assert.deepEqual([rate(1e-4), rate(0), rate(undefined)], ['1.0e-4', '0', '–'])
  assert.equal(plain(grouped(1234567)), '1 234 567')
  assert.equal(plural(1, 'sentence'), '1 sentence')
  assert.equal(plural(2, 'sentence'), '2 sentences')
  assert.equal(shortHash('0123456789abcdef0123456789abcdef'), '01234567…89abcdef')
})

test('what is not a number is a dash', () => {
  assert.deepEqual([bytes, count, duration, grouped].map((f) => f(undefined)), ['–', '–', '–', '–'])
})

test('the line has one place for each policy it can show, and goes back and forth', () => {
  for (const stack of [STACK, BARE]) {
    places(stack).forEach((policy, place) => {
      assert.deepEqual(lineOf(policy, stack), { place, heads: [], custom: false }, policy)
      assert.equal(policyAt(place, [], stack), policy)
    })
  }
  assert.deepEqual(places(STACK), ['none', 'layers:0', 'layers:1', 'layers:2', 'layers:3', 'layers:4', 'layers:5', 'layers:6', 'backbone', 'all'])
  assert.equal(places(BARE).includes('layers:6'), false)
})

test('places beyond the ends are the ends', () => {
  assert.equal(policyAt(-5, [], STACK), 'none')
  assert.equal(policyAt(99, [], STACK), 'all')
  assert.equal(policyAt(4.6, [], STACK), 'layers:4')
})

test('a frozen head goes with the line', () => {
  assert.deepEqual(lineOf('head:topic', STACK), { place: 0, heads: ['topic'], custom: false })
  assert.deepEqual(lineOf('layers:4, head:topic', STACK), { place: 5, heads: ['topic'], custom: false })
  assert.equal(policyAt(0, ['topic'], STACK), 'head:topic')
  assert.equal(policyAt(5, ['sentiment', 'topic'], STACK), 'layers:4,head:topic,head:sentiment')
  assert.equal(policyAt(9, ['topic'], STACK), 'all')
})

test('without a pooler layers:L stands where backbone stands', () => {
  assert.equal(policyAt(lineOf('layers:6', BARE).place, [], BARE), 'backbone')
})

test('policies that no line can show are custom', () => {
  for (const policy of ['*.bias', 'backbone,!*.LayerNorm.*', 'layers:99', 'head:absent', 'nonsense', '']) {
    assert.equal(lineOf(policy, STACK).custom, true, policy)
  }
})

test('the guess of what a line freezes', () => {
  const frozen = (policy, stack = STACK) => Object.entries(frozenGroups(lineOf(policy, stack), stack)).filter(([, is]) => is).map(([name]) => name)
  assert.deepEqual(frozen('none'), [])
  assert.deepEqual(frozen('layers:0'), ['embeddings'])
  assert.deepEqual(frozen('layers:2'), ['embeddings', 'layer.0', 'layer.1'])
  assert.deepEqual(frozen('head:topic'), ['heads.topic'])
  assert.equal(frozen('layers:6').includes('pooler'), false)
  assert.deepEqual(frozen('backbone'), ['embeddings', 'layer.0', 'layer.1', 'layer.2', 'layer.3', 'layer.4', 'layer.5', 'pooler'])
  assert.equal(frozen('backbone', BARE).length, 7)
  assert.equal(frozen('all').length, 10)
})

test('a line is said in words', () => {
  assert.equal(inWords(lineOf('layers:4', STACK), STACK), 'embeddings and layers 0 to 3 are frozen')
  assert.equal(inWords(lineOf('layers:1', STACK), STACK), 'embeddings and layer 0 are frozen')
  assert.equal(inWords(lineOf('head:topic', STACK), STACK), 'only the topic head is frozen')
  assert.equal(inWords(lineOf('*.bias', STACK), STACK), 'a policy of its own')
})

test('the presets are the scenarios of the seed with the default first', () => {
  assert.deepEqual(presets(STACK).map((p) => p.policy), ['layers:4', 'backbone', 'probe', 'head:topic', 'none', 'all'])
  assert.deepEqual(lineOf('probe', STACK), lineOf('backbone', STACK))
})

test('a run in numbers: mean step, time left, steps', () => {
  assert.equal(meanMs(NaN, 80), 80)
  assert.equal(meanMs(100, 200), 110)
  assert.equal(secondsLeft({ step: 100, steps: 375 }, 200), 55)
  assert.equal(planSeconds({ stepMs: 200, steps: 375 }), 75)
  assert.equal(planSeconds({ stepMs: null, steps: 375 }), undefined)
})

test('a plan colours the groups of the stack', () => {
  const known = [{ name: 'bert.e.w', group: 'embeddings', size: 10 }, { name: 'bert.0.w', group: 'layer.0', size: 4 }, { name: 'bert.0.b', group: 'layer.0', size: 2 }]
  const planned = [['bert.e.w', false], ['bert.0.w', true], ['bert.0.b', false], ['heads.topic.weight', true], ['heads.topic.bias', true]]
  assert.deepEqual([...planGroups(planned.map(([name, trainable]) => ({ name, trainable })), known)], [
    ['embeddings', { size: 10, state: 'frozen' }], ['layer.0', { size: 6, state: 'mixed' }], ['heads.topic', { size: 0, state: 'thawed' }],
  ])
})

test('labels are counted for each task', () => {
  const counts = countLabels([{ labels: { topic: 'a', mood: 'x' } }, { labels: { topic: 'a' } }, { labels: { topic: 'b' } }])
  assert.deepEqual(counts, { topic: { a: 2, b: 1 }, mood: { x: 1 } })
  assert.deepEqual(perTask([{ name: 'topic', labels: ['a', 'b'] }, { name: 'new', labels: ['y', 'n'] }], counts), { topic: 3, new: 0 })
})

test('the stages follow a run', () => {
  const states = (run) => stages({ phase: 'idle', loaded: false, loading: null, bytes: 90e6, sentences: 0, making: true, progress: null, done: false, ...run }).map((s) => s.state)
  assert.deepEqual(states({}), ['waiting', 'working', 'waiting', 'waiting'])
  assert.deepEqual(states({ making: false, sentences: 9, loading: { loaded: 1, total: 2 } }), ['working', 'done', 'waiting', 'waiting'])
  assert.deepEqual(states({ making: false, sentences: 9, loaded: true, phase: 'paused' }), ['done', 'done', 'working', 'waiting'])
  assert.deepEqual(states({ making: false, sentences: 9, loaded: true, done: true }), ['done', 'done', 'done', 'done'])
})

test('the headline compares the first with the newest evaluation', () => {
  const at = (step, accuracy, set = 'heldout') => ({ set, step, tasks: { topic: { accuracy, n: 10 } } })
  const tasks = [{ name: 'topic' }]
  assert.deepEqual(headline(tasks, [], {}), { topic: { before: undefined, now: undefined, loss: undefined } })
  assert.deepEqual(headline(tasks, [at(0, 0.25)], { topic: 1.4 }), { topic: { before: 0.25, now: undefined, loss: 1.4 } })
  assert.deepEqual(headline(tasks, [at(0, 0.25), at(0, 0.9, 'natural'), at(9, 0.8)], {}).topic.now, 0.8)
})

test('labels that the grammar does not know ask for sentences', () => {
  const tasks = [{ name: 'topic', labels: ['world', 'food'] }, { name: 'urgency', labels: ['low', 'high'] }]
  assert.deepEqual(wantedLabels(tasks), [{ task: 'topic', label: 'food', hue: 0 }, { task: 'urgency', label: 'low', hue: 1 }, { task: 'urgency', label: 'high', hue: 1 }])
  assert.deepEqual(editsOf(tasks, {}), { tasks: ['topic'] })
  assert.deepEqual(editsOf(tasks, { 'urgency=high': ' Now!\n\nAt once. ', 'old=gone': 'x' }), {
    tasks: ['topic', 'urgency'], edits: { tasks: [{ name: 'urgency', labels: [{ name: 'high', templates: ['Now!', 'At once.'] }] }] },
  })
  assert.equal(stranger(tasks, { topic: { world: 3 } }), undefined)
  assert.match(stranger(tasks, { topic: { sports: 3 } }).message, /labelled sports, and topic has no such label/)
})

test('the manifest gives names and sizes', () => {
  assert.deepEqual(modelsOf(null), [])
  const manifest = { models: [{ name: 'minilm', description: 'all-MiniLM: small', config: { a: 1 }, files: [{ bytes: 10 }, { bytes: 5 }] }, { name: 'x', bytes: 7 }] }
  assert.deepEqual(modelsOf(manifest), [{ name: 'minilm', title: 'all-MiniLM', bytes: 15, config: { a: 1 } }, { name: 'x', title: 'x', bytes: 7, config: undefined }])
})

test('of many wishes the first and the newest are asked', async () => {
  const asked = []
  const ask = latest(async (wish) => { asked.push(wish); await new Promise((done) => setTimeout(done, 5)) })
  ask('a')
  ask('b')
  await ask('c')
  assert.deepEqual(asked, ['a', 'c'])
  await ask('d')
  assert.deepEqual(asked, ['a', 'c', 'd'])
})

test('a run is gathered from its events', () => {
  const run = new RunRecord([{ name: 'topic' }, { name: 'sentiment' }], 2)
  const step = (at, losses) => run.hear({ event: 'step', step: at, steps: 4, epoch: at / 2, ms: 100, losses })
  assert.deepEqual(run.point(), [NaN, NaN])
  step(1, { topic: 1 })
  step(2, { topic: 3, sentiment: 0.5 })
  assert.deepEqual(run.point(), [2, 0.5])
  assert.deepEqual(run.point(), [NaN, NaN])
  assert.equal(run.progress.secondsLeft, 0.2)
  run.hear({ event: 'eval', step: 2, tasks: {} })
  run.hear({ event: 'frozen', equal: true, tensors: 3 })
  assert.equal(run.history[0].set, 'heldout')
  assert.equal(run.proof.tensors, 3)
  assert.equal(run.progress.epoch, 1)
  step(3, { topic: 1 })
  assert.equal(run.progress.epoch, 2)
  assert.equal(run.remark, '')
  run.hear({ event: 'plan', cut: 2 })
  run.hear({ event: 'skipped', step: 3 })
  assert.equal(run.remark, '2 texts longer than the limit of tokens were cut. 1 step skipped, for its numbers were not finite.')
  run.hear({ event: 'rollback', step: 11, to: 6, rate: 0.5 })
  assert.match(run.remark, /The weights of step 6 came back, and the rates are 0\.5 times/)
  run.hear({ event: 'done', stopped: true })
  assert.equal(run.whole, false)
  run.hear({ event: 'done' })
  assert.equal(run.whole, true)
})

test('a run whose heads are fitted at once', () => {
  const run = new RunRecord([{ name: 'topic' }], 3)
  run.hear({ event: 'plan', freeze: 'probe' })
  assert.equal(run.begun, false)
  run.hear({ event: 'probe', task: 'topic', n: 10, iterations: 7, converged: true, loss: 0.5, ms: 20 })
  run.hear({ event: 'done', steps: 1, stopped: false, early: false, bestStep: 0 })
  assert.deepEqual([run.probes, run.begun, run.whole, run.progress, run.losses.topic, run.remark], [true, true, true, null, 0.5, ''])
})

test('a policy that changes in mid-run, and an early end', () => {
  const run = new RunRecord([{ name: 'topic' }], 3, 2)
  run.hear({ event: 'plan', freeze: 'layers:4' })
  run.hear({ event: 'step', step: 60, steps: 90, epoch: 2, ms: 1, losses: { topic: 1 } })
  assert.equal(run.change, '')
  run.hear({ event: 'plan', freeze: 'layers:2' })
  assert.equal(run.change, 'From step 61: layers:2.')
  run.hear({ event: 'done', steps: 60, stopped: false, early: true, bestStep: 30 })
  assert.equal(run.verdict, 'No better for 2 evaluations; the model has the weights of step 30.')
  assert.equal(run.remark, `${run.change} ${run.verdict}`)
})

test('a run that comes back brings its settings', () => {
  const run = { freeze: 'backbone', tasks: [{ name: 'a', kind: 'single-label', labels: ['x', 'y'], weight: 1 }, { name: 'b', labels: ['p', 'q'], weight: 0.5 }], settings: { epochs: 2, lr: 1e-4, clip: 1 } }
  assert.deepEqual(settingsOf(run), { tasks: [{ name: 'a', labels: ['x', 'y'] }, { name: 'b', labels: ['p', 'q'], weight: 0.5 }], freeze: 'backbone', epochs: 2, lr: 1e-4 })
})
