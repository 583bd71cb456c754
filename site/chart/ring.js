/**
 * Rows of numbers in columns: one Float32Array a column, as a ring. When it is full the oldest rows go, so a run of any
 * length keeps a fixed amount of memory.
 */
export class Ring {
  /**
   * @param {number} columns   the first one is x
   * @param {number} capacity  rows
   */
  constructor(columns, capacity) {
    this.capacity = capacity
    this.columns = Array.from({ length: columns }, () => new Float32Array(capacity))
    this.clear()
  }

  /** Forgets every row. */
  clear() {
    this.start = 0
    this.length = 0
  }

  /** Adds a row; a missing value is NaN. @param {ArrayLike<number>} row as many as there are columns */
  push(row) {
    const at = (this.start + this.length) % this.capacity
    this.columns.forEach((column, c) => { column[at] = row[c] ?? NaN })
    if (this.length < this.capacity) this.length++
    else this.start = (this.start + 1) % this.capacity
  }

  /** The value of a column in the row `i` steps after the oldest. */
  at(column, i) {
    return this.columns[column][(this.start + i) % this.capacity]
  }
}
