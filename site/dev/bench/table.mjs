/** Rows of ratios, and how people read them. */

/**
 * @typedef {object} Row
 * @property {string} part      the part of the bench
 * @property {string} what      what was done
 * @property {string} threads   of thaw and of the peer
 * @property {string} peer
 * @property {Side} ours
 * @property {Side} theirs
 * @property {number} [ratio]   how many times as quick as the peer; with atMost, how many times its time; none without a peer
 * @property {{ atLeast?: number, atMost?: number }} [target]
 * @property {string} [note]
 *
 * @typedef {{ ms?: number, spread?: number, tokens?: number, speed?: string }} Side   speed: in words, where milliseconds say little
 */

/** Whether a row reaches its target; undefined where it has none. @param {Row} row */
export function reached({ ratio, target }) {
  if (!target || ratio === undefined) return undefined
  return target.atLeast === undefined ? ratio <= /** @type {number} */ (target.atMost) : ratio >= target.atLeast
}

/** 0.0123, 1.23, 12.3, 123 ms. @param {number} ms */
export function time(ms) { return `${ms >= 99.95 ? ms.toFixed(0) : ms >= 9.995 ? ms.toFixed(1) : ms.toPrecision(3)} ms` }

/** @param {Side} side */
function sideText({ ms, spread, speed, tokens }) {
  const words = speed ?? (ms === undefined ? '' : time(ms))
  const far = spread === undefined ? '' : ` ±${Math.round(100 * spread)} %`
  return `${words}${far}${tokens && ms ? `, ${Math.round(tokens / ms * 1000)} tokens/s` : ''}`
}

/** "1.62 × (at least 1.4)". @param {Row} row */
function ratioText({ ratio, target }) {
  if (ratio === undefined) return ''
  const times = `${ratio.toFixed(2)} ×`
  if (!target) return times
  return target.atLeast === undefined ? `${times} its time (at most ${round(target.atMost)})` : `${times} (at least ${round(target.atLeast)})`
}

function round(x) { return Number(x.toFixed(2)) }

const HEADINGS = ['what', 'threads', 'thaw', 'against', 'its time', 'ratio', '']

/** A table of rows, as lines. @param {Row[]} rows @returns {string[]} */
export function table(rows) {
  const cells = rows.map((row) => [
    row.what, row.threads, sideText(row.ours), row.peer, sideText(row.theirs), ratioText(row), { true: 'reached', false: 'missed', undefined: '' }[String(reached(row))] ?? '',
  ])
  const all = [HEADINGS, ...cells]
  const widths = HEADINGS.map((_, i) => Math.max(...all.map((row) => [...row[i]].length)))
  const line = (row) => row.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join('  ').trimEnd()
  return [line(HEADINGS), widths.map((n) => '─'.repeat(n)).join('  ').trimEnd(), ...cells.map(line)]
}
