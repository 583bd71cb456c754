import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decimate } from '../chart/decimate.js'
import { Ring } from '../chart/ring.js'
import { Spread } from '../chart/spread.js'

/** A ring of steps 0..n-1 with one column of values. */
function ringOf(n, value, capacity = n) {
  const ring = new Ring(2, capacity)
  for (let i = 0; i < n; i++) ring.push([i, value(i)])
  return ring
}

test('a ring keeps the newest rows', () => {
  const ring = ringOf(10, (i) => i * i, 4)
  assert.equal(ring.length, 4)
  assert.deepEqual([0, 1, 2, 3].map((i) => ring.at(0, i)), [6, 7, 8, 9])
  assert.deepEqual([0, 1, 2, 3].map((i) => ring.at(1, i)), [36, 49, 64, 81])
  ring.clear()
  assert.equal(ring.length, 0)
})

test('a missing value is NaN in the ring and null in the drawing', () => {
  const ring = new Ring(3, 4)
  ring.push([1, 0.5])
  assert.ok(Number.isNaN(ring.at(2, 0)))
  assert.deepEqual(decimate(ring, 10), [[1], [0.5], [null]])
})

test('few rows are copied as they are', () => {
  const ring = ringOf(20, (i) => i / 2)
  assert.deepEqual(decimate(ring, 10), [Array.from({ length: 20 }, (_, i) => i), Array.from({ length: 20 }, (_, i) => i / 2)])
})

test('many rows become two a bucket, and every peak stays', () => {
  const ring = ringOf(10000, (i) => (i === 4321 ? 9 : i === 7000 ? -9 : Math.fround(Math.sin(i))))
  const [xs, ys] = decimate(ring, 100)
  assert.equal(xs.length, 200)
  assert.equal(ys.length, 200)
  assert.equal(xs[0], 0)
  assert.equal(xs.at(-1), 9999)
  assert.equal(Math.max(...ys), 9)
  assert.equal(Math.min(...ys), -9)
  assert.ok(xs.every((x, i) => i === 0 || x >= xs[i - 1]), 'x never goes back')
})

test('the least and the greatest value stand in the order in which they came', () => {
  const [, falling] = decimate(ringOf(30, (i) => 30 - i), 3)
  assert.deepEqual(falling, [30, 21, 20, 11, 10, 1])
  const [, rising] = decimate(ringOf(30, (i) => i), 3)
  assert.deepEqual(rising, [0, 9, 10, 19, 20, 29])
})

test('a bucket without a number is a gap', () => {
  const [, ys] = decimate(ringOf(30, (i) => (i < 10 ? NaN : i)), 3)
  assert.deepEqual(ys, [null, null, 10, 19, 20, 29])
})

test('decimation follows the ring round its end', () => {
  const [xs, ys] = decimate(ringOf(100, (i) => i, 30), 3)
  assert.deepEqual(xs, [70, 79, 80, 89, 90, 99])
  assert.deepEqual(ys, [70, 79, 80, 89, 90, 99])
})

test('a table of a long run keeps the first row, the newest, and some between', () => {
  for (const steps of [5, 13, 100, 375, 5000]) {
    const table = new Spread(12)
    for (let step = 1; step <= steps; step++) table.push([step, step * 2])
    const at = table.rows.map(([step]) => step)
    assert.equal(at[0], 1)
    assert.equal(at.at(-1), steps)
    assert.ok(at.length <= 12 && at.length >= Math.min(steps, 5), `${steps} steps: ${at}`)
    const gaps = at.slice(1).map((step, i) => step - at[i])
    assert.ok(Math.max(...gaps) <= Math.max(4, steps / 3), `${steps} steps: ${at}`)
  }
})
