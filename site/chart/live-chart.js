/**
 * uPlot behind two verbs: `reset` says which curves there are, `append` adds a row. It draws once a frame at most,
 * from ring buffers, and follows the width of its host.
 */
import uPlot from '../vendor/uPlot.esm.js'
import { decimate } from './decimate.js'
import { Ring } from './ring.js'

/** Rows kept: a long run on a small machine still fits, and two curves take a megabyte. */
const CAPACITY = 1 << 16

/** Distances between the lines of the y axis: those that one decimal writes exactly, and larger ones. */
const INCREMENTS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000]

/** @typedef {{ label: string, color: string, faint?: boolean }} Curve */

export class LiveChart {
  #host; #options; #plot = null; #ring = new Ring(1, 1); #queued = false; #curves = []; #span = 10; #watch

  /**
   * @param {HTMLElement} host  a block whose height is set by its style sheet
   * @param {{ x: string, ink: () => { text: string, grid: string, font: string }, format?: (y: number) => string }} options
   */
  constructor(host, options) {
    this.#host = host
    this.#options = options
    this.#watch = new ResizeObserver(() => this.#resize())
    this.#watch.observe(host)
  }

  /** Forgets all rows and takes these curves. @param {Curve[]} curves */
  reset(curves) {
    this.#span = 10
    this.#ring = new Ring(curves.length + 1, CAPACITY)
    this.recolor(curves)
  }

  /** The same curves in other colours: the scheme of the page has changed. @param {Curve[]} curves */
  recolor(curves) {
    this.#curves = curves
    this.#plot?.destroy()
    this.#plot = null
    this.#draw()
  }

  /**
   * Adds a row: x, then a value for each curve; NaN where a curve has none. The axis reaches to `span`, so that it stands
   * still while the curves grow.
   *
   * @param {ArrayLike<number>} row
   * @param {number} [span]
   */
  append(row, span = 0) {
    this.#span = Math.max(this.#span, span)
    this.#ring.push(row)
    this.#draw()
  }

  /** Rows held. */
  get length() { return this.#ring.length }

  /** Gives up its host. */
  destroy() {
    this.#watch.disconnect()
    this.#plot?.destroy()
    this.#plot = null
  }

  #draw() {
    if (this.#queued) return
    this.#queued = true
    requestAnimationFrame(() => { this.#queued = false; this.#show() })
  }

  #show() {
    const width = this.#host.clientWidth
    if (!width || !this.#curves.length) return
    const rows = decimate(this.#ring, Math.max(50, Math.floor(width / 2)))
    if (this.#plot) this.#plot.setData(rows)
    else this.#plot = new uPlot(this.#layout(), rows, this.#host)
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#host
    if (this.#plot && width) this.#plot.setSize({ width, height })
    else this.#draw()
  }

  #layout() {
    const ink = this.#options.ink()
    const axis = { stroke: ink.text, font: ink.font, grid: { stroke: ink.grid, width: 1 }, ticks: { show: false } }
    const format = this.#options.format ?? String
    return {
      width: this.#host.clientWidth,
      height: this.#host.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 12, 0, 0],
      scales: {
        x: { time: false, range: (_, low, high) => [0, Math.max(high ?? 0, this.#span)] },
        y: { range: (_, low, high) => [0, Math.max((high ?? 0) * 1.05, 0.1)] },
      },
      axes: [
        { ...axis, size: 28, gap: 6, space: 60 },
        { ...axis, size: 44, gap: 6, space: 32, incrs: INCREMENTS, values: (_, ticks) => ticks.map(format) },
      ],
      series: [{}, ...this.#curves.map(line)],
    }
  }
}

function line(curve) {
  return {
    label: curve.label, stroke: curve.color, width: curve.faint ? 1 : 2, alpha: curve.faint ? 0.3 : 1,
    points: { show: false }, spanGaps: true,
  }
}
