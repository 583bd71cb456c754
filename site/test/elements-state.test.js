import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROPS, current, parseTasks, printTasks, readHash, set, subscribe, writeHash } from '../state.js'

const FIRST = Object.fromEntries(PROPS.map((p) => [p.name, p.first]))

test('the first values write nothing, and an empty hash reads nothing', () => {
  assert.equal(writeHash(FIRST), '')
  assert.deepEqual(readHash(''), {})
  assert.deepEqual(readHash('#'), {})
})

test('what is written to the hash reads back the same', () => {
  const values = {
    ...FIRST, n: 640, typos: 0.1, freeze: 'layers:2,head:topic,!*.bias', lr: 3e-5, styles: ['chat', 'review'],
    tasks: [{ name: 'urgency', labels: ['low & slow', 'high=now', 'ünïcode'] }, { name: 'b', labels: ['x', 'y'], weight: 0.5 }],
  }
  const hash = writeHash(values)
  assert.deepEqual({ ...FIRST, ...readHash(hash) }, values)
})

test('a hash stays readable', () => {
  assert.equal(writeHash({ ...FIRST, n: 500, freeze: 'layers:2,!head:topic' }), '#n=500&freeze=layers:2,!head:topic')
})

test('what does not parse is passed over, and numbers go to their bounds', () => {
  assert.deepEqual(readHash('#n=many&lr=&device=abacus&tasks=topic&nonsense=1&part-train'), {})
  assert.deepEqual(readHash('#n=5&epochs=0&dropout=7'), { n: 16, epochs: 1, dropout: 0.9 })
})

test('tasks need a proper name, two labels and no repetition', () => {
  assert.equal(parseTasks('text=a,b'), undefined)
  assert.equal(parseTasks('Topic=a,b'), undefined)
  assert.equal(parseTasks('topic=a'), undefined)
  assert.equal(parseTasks('topic=a,a'), undefined)
  assert.equal(parseTasks('topic=a,b;topic=c,d'), undefined)
  assert.equal(printTasks(parseTasks('a=x,y;b:0.25=p,q')), 'a=x,y;b:0.25=p,q')
})

test('set tells subscribers the new state and what changed', () => {
  const told = []
  const stop = subscribe((state, names) => told.push([state.epochs, names]))
  set({ epochs: 5.4 })
  stop()
  set({ epochs: 3 })
  assert.deepEqual(told, [[5, ['epochs']]])
  assert.equal(current().epochs, 3)
  assert.throws(() => set({ nothing: 1 }), /no setting is called nothing/)
})
