/**
 * <train-hero>: the one-click way. A button that loads the encoder, makes the data and trains, the stages it goes through, and
 * for each task its loss as a small curve and its accuracy before and now.
 *
 * @property {'idle'|'preparing'|'training'|'paused'|'stopping'|'comparing'} phase
 * @property {string} note     what happens now, in a sentence
 * @property {{ name: string, href: string, text: string, state: 'waiting'|'working'|'done', share?: number }[]} stages
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {Record<string, { loss?: number, before?: number, now?: number }>} scores   by task
 * @property {{ message: string, hint?: string } | null} error
 * @event run-train · run-pause · run-continue · run-stop
 */
import { decimate } from '../chart/decimate.js'
import { Ring } from '../chart/ring.js'
import { PageElement, define, errorBox, h, sheets, svg } from './dom.js'
import { decimal, percent } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './train-hero.css')
const SPARK = { width: 200, height: 40, points: 100, capacity: 20000 }
const ACTION = { idle: 'run-train', preparing: 'run-stop', training: 'run-pause', paused: 'run-continue', stopping: '', comparing: '' }
const WORD = { idle: 'Train', preparing: 'Cancel', training: 'Pause', paused: 'Continue', stopping: 'Stopping…', comparing: 'Train' }

class TrainHero extends PageElement {
  static props = { phase: 'idle', note: '', stages: [], tasks: [], scores: {}, error: null }

  constructor() {
    super(styles)
    this.ring = new Ring(1, 1)
    this.step = 0
    this.button = h('button.primary.big', { onclick: () => this.emit(ACTION[this.phase]) })
    this.stop = h('button', { onclick: () => this.emit('run-stop') }, 'Stop')
    this.line = h('p.note.number')
    this.stageBox = h('ol')
    this.tiles = h('div.tiles')
    this.problem = errorBox()
    this.shadowRoot.append(h('div.card.hero', {},
      h('div.act', {}, h('div.row', {}, this.button, this.stop), this.line), this.stageBox, this.tiles, this.problem.box))
  }

  /** Forgets the curves. */
  reset() {
    this.ring = new Ring(this.tasks.length + 1, SPARK.capacity)
    this.step = 0
    this.changed()
  }

  /** Adds the losses of a step, in the order of the tasks, of a run of `steps`. */
  append(step, losses, steps) {
    if (step <= this.step) return // done again
    this.step = step
    this.steps = steps
    this.ring.push([step, ...losses])
    this.changed()
  }

  render() {
    const { phase } = this
    this.button.textContent = WORD[phase]
    this.button.disabled = !ACTION[phase]
    this.stop.hidden = phase !== 'training' && phase !== 'paused'
    this.line.textContent = this.note
    this.problem.show(this.error)
    this.#showStages()
    this.#showTiles()
  }

  #showStages() {
    if (this.stageBox.childElementCount !== this.stages.length) {
      this.stageBox.replaceChildren(...this.stages.map(() => h('li', {}, h('span.mark', { 'aria-hidden': 'true' }), h('a.name'), h('span.text.number'), h('span.meter', { 'aria-hidden': 'true' }, h('span')))))
    }
    this.stages.forEach((stage, i) => {
      const item = this.stageBox.children[i]
      item.className = stage.state
      if (stage.state === 'working') item.setAttribute('aria-current', 'step')
      else item.removeAttribute('aria-current')
      item.querySelector('.name').textContent = stage.name
      item.querySelector('.name').setAttribute('href', stage.href)
      item.querySelector('.text').textContent = stage.text
      const share = stage.state === 'done' ? 1 : stage.share ?? 0
      item.querySelector('.meter span').style.setProperty('--share', String(share))
    })
  }

  #showTiles() {
    const key = this.tasks.map((t) => t.name).join()
    if (this.tileKey !== key) {
      this.tileKey = key
      this.tiles.replaceChildren(...this.tasks.map((task, i) => this.#tile(task, i)))
    }
    const rows = this.ring.columns.length === this.tasks.length + 1 ? decimate(this.ring, SPARK.points) : []
    this.tasks.forEach((task, i) => {
      const tile = this.tiles.children[i]
      const { loss, before, now } = this.scores[task.name] ?? {}
      const score = Number.isFinite(now) ? `${percent(before)} → ${percent(now)}` : Number.isFinite(before) ? percent(before) : '–'
      tile.querySelector('.score').textContent = score
      tile.querySelector('.loss').textContent = Number.isFinite(loss) ? decimal(loss, 2) : '–'
      tile.querySelector('path').setAttribute('d', path(rows[0] ?? [], rows[i + 1] ?? [], this.steps))
    })
  }

  #tile(task, i) {
    return h(`div.tile.${hueClass(i)}`, {},
      h('h2', {}, h('span.dot'), ` ${task.name}`),
      h('p.pair', {}, h('span.quiet', {}, 'accuracy'), h('span.score.number', {}, '–')),
      h('p.pair', {}, h('span.quiet', {}, 'loss'), h('span.loss.number', {}, '–')),
      svg('svg', { viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('path', { 'vector-effect': 'non-scaling-stroke' })))
  }
}

/** An SVG path of a curve scaled into the small picture: zero is its floor, the end of the run its right edge. */
function path(xs, ys, steps) {
  const points = ys.map((y, i) => [xs[i], y]).filter(([, y]) => y !== null && y !== undefined)
  if (points.length < 2) return ''
  const right = Math.max(steps, points[points.length - 1][0])
  const top = Math.max(...points.map(([, y]) => y)) || 1
  return points.map(([x, y], i) => `${i ? 'L' : 'M'}${((x / right) * SPARK.width).toFixed(1)} ${(SPARK.height - 1 - (y / top) * (SPARK.height - 3)).toFixed(1)}`).join('')
}

define('train-hero', TrainHero)
