/**
 * <synth-lab>: where the sentences come from: a seeded grammar with a live preview, or a person's own file, dropped, chosen
 * or pasted. It shows settings and samples and asks for changes.
 *
 * @property {'synthetic'|'own'} source
 * @property {{ n: number, dataSeed: number, both: number, typos: number, labelNoise: number, styles: string[] }} spec
 * @property {string[]} styles       the styles that there are
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {{ text: string, labels: Record<string, string> }[]} sample   a few sentences
 * @property {{ n: number, tasks: Record<string, Record<string, number>>, length?: { mean: number, max: number },
 *   vocabulary?: number, duplicates?: number } | null} stats
 * @property {string} file           the name of a person's own file, '' for none
 * @property {{ message: string, hint?: string } | null} error
 * @property {boolean} busy          a run goes on
 * @event synth-change               detail: some of spec
 * @event source-change              detail: {source}
 * @event own-data                   detail: {text, name}; a file as text
 * @event sample-more                asks for other sample sentences
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { grouped, percent } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './synth-lab.css')
const FIELDS = [
  ['n', 'Sentences', { type: 'number', min: 16, max: 100000, step: 1 }], ['dataSeed', 'Seed', { type: 'number', min: 0, step: 1 }],
]
const SHARES = [
  ['both', 'Carry both labels', 1], ['typos', 'Have typing slips', 0.5], ['labelNoise', 'Carry a wrong label', 0.5],
]

class SynthLab extends PageElement {
  static props = {
    source: 'synthetic', spec: {}, styles: [], tasks: [], sample: [], stats: null, file: '', error: null, busy: false,
  }

  constructor() {
    super(styles)
    this.inputs = {}
    this.outputs = {}
    this.tabs = ['synthetic', 'own'].map((source) => h('button', { 'data-source': source, onclick: () => this.emit('source-change', { source }) }, source === 'own' ? 'Your own' : 'Synthetic'))
    this.styleBox = h('div.row')
    this.lab = h('div.lab', {},
      h('div.fields', {}, ...FIELDS.map((f) => this.#numberField(...f))),
      h('div.fields.shares', {}, ...SHARES.map((s) => this.#shareField(...s))),
      h('div', { role: 'group', 'aria-labelledby': 'styles' }, h('p.label', { id: 'styles' }, 'Styles of writing'), this.styleBox))
    this.own = this.#ownBox()
    this.problem = errorBox()
    this.list = h('ul.sample')
    this.balance = h('div.balance')
    this.facts = h('p.quiet.number')
    this.more = h('button.plain', { onclick: () => this.emit('sample-more') }, 'Show others')
    this.shadowRoot.append(h('div.card', {},
      h('div.row', { role: 'group', 'aria-label': 'Source of the sentences' }, ...this.tabs),
      this.lab, this.own, this.problem.box,
      this.sampleBox = h('div', {}, h('div.row.head', {}, h('h3', {}, 'Sample'), this.more), this.list),
      this.balanceBox = h('div', {}, h('h3', {}, 'Balance'), this.balance, this.facts)))
  }

  render() {
    const own = this.source === 'own'
    for (const tab of this.tabs) {
      tab.setAttribute('aria-pressed', String(tab.dataset.source === this.source))
      tab.disabled = this.busy
    }
    this.lab.hidden = own
    this.own.hidden = !own
    this.sampleBox.hidden = own && !this.file
    this.balanceBox.hidden = own && !this.file
    this.fileName.textContent = this.file ? `${this.file} is in use; a tenth of it is held out.` : ''
    this.problem.show(this.error)
    this.#showSpec()
    this.#showSample()
    this.#showBalance()
  }

  #numberField(key, name, attributes) {
    const input = h('input', { id: key, ...attributes, onchange: () => this.emit('synth-change', { [key]: input.valueAsNumber }) })
    this.inputs[key] = input
    return h('div.field', {}, h('label', { for: key }, name), input)
  }

  #shareField(key, name, max) {
    const input = h('input', { id: key, type: 'range', min: 0, max, step: 0.01, oninput: () => this.emit('synth-change', { [key]: input.valueAsNumber }) })
    this.inputs[key] = input
    this.outputs[key] = h('output.number', { for: key })
    return h('div.field', {}, h('label', { for: key }, `${name} `, this.outputs[key]), input)
  }

  #ownBox() {
    const file = h('input.visually-hidden', { type: 'file', id: 'file', accept: '.jsonl,.json,.csv,.tsv,.txt', onchange: () => this.#take(file.files[0]) })
    this.paste = h('textarea.mono', { id: 'paste', rows: 4, spellcheck: 'false', placeholder: '{"text": "The keeper saved two penalties", "labels": {"topic": "sports"}}' })
    this.fileName = h('p.quiet', { role: 'status' })
    const over = (event) => { event.preventDefault(); box.classList.add('over') }
    const box = h('div.own', {
      ondragover: over, ondragleave: () => box.classList.remove('over'),
      ondrop: (event) => { event.preventDefault(); box.classList.remove('over'); this.#take(event.dataTransfer.files[0]) },
    },
    h('p', {}, 'Drop a JSONL, CSV or TSV file here, or ', h('label.link', { for: 'file' }, 'choose one', file), '. Tables need a first row with text and one column a task.'),
    h('div.field', {}, h('label', { for: 'paste' }, 'Or paste it'), this.paste),
    h('div.row', {}, h('button', { onclick: () => this.emit('own-data', { text: this.paste.value, name: 'pasted text' }) }, 'Use this text'), this.fileName))
    return box
  }

  async #take(file) {
    if (!file || this.busy) return
    this.emit('own-data', { text: await file.text(), name: file.name })
  }

  #showSpec() {
    const { spec, inputs } = this
    for (const [key, input] of Object.entries(inputs)) {
      if (this.shadowRoot.activeElement !== input || input.type === 'range' || input.valueAsNumber !== spec[key]) input.value = spec[key] ?? ''
      input.disabled = this.busy
      if (this.outputs[key]) this.outputs[key].textContent = percent(spec[key])
    }
    if (this.styleBox.childElementCount !== this.styles.length) {
      this.styleBox.replaceChildren(...this.styles.map((name) => h('label.check', {}, h('input', { type: 'checkbox', value: name, onchange: () => this.#restyle() }), name)))
    }
    for (const box of this.styleBox.querySelectorAll('input')) {
      box.checked = !spec.styles?.length || spec.styles.includes(box.value)
      box.disabled = this.busy
    }
  }

  #restyle() {
    const boxes = [...this.styleBox.querySelectorAll('input')]
    const chosen = boxes.filter((b) => b.checked).map((b) => b.value)
    if (!chosen.length) return this.changed() // one style at least
    this.emit('synth-change', { styles: chosen.length === boxes.length ? [] : chosen })
  }

  #showSample() {
    if (this.shownSample === this.sample && this.shownTasks === this.tasks) return
    this.shownSample = this.sample
    this.shownTasks = this.tasks
    this.list.replaceChildren(...(this.sample.length ? this.sample.map((r) => this.#sentence(r)) : [h('li.quiet', {}, 'No sentences yet.')]))
  }

  #sentence({ text, labels }) {
    const tags = Object.entries(labels).map(([name, label]) => h(`span.tag.${hueClass(this.tasks.findIndex((t) => t.name === name))}`, { title: name }, h('span.dot'), label))
    return h('li', {}, h('span.text', { dir: 'auto' }, text), h('span.tags', {}, ...tags))
  }

  #showBalance() {
    const { stats, tasks } = this
    this.balance.replaceChildren(...tasks.map((task, i) => this.#taskBalance(task, i, stats?.tasks?.[task.name] ?? {})))
    const parts = stats ? [`${grouped(stats.n)} sentences`, stats.length && `${stats.length.mean.toFixed(1)} words on average, ${stats.length.max} at most`,
      stats.vocabulary && `${grouped(stats.vocabulary)} different words`, stats.duplicates !== undefined && `${grouped(stats.duplicates)} duplicates`] : []
    this.facts.textContent = parts.filter(Boolean).join(' · ') || '\u00a0'
  }

  #taskBalance(task, i, counts) {
    const most = Math.max(1, ...task.labels.map((l) => counts[l] ?? 0))
    return h(`div.${hueClass(i)}`, {}, h('p.label', {}, h('span.dot'), ` ${task.name}`), ...task.labels.map((label) => {
      const n = counts[label] ?? 0
      const bar = h('span.fill')
      bar.style.setProperty('--share', String(n / most))
      return h('div.bar', {}, h('span.name', {}, label), h('span.track', { 'aria-hidden': 'true' }, bar), h('span.number', {}, grouped(n)))
    }))
  }
}

define('synth-lab', SynthLab)
