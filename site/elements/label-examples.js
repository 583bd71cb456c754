/**
 * <label-examples>: sentences for labels that the grammar does not know, one box a label, so that a new task or label learns
 * from synthetic data too. Hidden while every label is known.
 *
 * @property {{ task: string, label: string, hue: number }[]} wanted   labels that need sentences
 * @property {Record<string, string>} texts     what stands in the boxes, by "task=label"
 * @property {boolean} busy                     a run goes on
 * @event examples-change                       detail: {key, text}
 */
import { PageElement, define, h, sheets } from './dom.js'
import { linesOf } from './label-edits.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './label-examples.css')

/** Sentences that a label needs, so that one of them can be held out. */
const LEAST = 3

class LabelExamples extends PageElement {
  static props = { wanted: [], texts: {}, busy: false }

  constructor() {
    super(styles)
    this.boxes = h('div.boxes')
    this.shadowRoot.append(h('div.card', {}, h('h3', {}, 'Sentences for your own labels'),
      h('p.quiet', {}, `One a line, ${LEAST} at least; every third is held out. [a|b] stands for one of the two, so a few lines make many sentences.`), this.boxes))
  }

  render() {
    this.hidden = !this.wanted.length
    const key = JSON.stringify(this.wanted)
    if (this.built !== key) {
      this.built = key
      this.boxes.replaceChildren(...this.wanted.map((w, i) => this.#box(w, i)))
    }
    this.wanted.forEach(({ task, label }, i) => {
      const text = this.texts[`${task}=${label}`] ?? ''
      const box = this.boxes.children[i]
      const area = box.querySelector('textarea')
      if (this.shadowRoot.activeElement !== area) area.value = text
      area.disabled = this.busy
      const n = linesOf(text).length
      box.querySelector('.left').textContent = n < LEAST ? `${LEAST - n} more to go` : ''
    })
  }

  #box({ task, label, hue }, i) {
    const area = h('textarea', { id: `lines-${i}`, rows: 3, dir: 'auto', oninput: () => this.emit('examples-change', { key: `${task}=${label}`, text: area.value }) })
    return h(`div.field.${hueClass(hue)}`, {}, h('label', { for: `lines-${i}` }, h('span.dot'), ` ${task}: ${label}`), area, h('p.quiet.left'))
  }
}

define('label-examples', LabelExamples)
