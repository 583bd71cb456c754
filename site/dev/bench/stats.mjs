/** The arithmetic of the table. Times are milliseconds. */

/** The median, the mean of the two middle ones where their number is even. @param {number[]} times */
export function median(times) {
  const sorted = [...times].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How far times lie apart: the median distance from their median, as a share of it. @param {number[]} times */
export function spread(times) {
  const m = median(times)
  return median(times.map((t) => Math.abs(t - m))) / m
}

/** @param {number[]} numbers all above zero */
export function geometricMean(numbers) { return Math.exp(numbers.reduce((sum, x) => sum + Math.log(x), 0) / numbers.length) }

/** The greatest distance between two lists of numbers, as a share of the greatest number. @param {number[]} a @param {number[]} b */
export function distance(a, b) {
  if (a.length !== b.length) return Infinity
  const size = Math.max(...a.map(Math.abs), ...b.map(Math.abs))
  return Math.max(0, ...a.map((x, i) => Math.abs(x - b[i]))) / size
}
