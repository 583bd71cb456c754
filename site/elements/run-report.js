/**
 * <run-report>: what a run has learnt, on held-out sentences: scores of each label, how far the confidence of answers can be believed,
 * and where the sentences lie before and after, seen from where they differ most.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {Record<string, { labels: string[], confusion: number[][], n: number }> | null} scores   the newest held-out scores, by task
 * @property {{ calibration: Record<string, any>, picture: { explained: number[], points: any[] } } | null} report
 * @property {'idle'|'working'} phase
 * @property {boolean} ready      there is a run to look at
 * @property {{ message: string, hint?: string } | null} error
 * @event report-ask              make the report
 */
import { PageElement, define, errorBox, h, sheets, svg } from './dom.js'
import { grouped, percent } from './format.js'
import { frame, neighbours, perLabel, trust } from './report-figures.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './run-report.css')
const SIZE = 200

class RunReport extends PageElement {
  static props = { tasks: [], scores: null, report: null, phase: 'idle', ready: false, error: null }

  constructor() {
    super(styles)
    this.button = h('button', { onclick: () => this.emit('report-ask') }, 'Look closer')
    this.note = h('p.quiet')
    this.problem = errorBox()
    this.body = h('div.body')
    this.shadowRoot.append(h('div.card', {}, h('div.row.head', {}, h('h3', {}, 'What it has learnt'), this.button), this.note, this.problem.box, this.body))
  }

  render() {
    const { phase, ready, report } = this
    this.button.disabled = phase !== 'idle' || !ready
    this.button.textContent = phase === 'working' ? 'Looking…' : 'Look closer'
    this.note.textContent = report ? 'Of held-out sentences, with the model as it was when this was made.' : 'After a run: scores of each label, how far its confidence can be believed, and how the sentences have moved.'
    this.problem.show(this.error)
    if (this.shown === report) return
    this.shown = report
    this.body.replaceChildren(...(report ? this.tasks.filter((t) => report.calibration[t.name]).map((t) => this.#task(t, this.tasks.indexOf(t))) : []))
  }

  #task({ name, labels }, index) {
    const { calibration, picture } = this.report
    const points = picture.points.filter((p) => p.labels[name] !== undefined)
    return h(`section.${hueClass(index)}`, {}, h('h4', {}, h('span.dot'), ` ${name}`),
      this.scores?.[name] ? labelTable(this.scores[name]) : null,
      h('p.legend.quiet', {}, ...labels.map((label, i) => h(`span.key.hue-${i % 6}`, {}, h('span.dot'), label))),
      h('div.figures', {}, reliability(calibration[name]), ...plane(points.map((p) => ({ ...p, label: p.labels[name] })), labels, picture)))
  }
}

/** Precision, recall and F1 of each label. */
function labelTable(scores) {
  const cell = (x) => h('td', {}, Number.isFinite(x) ? percent(x) : '–')
  return h('table', { 'aria-label': 'Scores of each label' }, h('thead', {}, h('tr', {}, ...['Label', 'Count', 'Found', 'Right when said', 'F1'].map((t) => h('th', { scope: 'col' }, t)))),
    h('tbody', {}, ...perLabel(scores).map((r) => h('tr', {}, h('th', { scope: 'row' }, r.label), h('td', {}, grouped(r.n)), cell(r.recall), cell(r.precision), cell(r.f1)))))
}

/** The reliability curve: a dot for each bin, as large as it has answers, against the diagonal of perfect trust. */
function reliability(r) {
  const filled = r.bins.filter((b) => b.n > 0)
  const most = Math.max(...filled.map((b) => b.n))
  const [x, y] = [(v) => v * SIZE, (v) => (1 - v) * SIZE]
  return h('figure', {},
    svg('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'img', 'aria-label': `Confidence against accuracy. ${filled.map((b) => `${percent(b.confidence)} sure: right ${percent(b.accuracy)} of ${b.n}`).join('; ')}.` },
      svg('rect.frame', { x: 0, y: 0, width: SIZE, height: SIZE }),
      svg('line.diagonal', { x1: 0, y1: SIZE, x2: SIZE, y2: 0 }),
      svg('polyline.curve', { points: filled.map((b) => `${x(b.confidence).toFixed(1)},${y(b.accuracy).toFixed(1)}`).join(' ') }),
      ...filled.map((b) => svg('circle.bin', { cx: x(b.confidence).toFixed(1), cy: y(b.accuracy).toFixed(1), r: (2.5 + 5 * Math.sqrt(b.n / most)).toFixed(1) }))),
    h('figcaption.quiet', {}, h('strong', {}, 'Confidence'), ' across, how often right upwards. ', trust(r, percent)))
}

/** The sentences before and after, in one plane and at one scale. */
function plane(points, labels, { explained }) {
  const [x0, y0, side] = frame(points.flatMap((p) => [p.before, p.after]))
  const told = (key) => neighbours(points.map((p) => ({ at: p[key], label: p.label })))
  const one = (key, title, more) => h('figure', {},
    svg('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'img', 'aria-label': `${title}: ${points.length} sentences in a plane; the nearest neighbour of ${percent(told(key))} of them carries the same label.` },
      svg('rect.frame', { x: 0, y: 0, width: SIZE, height: SIZE }),
      ...points.map((p) => svg(`circle.place.hue-${labels.indexOf(p.label) % 6}`, {
        cx: (((p[key][0] - x0) / side) * SIZE).toFixed(1), cy: ((1 - (p[key][1] - y0) / side) * SIZE).toFixed(1), r: 2.75,
      }))),
    h('figcaption.quiet', {}, h('strong', {}, title), ` ${percent(told(key))} of the sentences have a neighbour of their own label next to them. `, ...more))
  return [one('before', 'Before training.', []), one('after', 'After.', [`The plane shows ${percent(explained[0] + explained[1])} of how they differ.`])]
}

define('run-report', RunReport)
