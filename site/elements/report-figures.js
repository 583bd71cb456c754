/**
 * Figures of a report, computed from plain values: scores of each label, and how well labels lie together in a plane.
 */

/**
 * Precision, recall and F1 of each label, as scikit-learn counts them: NaN where nothing was said or nothing is true.
 *
 * @param {{ labels: string[], confusion: number[][] }} scores   rows are what is true
 */
export function perLabel({ labels, confusion }) {
  return labels.map((label, i) => {
    const n = confusion[i].reduce((sum, x) => sum + x, 0)
    const said = confusion.reduce((sum, row) => sum + row[i], 0)
    const right = confusion[i][i]
    return { label, n, precision: right / said, recall: right / n, f1: (2 * right) / (n + said) }
  })
}

/**
 * The share of points whose nearest neighbour carries the same label; NaN for fewer than two points.
 *
 * @param {{ at: number[], label: string }[]} points
 */
export function neighbours(points) {
  const same = points.filter((p, i) => {
    const near = points.reduce((best, q, k) => {
      const d = (p.at[0] - q.at[0]) ** 2 + (p.at[1] - q.at[1]) ** 2
      return k !== i && d < best.d ? { d, label: q.label } : best
    }, { d: Infinity, label: '' })
    return near.label === p.label
  })
  return points.length > 1 ? same.length / points.length : NaN
}

/** A square that holds all places, the same for before and after: [least x, least y, side]. @param {number[][]} places */
export function frame(places) {
  const [xs, ys] = [0, 1].map((k) => places.map((p) => p[k]))
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const side = Math.max(x1 - x0, y1 - y0, 1e-9) * 1.08
  return [(x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side]
}

/** What a reliability curve says, in words. @param {{ bins: any[], ece: number, n: number }} r @param {(share: number, digits?: number) => string} percent */
export function trust({ bins, ece, n }, percent) {
  const mean = (key) => bins.reduce((sum, b) => sum + b.n * b[key], 0) / n
  const [said, right] = [mean('confidence'), mean('accuracy')]
  const way = Math.abs(said - right) < 0.02 ? 'about as sure as it is right' : said > right ? 'surer than it is right' : 'less sure than it is right'
  return `It is ${way}: ${percent(said)} sure on average, right on ${percent(right)}; the mean gap (ECE) is ${percent(ece, 1)}.`
}
