/**
 * <task-list>: the tasks that share the encoder, each a name and its labels. It asks for changes and holds no tasks itself.
 *
 * @property {{ name: string, labels: string[], weight?: number }[]} tasks
 * @property {Record<string, number>} counts   labelled sentences of each task, when the data is known
 * @property {boolean} busy                    a run goes on
 * @event tasks-change                         detail: {tasks}
 */
import { PageElement, define, h, sheets } from './dom.js'
import { grouped } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './task-list.css')
const NAME = /^[a-z0-9_-]+$/

class TaskList extends PageElement {
  static props = { tasks: [], counts: {}, busy: false }

  constructor() {
    super(styles)
    this.list = h('ul')
    this.problem = h('p.error', { role: 'alert', hidden: true })
    this.add = h('button', { onclick: () => this.#add() }, 'Add a task')
    this.shadowRoot.append(h('div.card', {}, h('h3', {}, 'Tasks'), this.list, this.problem, h('div.row', {}, this.add)))
  }

  render() {
    if (this.shown !== this.tasks) {
      this.shown = this.tasks
      this.list.replaceChildren(...this.tasks.map((task, i) => this.#row(task, i)))
    }
    this.add.disabled = this.busy
    for (const field of this.list.querySelectorAll('input, button')) field.disabled = this.busy || field.dataset.last === 'true'
    this.list.querySelectorAll('.count').forEach((node, i) => {
      const n = this.counts[this.tasks[i].name]
      node.textContent = n === undefined ? '' : n ? `${grouped(n)} sentences` : 'no sentence has a label of it yet'
    })
  }

  #row(task, i) {
    const letter = String.fromCharCode(65 + (i % 26))
    const name = h('input', { id: `name-${i}`, value: task.name, autocomplete: 'off', spellcheck: 'false', onchange: () => this.#edit(i, { name: name.value.trim() }, name) })
    const labels = h('input', { id: `labels-${i}`, value: task.labels.join(', '), autocomplete: 'off', onchange: () => this.#edit(i, { labels: split(labels.value) }, labels) })
    const remove = h('button.plain', { 'aria-label': `Remove task ${task.name}`, 'data-last': this.tasks.length === 1, onclick: () => this.#remove(i) }, 'Remove')
    return h(`li.${hueClass(i)}`, {},
      h('div.field', {}, h('label', { for: `name-${i}` }, h('span.dot'), ` Task ${letter}`), name),
      h('div.field', {}, h('label', { for: `labels-${i}` }, 'Labels, comma-separated'), labels),
      remove, h('p.quiet.count'))
  }

  #edit(i, change, field) {
    const next = this.tasks.map((t, k) => (k === i ? { ...t, ...change } : t))
    const problem = fault(next[i], next.filter((_, k) => k !== i))
    field.setAttribute('aria-invalid', String(Boolean(problem)))
    this.problem.hidden = !problem
    this.problem.textContent = problem ?? ''
    if (!problem) this.emit('tasks-change', { tasks: next })
  }

  #remove(i) {
    this.problem.hidden = true
    this.emit('tasks-change', { tasks: this.tasks.filter((_, k) => k !== i) })
  }

  #add() {
    let k = this.tasks.length + 1
    while (this.tasks.some((t) => t.name === `task${k}`)) k++
    this.emit('tasks-change', { tasks: [...this.tasks, { name: `task${k}`, labels: ['no', 'yes'] }] })
  }
}

function split(text) {
  return text.split(',').map((l) => l.trim()).filter(Boolean)
}

/** What is wrong with a task, in a sentence, or nothing. */
function fault(task, others) {
  if (!NAME.test(task.name) || task.name === 'text') return `"${task.name}" cannot name a task. Use small letters, digits, _ and -, and not "text".`
  if (others.some((t) => t.name === task.name)) return `There are two tasks called ${task.name}. Give one of them another name.`
  if (task.labels.length < 2) return `${task.name} needs at least two labels, with commas between them.`
  if (new Set(task.labels).size < task.labels.length) return `${task.name} has a label twice.`
  return undefined
}

define('task-list', TaskList)
