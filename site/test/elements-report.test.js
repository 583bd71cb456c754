import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percent } from '../elements/format.js'
import { frame, neighbours, perLabel, trust } from '../elements/report-figures.js'

test('scores of each label, by hand', () => {
  const [a, b, c] = perLabel({ labels: ['a', 'b', 'c'], confusion: [[3, 1, 0], [1, 2, 1], [0, 0, 0]] })
  assert.deepEqual(a, { label: 'a', n: 4, precision: 0.75, recall: 0.75, f1: 0.75 })
  assert.deepEqual([b.n, b.recall, b.precision], [4, 0.5, 2 / 3])
  assert.deepEqual([c.n, c.precision, c.f1], [0, 0, 0])
  assert.ok(Number.isNaN(c.recall))
})

test('neighbours of the same label', () => {
  const at = (x, label) => ({ at: [x, 0], label })
  assert.equal(neighbours([at(0, 'a'), at(1, 'a'), at(10, 'b'), at(11, 'b')]), 1)
  assert.equal(neighbours([at(0, 'a'), at(1, 'b'), at(10, 'a'), at(11, 'b')]), 0)
  assert.ok(Number.isNaN(neighbours([at(0, 'a')])))
})

test('a frame is a square that holds everything', () => {
  const [x, y, side] = frame([[0, 0], [4, 1]])
  assert.ok(x < 0 && y < 0 && x + side > 4 && y + side > 1)
  assert.ok(frame([[2, 2]])[2] > 0)
})

test('trust in words', () => {
  const bins = (confidence, accuracy) => ({ bins: [{ confidence, accuracy, n: 8 }, { confidence: 0, accuracy: 0, n: 0 }], ece: Math.abs(confidence - accuracy), n: 8 })
  assert.match(trust(bins(0.9, 0.6), percent), /surer than it is right: 90.% sure on average, right on 60.%; .* 30\.0.%/)
  assert.match(trust(bins(0.6, 0.9), percent), /less sure than/)
  assert.match(trust(bins(0.6, 0.61), percent), /about as sure as/)
})
