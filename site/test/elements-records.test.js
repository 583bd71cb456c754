import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeviceChoice } from '../elements/device-choice.js'
import { parseRecords, tasksOf } from '../elements/record-file.js'
import { RunRecord } from '../elements/run-record.js'

/** The message of the error that a text gives. */
function fault(text, name = 'data.csv') {
  try {
    parseRecords(text, name)
  } catch (error) {
    assert.ok(error.hint, 'an error says what to do')
    return error.message
  }
  return assert.fail(`${JSON.stringify(text)} was taken`)
}

test('JSONL', () => {
  const text = '\uFEFF{"text": "One", "labels": {"topic": "sports"}}\r\n\n{"text": "Two"}\n'
  assert.deepEqual(parseRecords(text, 'a.jsonl'), [{ text: 'One', labels: { topic: 'sports' } }, { text: 'Two', labels: {} }])
})

test('JSONL: a bad line is named by its number and reason', () => {
  assert.match(fault('{"text": "a"}\n{oops}', 'a.jsonl'), /^a\.jsonl, line 2: this is not a JSON object/)
  assert.match(fault('{"labels": {}}', 'a.jsonl'), /line 1: "text" is missing/)
  assert.match(fault('{"text": "a", "labels": ["x"]}', 'a.jsonl'), /"labels" is not an object/)
  assert.match(fault('{"text": "a", "labels": {"Topic!": "x"}}', 'a.jsonl'), /"Topic!" cannot name a task/)
  assert.match(fault('{"text": "a", "labels": {"topic": 3}}', 'a.jsonl'), /label of topic is not a text/)
})

test('CSV with quotes, line breaks, empty cells and CRLF', () => {
  const text = 'topic,text,mood\r\nsports,"He said ""go"", and\nwent",\r\n,Plain,good\r\n'
  assert.deepEqual(parseRecords(text, 'a.csv'), [
    { text: 'He said "go", and\nwent', labels: { topic: 'sports' } },
    { text: 'Plain', labels: { mood: 'good' } },
  ])
})

test('TSV, and a table without an ending', () => {
  const rows = [{ text: 'a, b', labels: { topic: 'x' } }]
  assert.deepEqual(parseRecords('text\ttopic\na, b\tx', 'a.tsv'), rows)
  assert.deepEqual(parseRecords('text\ttopic\na, b\tx\n', 'pasted text'), rows)
})

test('tables: a bad row is named by its line and reason', () => {
  assert.match(fault('a,b\n1,2'), /no column is called "text"/)
  assert.match(fault('text,topic\none,x\ntwo'), /^data\.csv, line 3: 1 columns where the header has 2/)
  assert.match(fault('text,topic\n"a\nb",x\n,y'), /line 4: the text is empty/)
  assert.match(fault('text,topic\n"open,x'), /line 2: a quoted cell does not end/)
  assert.match(fault('text,topic\n"a"b,x'), /text after a closing quote/)
  assert.match(fault('text,topic,topic\na,b,c'), /two columns have the same name/)
  assert.match(fault('text,topic\n'), /has a header and no sentences/)
  assert.match(fault('  \n'), /is empty/)
})

test('tasks are found in the records, labels sorted', () => {
  const records = [{ text: 'a', labels: { topic: 'z' } }, { text: 'b', labels: { mood: 'up', topic: 'y' } }, { text: 'c', labels: { mood: 'down' } }]
  assert.deepEqual(tasksOf(records), [{ name: 'topic', labels: ['y', 'z'] }, { name: 'mood', labels: ['down', 'up'] }])
})

test('steps that are done again after a lost device are said', () => {
  const run = new RunRecord([{ name: 'topic' }], 2)
  const step = (n) => run.hear({ event: 'step', step: n, steps: 100, epoch: 0.1, loss: 1, losses: { topic: 1 }, ms: 5 })
  for (let n = 1; n <= 62; n++) step(n)
  run.hear({ event: 'device', device: {}, repeats: 12, unloaded: false })
  step(51)
  const evaluation = (step, accuracy) => run.hear({ event: 'eval', step, epoch: 1, set: 'heldout', tasks: { topic: { accuracy } } })
  evaluation(60, 0.5)
  evaluation(60, 0.5) // done again
  evaluation(100, 0.9)
  assert.deepEqual(run.history.map((e) => e.step), [60, 100])
  assert.equal(run.remark, 'The graphics device was lost after step 62; 12 steps before that were done again.')
  run.hear({ event: 'device', device: {}, repeats: 0, unloaded: false }) // a helper thread
  assert.match(run.remark, /step 62; 12 steps/)
})

test('a device that does not run here leaves the one before', async () => {
  const seen = []
  const page = { trainer: null, guard: (part, work) => work().catch((error) => seen.push([part, error.message])), makePlan: () => seen.push('plan') }
  const choice = new DeviceChoice(page, (changes) => seen.push(changes))
  await choice.turnTo('webgpu') // nothing has started
  page.trainer = { device: { kind: 'threads' }, setDevice: async (name) => { if (name === 'webgpu') throw new Error('no adapter'); return { kind: name } } }
  choice.begin(page.trainer, 'auto')
  await choice.turnTo('webgpu')
  assert.deepEqual([choice.runs.kind, choice.wished, seen], ['threads', 'auto', [{ device: 'auto' }, ['device', 'no adapter']]])
  await choice.turnTo('auto') // what refusing has set
  await choice.turnTo('cpu')
  assert.deepEqual([choice.runs.kind, choice.wished, seen.slice(2)], ['cpu', 'cpu', ['plan']])
})
