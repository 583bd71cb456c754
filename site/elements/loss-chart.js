/**
 * <loss-chart>: the loss of each task over the steps, smoothed over the raw curve, with a sentence and a table for
 * those who do not see the picture.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {boolean} fitted   the heads were fitted at once, so that there are no steps to show
 * @method reset()                  forgets the curves and takes the tasks' names
 * @method append(step, losses, steps)   adds a point of a run of `steps`: the mean losses since the one before, in the order of the tasks, NaN for none
 */
import { LiveChart } from '../chart/live-chart.js'
import { Spread } from '../chart/spread.js'
import { PageElement, define, h, sheets } from './dom.js'
import { decimal, grouped } from './format.js'
import { hueClass, hueOf } from './task-hue.js'

const styles = await sheets(import.meta.url, '../vendor/uPlot.min.css', './loss-chart.css')

/** Share of one step's loss in the smooth curve: about the last seven steps. */
const NEWEST = 0.15
const TABLE_ROWS = 12

class LossChart extends PageElement {
  static props = { tasks: [], fitted: false }

  constructor() {
    super(styles)
    this.smooth = []
    this.first = []
    this.steps = 0
    this.host = h('div.plot', { 'aria-hidden': 'true' })
    this.empty = h('p.empty.quiet', {}, 'The curves start with the first step.')
    this.legend = h('ul')
    this.summary = h('p.quiet.number')
    this.body = h('tbody')
    this.head = h('tr')
    this.details = h('details', { ontoggle: () => this.#showTable() }, h('summary', {}, 'As a table'),
      h('div.scroll', {}, h('table', { 'aria-label': 'Loss over the steps' }, h('thead', {}, this.head), this.body)))
    this.table = new Spread(TABLE_ROWS)
    this.shadowRoot.append(h('div.card', {}, h('div.row.head', {}, h('h3', {}, 'Loss'), this.legend),
      h('div.frame', {}, this.host, this.empty), this.summary, this.details))
    this.chart = new LiveChart(this.host, { x: 'step', ink: () => this.#ink(), format: (y) => decimal(y, 1) })
    this.scheme = matchMedia('(prefers-color-scheme: dark)')
    this.recolor = () => this.chart.recolor(this.#curves())
  }

  connectedCallback() {
    super.connectedCallback()
    this.scheme.addEventListener('change', this.recolor)
  }

  disconnectedCallback() {
    this.scheme.removeEventListener('change', this.recolor)
  }

  reset() {
    this.names = this.tasks.map((t) => t.name)
    this.smooth = this.names.map(() => NaN)
    this.first = this.names.map(() => NaN)
    this.steps = 0
    this.table = new Spread(TABLE_ROWS)
    this.chart.reset(this.#curves())
    this.changed()
  }

  append(step, losses, steps) {
    if (step <= this.steps) return // done again after a device was lost: the curve has it
    // A point that stands for several steps weighs as much as they would one by one.
    const weight = 1 - (1 - NEWEST) ** Math.max(1, step - this.steps)
    this.smooth = losses.map((loss, i) => (Number.isFinite(loss) ? blend(this.smooth[i], loss, weight) : this.smooth[i]))
    this.first = losses.map((loss, i) => (Number.isFinite(this.first[i]) ? this.first[i] : loss))
    this.steps = step
    this.chart.append([step, ...losses, ...this.smooth], steps)
    this.table.push([step, ...this.smooth])
    this.changed()
  }

  render() {
    if (!this.names) this.reset()
    this.empty.hidden = this.chart.length > 0
    this.empty.textContent = this.fitted ? 'Fitted at once: without steps there is no curve.' : 'The curves start with the first step.'
    const key = this.tasks.map((t) => t.name).join()
    if (this.legendKey !== key) {
      this.legendKey = key
      this.legend.replaceChildren(...this.tasks.map((t, i) => h(`li.${hueClass(i)}`, {}, h('span.dot'), t.name)))
    }
    const told = this.names.map((name, i) => (Number.isFinite(this.smooth[i]) ? `${name} ${decimal(this.first[i], 2)} → ${decimal(this.smooth[i], 2)}` : '')).filter(Boolean)
    this.details.hidden = this.fitted
    this.summary.textContent = this.fitted ? 'The loss of each fit stands above.' : told.length ? `After ${grouped(this.steps)} steps: ${told.join(', ')}.` : 'Cross-entropy of each task over the steps; lower is better.'
    if (this.details.open) this.#showTable()
  }

  #showTable() {
    if (!this.details.open) return
    this.head.replaceChildren(...['Step', ...this.names].map((t) => h('th', { scope: 'col' }, t)))
    this.body.replaceChildren(...this.table.rows.map(([step, ...values]) => h('tr', {}, h('th', { scope: 'row' }, grouped(step)), ...values.map((v) => h('td', {}, decimal(v, 3))))))
  }

  #curves() {
    const raw = this.names.map((label, i) => ({ label, color: hueOf(this, i), faint: true }))
    return [...raw, ...raw.map((c) => ({ ...c, faint: false }))]
  }

  #ink() {
    const token = (name) => getComputedStyle(this).getPropertyValue(name).trim()
    return { text: token('--ink-soft'), grid: token('--line'), font: `12px ${token('--font')}` }
  }
}

function blend(old, loss, weight) {
  return Number.isFinite(old) ? old + weight * (loss - old) : loss
}

define('loss-chart', LossChart)
