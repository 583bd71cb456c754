/**
 * <score-board>: how often each task is right, before training and at each evaluation, on the held-out half of the
 * synthetic sentences and on natural ones, with the newest confusion tables.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {boolean} fitted  the heads were fitted at once, without epochs
 * @property {number} epochs   of the run, so that the columns stand before the numbers come
 * @property {{ step: number, epoch: number, set: string, tasks: Record<string, { loss: number, accuracy: number, macroF1: number,
 *   n: number, confusion?: number[][], labels?: string[] }> }[]} history   evaluations in the order in which they came
 */
import { PageElement, define, h, sheets } from './dom.js'
import { decimal, percent, plural } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './score-board.css')
const SETS = [['heldout', 'Held-out half'], ['natural', 'Natural sentences']]

/** Columns shown at most besides "before": the newest ones. */
const COLUMNS = 4

class ScoreBoard extends PageElement {
  static props = { tasks: [], epochs: 3, history: [], fitted: false }

  constructor() {
    super(styles)
    this.box = h('div.tasks')
    this.tables = h('div.tables')
    this.details = h('details', { ontoggle: () => this.#showConfusion() }, h('summary', {}, 'What is taken for what'), h('p.quiet', {}, 'Rows are what is true, columns what was said.'), this.tables)
    this.shadowRoot.append(h('div.card', {}, h('h3', {}, 'Accuracy'), this.box,
      h('p.quiet', {}, 'Held-out sentences come from templates and lexicon entries that the training never saw; the natural ones were written by hand.'), this.details))
  }

  render() {
    const sets = SETS.filter(([set], i) => i === 0 || !this.history.length || this.history.some((e) => e.set === set))
    this.box.replaceChildren(...this.tasks.map((task, i) => this.#task(task, i, sets)))
    this.#showConfusion()
  }

  #task(task, index, sets) {
    const marks = columns(this.history, task.name, this.fitted ? 0 : this.epochs)
    const kept = new Set([marks[0], marks.findLast(({ step }) => step > 0) ?? marks[1]])
    // A narrow screen shows the first and the newest of the columns.
    for (const mark of marks) mark.middle = kept.has(mark) ? '' : '.middle'
    return h(`section.${hueClass(index)}`, {},
      h('h4', {}, h('span.dot'), ` ${task.name} `, h('span.quiet', {}, `guessing: ${percent(1 / task.labels.length)}`)),
      h('div.scroll', {}, h('table', { 'aria-label': `Accuracy of ${task.name}` }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Set'),
        ...marks.map(({ step, epoch, middle }) => h(`th${middle}`, { scope: 'col' }, step === 0 ? 'Before' : this.fitted ? 'Fitted' : `Epoch ${Number(epoch.toFixed(1))}`)), h('th', { scope: 'col' }, 'F1'))),
        h('tbody', {}, ...sets.map((set) => this.#row(task, set, marks))))))
  }

  #row(task, [set, title], marks) {
    const results = this.history.filter((e) => e.set === set && e.tasks[task.name]?.n > 0)
    const last = results.at(-1)?.tasks[task.name]
    const cells = marks.map(({ step, middle }) => {
      const result = results.findLast((e) => e.step === step)?.tasks[task.name]
      const bar = h('span.fill')
      bar.style.setProperty('--share', String(result?.accuracy ?? 0))
      return h(`td${middle}`, {}, h('span.score', {}, percent(result?.accuracy ?? NaN)), h('span.track', { 'aria-hidden': 'true' }, bar))
    })
    return h('tr', {}, h('th', { scope: 'row' }, title, h('span.n', {}, last ? plural(last.n, 'sentence') : '')), ...cells, h('td', {}, last ? decimal(last.macroF1, 2) : '–'))
  }

  #showConfusion() {
    if (!this.details.open) return
    const blocks = this.tasks.flatMap((task, i) => SETS.map(([set, title]) => {
      const result = this.history.findLast((e) => e.set === set && e.tasks[task.name]?.confusion)?.tasks[task.name]
      return result?.n ? confusion(task.name, i, title, result.labels ?? task.labels, result.confusion) : null
    }).filter(Boolean))
    this.tables.replaceChildren(...(blocks.length ? blocks : [h('p.quiet', {}, 'The tables come with the first evaluation.')]))
  }
}

/** Before training and the newest evaluations of a task, then the epochs still to come, as { step, epoch }. */
function columns(history, name, epochs) {
  const seen = new Map()
  for (const { step, epoch, tasks } of history) if (tasks[name]) seen.set(step, { step, epoch })
  const marks = [...seen.values()].sort((a, b) => a.step - b.step)
  if (!marks.length) marks.push({ step: 0, epoch: 0 })
  for (let epoch = Math.floor(marks.at(-1).epoch) + 1; epoch <= epochs && marks.length < COLUMNS; epoch++) marks.push({ step: -epoch, epoch })
  return marks.length <= COLUMNS ? marks : [marks[0], ...marks.slice(1 - COLUMNS)]
}

/** Rows are what is true, columns what was said; the darker, the more of the row. */
function confusion(name, index, title, labels, counts) {
  const rows = counts.map((row, r) => {
    const sum = row.reduce((a, b) => a + b, 0) || 1
    const cells = row.map((n, c) => {
      const cell = h(`td.${r === c ? 'right' : 'wrong'}`, {}, String(n))
      cell.style.setProperty('--part', `${Math.round((n / sum) * 40)}%`)
      return cell
    })
    return h('tr', {}, h('th', { scope: 'row' }, labels[r]), ...cells)
  })
  const words = `${name}, ${title.toLowerCase()}`
  return h(`div.scroll.${hueClass(index)}`, {}, h('p.quiet', {}, h('span.dot'), ` ${words}`), h('table.confusion', { 'aria-label': words },
    h('thead', {}, h('tr', {}, h('td'), ...labels.map((l) => h('th', { scope: 'col' }, l)))), h('tbody', {}, ...rows)))
}

define('score-board', ScoreBoard)
