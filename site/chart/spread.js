/**
 * A few rows that stand for a long run: the first, the newest, and some between at about equal distance. When there are too many
 * every other one goes and the distance doubles.
 */
export class Spread {
  rows = []
  #apart = 0

  /** @param {number} most  rows kept at most */
  constructor(most) {
    this.most = most
  }

  /** Adds a row, whose first value is its place. @param {number[]} row */
  push(row) {
    const before = this.rows.at(-2)
    if (before && row[0] - before[0] < this.#apart) this.rows[this.rows.length - 1] = row
    else this.rows.push(row)
    if (this.rows.length <= this.most) return
    this.#apart = (2 * (row[0] - this.rows[0][0])) / this.most
    this.rows = this.rows.filter((_, i) => i % 2 === 0 || i === this.rows.length - 1)
  }
}
