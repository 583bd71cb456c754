/**
 * <scenario-table>: freezing scenarios side by side, a row for each task of each. Before a comparison it offers them with what they
 * would take; during one the figures come in scenario by scenario.
 *
 * @property {{ name: string, labels: string[] }[]} tasks
 * @property {{ policy: string, title: string }[]} list   the scenarios
 * @property {string[]} left      policies that a person has left out
 * @property {Map<string, { trainable: number, memoryBytes: number, seconds?: number }>} plans   by policy, what each would take
 * @property {{ policy: string, trainable: number, seconds: number, memoryBytes: number, scores: any[] }[]} rows   what each gave
 * @property {{ policy: string, step?: number, steps?: number } | null} now   the one that is trained
 * @property {number} share       of the whole that is done
 * @property {'idle'|'comparing'|'paused'|'stopping'} phase
 * @property {number} epochs
 * @property {boolean} busy       something else goes on
 * @property {string} note        what happens, in a sentence
 * @property {string} reading     what the figures say, in a sentence
 * @property {{ message: string, hint?: string } | null} error
 * @event compare-start · compare-pause · compare-continue · compare-stop
 * @event compare-choose          detail: {left}: the policies to leave out
 * @event settings-change         detail: {compareEpochs}
 */
import { bestOf, scoreOf } from './compare-record.js'
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { bytes, count, decimal, duration, grouped, percent } from './format.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './scenario-table.css')
const SETS = [['heldout', 'Held-out'], ['natural', 'Natural']]

class ScenarioTable extends PageElement {
  static props = { tasks: [], list: [], left: [], plans: new Map(), rows: [], now: null, share: 0, phase: 'idle', epochs: 1, busy: false, note: '', reading: '', error: null }

  constructor() {
    super(styles)
    const button = (type, text) => h('button', { onclick: () => this.emit(type) }, text)
    this.start = button('compare-start', 'Compare')
    this.pause = h('button', { onclick: () => this.emit(this.phase === 'paused' ? 'compare-continue' : 'compare-pause') })
    this.stop = button('compare-stop', 'Stop')
    this.epochField = h('input', { id: 'compare-epochs', type: 'number', min: 1, step: 1, onchange: () => this.#setEpochs() })
    this.line = h('p.quiet.number.note')
    this.bar = h('progress', { max: 1, 'aria-label': 'Comparison' })
    this.problem = errorBox()
    this.table = h('table', {}, h('caption.visually-hidden', {}, 'Freezing scenarios: held-out loss and accuracy before and after training'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Task'), h('th', { scope: 'col' }, 'Loss'), ...SETS.map(([, name]) => h('th', { scope: 'col' }, name)))))
    this.words = h('p.reading', { role: 'status' })
    this.shadowRoot.append(h('div.card', {},
      h('div.row.controls', {}, this.start, this.pause, this.stop,
        h('div.field.epochs', {}, h('label', { for: 'compare-epochs' }, 'Epochs'), this.epochField), this.line),
      this.bar, this.problem.box, this.table, this.words,
      h('p.quiet', {}, 'Before → after. Loss is that of held-out sentences, accuracy the share that is right. All begin with the same pretrained encoder, the same sentences and the same seed.')))
  }

  render() {
    const { phase } = this
    const running = phase !== 'idle'
    this.start.disabled = running || this.busy || !this.list.some(({ policy }) => !this.left.includes(policy))
    this.pause.disabled = phase !== 'comparing' && phase !== 'paused'
    this.pause.textContent = phase === 'paused' ? 'Continue' : 'Pause'
    this.stop.disabled = phase !== 'comparing' && phase !== 'paused'
    this.epochField.disabled = running || this.busy
    if (this.shadowRoot.activeElement !== this.epochField) this.epochField.value = String(this.epochs)
    this.line.textContent = this.note
    this.bar.value = this.share
    this.problem.show(this.error)
    this.#build()
    for (const { policy } of this.list) this.#showScenario(policy)
    this.words.textContent = this.reading
  }

  #setEpochs() {
    if (Number.isFinite(this.epochField.valueAsNumber)) this.emit('settings-change', { compareEpochs: this.epochField.valueAsNumber })
    else this.epochField.value = String(this.epochs)
  }

  /** Makes a body of rows for each scenario; they stay while the figures change. */
  #build() {
    const key = JSON.stringify([this.list, this.tasks.map((t) => t.name)])
    if (this.built === key) return
    this.built = key
    this.bodies = new Map(this.list.map((scenario) => [scenario.policy, this.#body(scenario)]))
    for (const old of this.table.querySelectorAll('tbody')) old.remove()
    this.table.append(...[...this.bodies.values()].map((b) => b.body))
  }

  #body({ policy, title }) {
    const check = h('input', { type: 'checkbox', onchange: () => this.#choose() })
    const facts = h('span.facts.quiet.number')
    const meter = h('span.meter', { 'aria-hidden': 'true' }, h('span'))
    const cells = this.tasks.map(() => ({ loss: { before: h('span.before'), after: h('span') }, sets: SETS.map(() => ({ before: h('span.before'), after: h('span.after'), fill: h('span.fill') })) }))
    const body = h('tbody', {},
      h('tr.scenario', {}, h('th', { colspan: 4, scope: 'rowgroup' }, h('div.head', {}, h('label.name', {}, check, h('span.title', {}, title), h('span.mono.quiet', {}, policy)), facts), meter)),
      ...this.tasks.map(({ name }, i) => h(`tr.task.${hueClass(i)}`, {}, h('th', { scope: 'row' }, h('span.dot'), h('span.task-name', {}, name)), h('td.number', {}, cells[i].loss.before, cells[i].loss.after),
        ...cells[i].sets.map(({ before, after, fill }) => h('td.number', {}, before, after, h('span.track', { 'aria-hidden': 'true' }, fill))))))
    return { body, check, facts, meter, cells }
  }

  #choose() {
    this.emit('compare-choose', { left: this.list.map((s) => s.policy).filter((policy) => !this.bodies.get(policy).check.checked) })
  }

  #showScenario(policy) {
    const { body, check, facts, meter, cells } = this.bodies.get(policy)
    const [row, plan, now] = [this.rows.find((r) => r.policy === policy), this.plans.get(policy), this.now?.policy === policy ? this.now : null]
    const left = this.left.includes(policy)
    check.checked = !left
    check.disabled = this.phase !== 'idle' || this.busy
    body.className = `${now ? 'now' : ''} ${left && !row ? 'left' : ''}`
    facts.textContent = row ? told(row, duration(row.seconds)) : now ? progress(now) : plan ? told(plan, plan.seconds === undefined ? '' : `about ${duration(plan.seconds)}`) : ''
    meter.firstChild.style.setProperty('--share', String(now?.steps ? now.step / now.steps : 0))
    this.tasks.forEach((task, i) => this.#showTask(cells[i], row, task.name))
  }

  #showTask({ loss, sets }, row, task) {
    const heldout = scoreOf(row, 'heldout', task)
    loss.before.textContent = heldout ? `${decimal(heldout.lossBefore, 2)} → ` : ''
    loss.after.textContent = heldout ? decimal(heldout.lossAfter, 2) : '–'
    SETS.forEach(([set], k) => {
      const score = scoreOf(row, set, task)
      const { before, after, fill } = sets[k]
      before.textContent = score ? `${percent(score.accuracyBefore)} → ` : ''
      after.textContent = score ? percent(score.accuracyAfter) : '–'
      after.classList.toggle('best', Boolean(score) && this.rows.length > 1 && score.accuracyAfter === bestOf(this.rows, set, task))
      fill.style.setProperty('--share', String(score?.accuracyAfter ?? 0))
    })
  }
}

function told({ trainable, memoryBytes }, time) {
  return [trainable ? `${count(trainable)} train` : 'nothing trains', time, bytes(memoryBytes)].filter(Boolean).join(' · ')
}

function progress({ step, steps }) {
  return steps ? `step ${grouped(step)} of ${grouped(steps)}` : 'scoring first'
}

define('scenario-table', ScenarioTable)
