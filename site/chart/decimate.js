/**
 * Min/max decimation: a long curve becomes a few points a pixel and keeps every peak.
 *
 * The rows of a ring are cut into `buckets` runs of equal length. A run gives two rows, at its first and its last x;
 * each column puts its least and its greatest value there, in the order in which they came. A ring with at most two rows a bucket
 * is copied as it is.
 *
 * @param {import('./ring.js').Ring} ring
 * @param {number} buckets  about the width of the plot in pixels
 * @returns {(number | null)[][]} columns for uPlot; null where there is no number
 */
export function decimate(ring, buckets) {
  if (ring.length <= 2 * buckets) return ring.columns.map((_, c) => copy(ring, c))
  const out = ring.columns.map(() => [])
  for (let b = 0; b < buckets; b++) {
    const from = Math.floor((b * ring.length) / buckets)
    const to = Math.floor(((b + 1) * ring.length) / buckets)
    out[0].push(ring.at(0, from), ring.at(0, to - 1))
    for (let c = 1; c < out.length; c++) out[c].push(...extremes(ring, c, from, to))
  }
  return out
}

function copy(ring, c) {
  return Array.from({ length: ring.length }, (_, i) => number(ring.at(c, i)))
}

/** The least and the greatest value of rows from..to in the order of their place. NaN is passed over. */
function extremes(ring, c, from, to) {
  let low = -1
  let high = -1
  for (let i = from; i < to; i++) {
    const v = ring.at(c, i)
    if (Number.isNaN(v)) continue
    if (low < 0 || v < ring.at(c, low)) low = i
    if (high < 0 || v > ring.at(c, high)) high = i
  }
  if (low < 0) return [null, null]
  return [ring.at(c, Math.min(low, high)), ring.at(c, Math.max(low, high))]
}

function number(v) {
  return Number.isNaN(v) ? null : v
}
