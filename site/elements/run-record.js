/**
 * What is known of one run, gathered from its events: how far it is, what it lost, what it scored, what stayed frozen. It shows nothing.
 */
import { grouped, plural } from './format.js'
import { meanMs, secondsLeft } from './run-view.js'

export class RunRecord {
  plan = null; progress = null; mean = NaN; history = []; losses = {}; proof = null; done = false; stopped = false; skipped = 0
  fits = []; changes = []; back = null; end = null; moved = null
  #sums

  /** @param {{ name: string }[]} tasks @param {number} epochs @param {number} [patience] */
  constructor(tasks, epochs, patience = 0) {
    this.patience = patience
    this.tasks = tasks
    this.epochs = epochs
    this.#clear()
  }

  /** Takes an event; design.md has their fields. */
  hear(e) {
    if (e.event === 'step') this.#step(e)
    else if (e.event === 'eval') this.#eval({ ...e, set: e.set ?? 'heldout' })
    else if (e.event === 'plan') this.#plan(e)
    else if (e.event === 'probe') this.#fit(e)
    else if (e.event === 'skipped') this.skipped++
    else if (e.event === 'rollback') this.back = e
    else if (e.event === 'device' && e.repeats > 0) this.moved = { step: this.progress.step, repeats: e.repeats }
    else if (e.event === 'frozen') this.proof = e
    else if (e.event === 'done') Object.assign(this, { done: true, stopped: Boolean(e.stopped), end: e })
  }

  /** Whether something has been learnt. */
  get begun() { return this.progress !== null || this.fits.length > 0 }

  /** Whether every step has been taken. */
  get whole() { return this.done && !this.stopped && this.begun }

  /** Whether heads are fitted at once, without steps. */
  get probes() { return this.plan?.freeze === 'probe' }

  /** What else is frozen since which step, the newest change; '' before the first. */
  get change() {
    const last = this.changes.at(-1)
    return last ? `From step ${grouped(last.step)}: ${last.freeze}.` : ''
  }

  /** How patience has ended the run, '' where it has not. */
  get verdict() {
    const { early, bestStep } = this.end ?? {}
    if (early) return `No better for ${plural(this.patience, 'evaluation')}; the model has the weights of step ${grouped(bestStep)}.`
    return bestStep && bestStep < this.end.steps ? `The model has the weights of step ${grouped(bestStep)}, the best on held-out sentences.` : ''
  }

  /** What a person should know besides the curves, in a sentence or two. */
  get remark() {
    const cut = this.plan?.cut ? `${plural(this.plan.cut, 'text')} longer than the limit of tokens ${this.plan.cut === 1 ? 'was' : 'were'} cut.` : ''
    const skipped = this.skipped ? `${plural(this.skipped, 'step')} skipped, for ${this.skipped === 1 ? 'its' : 'their'} numbers were not finite.` : ''
    const back = this.back ? `The weights of step ${grouped(this.back.to)} came back, and the rates are ${this.back.rate} times what was asked for.` : ''
    const moved = this.moved ? `The graphics device was lost after step ${grouped(this.moved.step)}; ${plural(this.moved.repeats, 'step')} before that ${this.moved.repeats === 1 ? 'was' : 'were'} done again.` : ''
    return [cut, skipped, back, moved, this.change, this.verdict].filter(Boolean).join(' ')
  }

  /** The mean loss of each task since the last call, in the order of the tasks; NaN where a task had none. */
  point() {
    const point = this.#sums.map(({ sum, n }) => (n ? sum / n : NaN))
    this.#clear()
    return point
  }

  /** The first plan is the run's; one that comes after steps says that something else is frozen from now on. */
  #plan(e) {
    if (this.progress && this.plan && e.freeze !== this.plan.freeze) this.changes = [...this.changes, { step: this.progress.step + 1, freeze: e.freeze }]
    this.plan = e
  }

  /** An evaluation that is done again after a device was lost takes the place of the first. */
  #eval(e) {
    this.history = [...this.history.filter(({ step, set }) => step !== e.step || set !== e.set), e]
  }

  #fit(e) {
    this.fits = [...this.fits, e]
    this.losses = { ...this.losses, [e.task]: e.loss }
  }

  #step(e) {
    this.mean = meanMs(this.mean, e.ms)
    this.losses = { ...this.losses, ...e.losses }
    // The event counts passes over the data so far, 0.01 after the first step: that is in epoch 1.
    const epoch = Math.max(1, Math.ceil(e.epoch - 1e-9))
    this.progress = { ...e, epoch, epochs: this.epochs, secondsLeft: secondsLeft(e, this.mean) }
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
