/**
 * <try-box>: a sentence, and what each head makes of it, while it is typed.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {string} text         the sentence to begin with
 * @property {boolean} ready       there are heads to ask
 * @property {Record<string, { label: string, scores: Record<string, number> }> | null} result
 * @property {boolean} stale       the result is that of another sentence; this one's is under way
 * @property {string[]} examples
 * @property {{ message: string, hint?: string } | null} error
 * @event try-text                 detail: {text}; at each change
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { percent } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './try-box.css')

class TryBox extends PageElement {
  static props = { tasks: [], text: '', ready: false, result: null, stale: false, examples: [], error: null }

  constructor() {
    super(styles)
    this.field = h('textarea', { id: 'sentence', rows: 2, maxlength: 5000, dir: 'auto', oninput: () => this.emit('try-text', { text: this.field.value }) })
    this.exampleBox = h('div.row', { role: 'group', 'aria-label': 'Examples' })
    this.note = h('p.quiet')
    this.answer = h('p.visually-hidden', { 'aria-live': 'polite' })
    this.tasksBox = h('div.tasks')
    this.problem = errorBox()
    this.shadowRoot.append(h('div.card', {},
      h('div.field', {}, h('label', { for: 'sentence' }, 'A sentence'), this.field), this.exampleBox,
      this.problem.box, this.tasksBox, this.note, this.answer))
  }

  render() {
    if (this.shownText !== this.text) {
      this.shownText = this.text
      if (this.field.value !== this.text) this.field.value = this.text
    }
    if (this.exampleBox.childElementCount !== this.examples.length) {
      this.exampleBox.replaceChildren(...this.examples.map((text) => h('button.example', { onclick: () => this.#use(text) }, text)))
    }
    this.note.textContent = this.ready ? 'While a run goes on, answers come between two steps.' : 'Press Train first: there is no head yet to ask.'
    this.problem.show(this.error)
    this.#showResult()
  }

  #use(text) {
    this.field.value = text
    this.emit('try-text', { text })
  }

  #showResult() {
    const key = JSON.stringify(this.tasks)
    this.tasksBox.classList.toggle('stale', this.stale && this.result !== null)
    if (this.built !== key) {
      this.built = key
      this.tasksBox.replaceChildren(...this.tasks.map((task, i) => this.#task(task, i)))
    }
    this.tasks.forEach((task, i) => this.#showTask(this.tasksBox.children[i], task))
    const told = this.tasks.map((t) => (this.result?.[t.name] ? `${t.name}: ${this.result[t.name].label}` : '')).filter(Boolean).join(', ')
    if (this.answer.textContent !== told) this.answer.textContent = told
  }

  #task(task, i) {
    return h(`div.${hueClass(i)}`, {}, h('h3', {}, h('span.dot'), ` ${task.name} `, h('strong')), ...task.labels.map((label) =>
      h('div.bar', {}, h('span.name', {}, label), h('span.track', { 'aria-hidden': 'true' }, h('span.fill')), h('span.number', {}, '–'))))
  }

  #showTask(box, task) {
    const answer = this.result?.[task.name]
    box.querySelector('strong').textContent = answer?.label ?? ''
    const bars = box.querySelectorAll('.bar')
    task.labels.forEach((label, i) => {
      const score = answer?.scores?.[label]
      bars[i].classList.toggle('best', answer?.label === label)
      bars[i].querySelector('.fill').style.setProperty('--share', String(score ?? 0))
      bars[i].querySelector('.number').textContent = score === undefined ? '–' : percent(score)
    })
  }
}

define('try-box', TryBox)
