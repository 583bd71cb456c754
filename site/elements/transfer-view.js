/**
 * <transfer-view>: whether one task gains from another that shares its encoder: the task alone, after the other, and both together.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {string} a            the task to learn from
 * @property {string} b            the task that may gain
 * @property {number} seeds
 * @property {Map<string, any>} arms   what each run has so far, by its name
 * @property {{ a: string, b: string, verdict: { gains: { run: string, accuracy: number, noise: number, counts: boolean }[], sentence: string } } | null} transfer   the whole, at the end
 * @property {{ run: string, seed: number, step?: number, steps?: number } | null} now
 * @property {number} share        of the whole that is done
 * @property {'idle'|'comparing'|'paused'|'stopping'} phase
 * @property {boolean} busy        something else goes on
 * @property {string} note
 * @property {{ message: string, hint?: string } | null} error
 * @event transfer-start · compare-stop
 * @event transfer-choose          detail: {a, b}
 * @event settings-change          detail: {transferSeeds}
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { decimal, grouped, percent } from './format.js'

const styles = await sheets(import.meta.url, './transfer-view.css')
const RUNS = { 'B alone': (_, b) => `${b} alone`, 'A then B': (a, b) => `${a}, then ${b}`, 'A and B together': (a, b) => `${a} and ${b} together` }

class TransferView extends PageElement {
  static props = { tasks: [], a: '', b: '', seeds: 1, arms: new Map(), transfer: null, now: null, share: 0, phase: 'idle', busy: false, note: '', error: null }

  constructor() {
    super(styles)
    const select = (id) => h('select', { id, onchange: () => this.#choose(id) })
    const field = (id, text, node) => h('div.field', {}, h('label', { for: id }, text), node)
    this.from = select('from')
    this.to = select('to')
    this.seedField = h('input', { id: 'seeds', type: 'number', min: 1, max: 20, step: 1, onchange: () => this.#setSeeds() })
    this.button = h('button', { onclick: () => this.emit(this.phase === 'idle' ? 'transfer-start' : 'compare-stop') })
    this.bar = h('progress', { max: 1, 'aria-label': 'Transfer experiment' })
    this.line = h('p.quiet.number.note')
    this.problem = errorBox()
    this.body = h('tbody')
    this.verdict = h('p.verdict', { role: 'status' })
    this.cosine = h('p.quiet')
    this.shadowRoot.append(h('div.card', {},
      h('h3', {}, 'Does one task gain from another?'),
      h('div.choose', {}, field('to', 'This task', this.to), field('from', 'from this one', this.from), field('seeds', 'Seeds', this.seedField), this.button),
      h('div.progress', {}, this.bar, this.line), this.problem.box,
      h('table', {}, h('caption.visually-hidden', {}, 'Held-out figures of the task that may gain'),
        h('thead', {}, h('tr', {}, ...['Learnt', 'Loss', 'Right', 'Gain'].map((t) => h('th', { scope: 'col' }, t)))), this.body),
      this.verdict, this.cosine))
  }

  render() {
    const { tasks, phase } = this
    const resting = phase !== 'idle' || this.busy
    const key = tasks.map((t) => t.name).join()
    if (this.built !== key) {
      this.built = key
      for (const box of [this.from, this.to]) box.replaceChildren(...tasks.map((t) => h('option', { value: t.name }, t.name)))
    }
    Object.assign(this.from, { value: this.a, disabled: resting })
    Object.assign(this.to, { value: this.b, disabled: resting })
    this.seedField.disabled = resting
    if (this.shadowRoot.activeElement !== this.seedField) this.seedField.value = String(this.seeds)
    this.button.textContent = phase === 'idle' ? 'Find out' : 'Stop'
    this.button.disabled = phase === 'stopping' || this.busy || tasks.length < 2
    this.bar.value = this.share
    this.line.textContent = tasks.length < 2 ? 'This takes two tasks.' : this.note
    this.problem.show(this.error)
    this.#showRuns()
    this.verdict.textContent = this.transfer?.verdict.sentence ?? ''
    this.cosine.textContent = cosines(this.arms.get('A and B together'))
  }

  #showRuns() {
    const of = this.transfer ?? this
    this.body.replaceChildren(...Object.entries(RUNS).map(([run, words]) => {
      const arm = this.arms.get(run)
      const gain = this.transfer?.verdict.gains.find((g) => g.run === run)
      return h(`tr${this.now?.run === run ? '.now' : ''}`, {}, h('th', { scope: 'row' }, words(of.a, of.b)),
        h('td.number', {}, arm ? figure(arm.loss, (x) => decimal(x, 3), arm.losses.length) : '–'),
        h('td.number', {}, arm ? figure(arm.accuracy, (x) => percent(x, 1), arm.accuracies.length) : '–'),
        h('td.number', {}, gain ? `${signed(100 * gain.accuracy)}${gain.counts ? '' : ' (noise)'}` : ''))
    }))
  }

  #choose(changed) {
    const [a, b] = [this.from.value, this.to.value]
    // The two are never the same: the one that was not changed makes room.
    const other = this.tasks.find((t) => t.name !== (changed === 'from' ? a : b))?.name
    this.emit('transfer-choose', a !== b ? { a, b } : changed === 'from' ? { a, b: other } : { a: other, b })
  }

  #setSeeds() {
    if (Number.isFinite(this.seedField.valueAsNumber)) this.emit('settings-change', { transferSeeds: this.seedField.valueAsNumber })
    else this.seedField.value = String(this.seeds)
  }
}

/** "0.412 ± 0.020" of several seeds. */
function figure({ mean, spread }, say, n) {
  return n > 1 ? `${say(mean)} ± ${say(spread)}` : say(mean)
}

function signed(x) {
  return `${x > 0 ? '+' : x < 0 ? '−' : ''}${Math.abs(x).toFixed(1)}`
}

/** How the gradients of the two tasks stand to each other, in words. */
function cosines(arm) {
  if (!arm?.cosineEnd?.length) return ''
  const mean = (list) => decimal(list.reduce((sum, x) => sum + x, 0) / list.length, 2)
  return `While both learn together, the cosine between their gradients on the shared encoder goes from ${mean(arm.cosineStart)} to ${mean(arm.cosineEnd)}: 1 would be one direction for both, 0 is at right angles, below 0 they pull apart. ${grouped(arm.sentences)} sentences to learn from, ${grouped(arm.heldOut)} to be judged by.`
}

define('transfer-view', TransferView)
