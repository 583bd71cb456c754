/**
 * What is known of one run, gathered from its events: how far it is, what it lost, what it scored, what stayed frozen. It shows nothing.
 */
import { meanMs, secondsLeft } from './run-view.js'

export class RunRecord {
  progress = null; mean = NaN; history = []; losses = {}; proof = null; done = false
  #sums

  /** @param {{ name: string }[]} tasks */
  constructor(tasks) {
    this.tasks = tasks
    this.#clear()
  }

  /** Takes an event; design.md has their fields. */
  hear(e) {
    if (e.event === 'step') this.#step(e)
    else if (e.event === 'eval') this.history = [...this.history, { ...e, set: e.set ?? 'heldout' }]
    else if (e.event === 'frozen') this.proof = e
    else if (e.event === 'done') this.done = true
  }

  /** Whether every step has been taken. */
  get whole() {
    return this.done && this.progress !== null && this.progress.step >= this.progress.steps
  }

  /** The mean loss of each task since the last call, in the order of the tasks; NaN where a task had none. */
  point() {
    const point = this.#sums.map(({ sum, n }) => (n ? sum / n : NaN))
    this.#clear()
    return point
  }

  #step(e) {
    this.mean = meanMs(this.mean, e.ms)
    this.losses = { ...this.losses, ...e.losses }
    this.progress = { ...e, secondsLeft: secondsLeft(e, this.mean) }
    this.tasks.forEach(({ name }, i) => {
      if (!Number.isFinite(e.losses[name])) return
      this.#sums[i].sum += e.losses[name]
      this.#sums[i].n++
    })
  }

  #clear() {
    this.#sums = this.tasks.map(() => ({ sum: 0, n: 0 }))
  }
}
