/**
 * <freeze-panel>: the encoder as a stack of layers with a thaw line across it. What lies below the line is frozen, what lies
 * above it trains. It shows a policy and asks for another; which tensors train is decided by core/freeze.
 *
 * @property {{ layers: number, pooler: boolean, tasks: string[] }} stack
 * @property {string} policy   the policy in force, in canonical form
 * @property {{ trainable: number, frozen: number, memoryBytes: number, seconds?: number,
 *   groups: Map<string, { state: 'frozen'|'thawed'|'mixed', size: number }> } | null} plan   what the policy means and costs
 * @property {{ message: string, hint?: string } | null} error   why the policy cannot be used
 * @property {boolean} busy    the line rests, for what is frozen cannot change now
 * @property {boolean} live    a run goes on: a new place holds for the rest of it
 * @property {string} remark   what the run has made of it, such as "From step 61: layers:2."
 * @event freeze-change        detail: {policy}; for each new place of the line
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { bytes, count, duration, percent } from './format.js'
import { frozenGroups, inWords, lineOf, places, policyAt, presets } from './policy-line.js'
import { hueClass } from './task-hue.js'

const styles = await sheets(import.meta.url, './freeze-panel.css')
const WORD = { frozen: 'frozen', thawed: 'trains', mixed: 'in part', unused: 'unused', unknown: '' }
const KEYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 2, PageDown: -2, Home: -Infinity, End: Infinity }

class FreezePanel extends PageElement {
  static props = { stack: { layers: 6, pooler: true, tasks: [] }, policy: 'none', plan: null, error: null, busy: false, live: false, remark: '' }

  constructor() {
    super(styles)
    this.rows = h('div.rows')
    this.handle = h('div.handle', {
      role: 'slider', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': 'Thaw line', 'aria-valuemin': 0,
      onkeydown: (e) => this.#key(e), onpointerdown: (e) => this.#grab(e), onpointermove: (e) => this.#drag(e),
    }, h('span.grip', {}, 'thaw line'))
    this.stackBox = h('div.stack', {}, this.rows, h('div.line', { 'aria-hidden': 'true' }), this.handle)
    this.presetBox = h('div.presets', { role: 'group', 'aria-label': 'Presets' })
    this.note = h('p.quiet.note')
    this.change = h('p.quiet.number', { role: 'status' })
    this.text = h('input.mono', { id: 'policy', spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'grammar', onchange: () => this.#typed() })
    this.problem = errorBox()
    this.facts = {}
    const fact = (key, name) => h('div', {}, h('dt', {}, name), (this.facts[key] = h('dd', {}, '–')))
    this.shadowRoot.append(h('div.card.layout', {},
      h('div.left', {}, this.stackBox,
        h('p.legend.quiet', { 'aria-hidden': 'true' }, h('span.swatch.thawed'), 'trains', h('span.swatch.frozen'), 'frozen'),
        h('dl.facts', {}, fact('trainable', 'Trainable'), fact('share', 'Of all parameters'), fact('memory', 'Memory'), fact('time', 'Time, about'))),
      h('div.right', {},
        h('div', {}, h('h3', {}, 'Scenarios'), this.presetBox, this.note, this.change),
        h('div.field', {}, h('label', { for: 'policy' }, 'What is frozen, as text'), this.text,
          h('p.quiet', { id: 'grammar' }, 'none, all, backbone, layers:K, head:NAME or a pattern such as *.bias; ! thaws, commas join. Or probe. Over epochs: backbone; 1:layers:4.')),
        this.problem.box)))
  }

  render() {
    const { stack, policy } = this
    const line = lineOf(policy, stack)
    this.#buildRows()
    this.#showLine(line)
    this.#showRows(this.plan?.groups ?? guess(line, stack), line)
    this.#showPresets(line)
    if (this.shadowRoot.activeElement !== this.text || !this.error) this.text.value = policy
    this.text.disabled = this.busy
    this.text.setAttribute('aria-invalid', String(Boolean(this.error)))
    this.problem.show(this.error)
    this.#showFacts()
  }

  #buildRows() {
    const { layers, pooler, tasks } = this.stack
    const key = `${layers} ${pooler} ${tasks.join()}`
    if (this.built === key) return
    this.built = key
    this.cells = new Map()
    const cell = (group, label, tag = 'div.cell') => {
      const state = h('span.state')
      const box = h(tag, {}, h('span.name', {}, label), h('span.size.number'), state)
      this.cells.set(group, box)
      return box
    }
    const heads = tasks.map((name, i) => {
      const box = cell(`heads.${name}`, name, `button.cell.head.${hueClass(i)}`)
      box.addEventListener('click', () => this.#toggleHead(name))
      box.firstChild.prepend(h('span.dot'))
      box.firstChild.append(h('span.visually-hidden', {}, ' head'))
      box.title = `The ${name} head: press to freeze or thaw it alone`
      return box
    })
    const encoder = Array.from({ length: layers }, (_, k) => cell(`layer.${k}`, `Layer ${k}`)).reverse()
    this.rows.replaceChildren(h('div.heads', {}, ...heads),
      ...(pooler ? [cell('pooler', 'Pooler')] : []), ...encoder, cell('embeddings', 'Embeddings'))
  }

  #showLine(line) {
    const last = places(this.stack).length - 1
    this.stackBox.style.setProperty('--place', String(line.place ?? 0))
    this.stackBox.style.setProperty('--above-heads', line.place === last ? '1' : '0')
    this.stackBox.classList.toggle('custom', line.custom)
    const { handle } = this
    handle.setAttribute('aria-valuemax', String(last))
    handle.setAttribute('aria-valuenow', String(line.place ?? 0))
    handle.setAttribute('aria-valuetext', `${this.policy}: ${inWords(line, this.stack)}`)
    handle.setAttribute('aria-disabled', String(this.busy))
  }

  #showRows(groups, line) {
    const below = frozenGroups(line, this.stack)
    for (const [group, box] of this.cells) {
      const { state: told, size } = groups.get(group) ?? { state: 'unknown', size: null }
      // Mean-pooled heads do not read the pooler, so it does not train even above the line.
      const state = group === 'pooler' && told === 'frozen' && !below.pooler && !line.custom ? 'unused' : told
      box.classList.remove(...Object.keys(WORD))
      box.classList.add(state)
      box.querySelector('.state').textContent = WORD[state]
      box.querySelector('.size').textContent = size ? count(size) : ''
      if (box.tagName !== 'BUTTON') continue
      box.setAttribute('aria-pressed', String(state === 'frozen'))
      box.disabled = this.busy
    }
  }

  #showPresets(line) {
    const list = presets(this.stack)
    const key = list.map((p) => p.policy).join()
    if (this.presetKey !== key) {
      this.presetKey = key
      this.presetBox.replaceChildren(...list.map((p) => h('button', { 'data-policy': p.policy, onclick: () => this.#ask(p.policy) }, h('span', {}, p.title), h('span.mono', {}, p.policy))))
    }
    for (const button of this.presetBox.children) {
      button.setAttribute('aria-pressed', String(button.dataset.policy === this.policy))
      button.disabled = this.busy || (this.live && button.dataset.policy === 'probe')
    }
    const chosen = list.find((p) => p.policy === this.policy)
    this.change.textContent = this.remark || (this.live ? 'A change now holds for the rest of the run.' : '')
    this.change.hidden = !this.change.textContent
    const words = inWords(line, this.stack)
    this.note.textContent = this.error ? '' : chosen?.text ?? `${words[0].toUpperCase()}${words.slice(1)}.`
  }

  #showFacts() {
    const { plan, facts } = this
    facts.trainable.textContent = plan ? count(plan.trainable) : '–'
    facts.share.textContent = plan ? percent(plan.trainable / (plan.trainable + plan.frozen || 1), 1) : '–'
    facts.memory.textContent = plan ? bytes(plan.memoryBytes) : '–'
    facts.time.textContent = plan?.seconds ? duration(plan.seconds) : '–'
  }

  #key(event) {
    const by = KEYS[event.key]
    if (by === undefined) return
    event.preventDefault()
    this.#moveTo((lineOf(this.policy, this.stack).place ?? 0) + by)
  }

  #grab(event) {
    if (this.busy || event.button !== 0) return
    this.handle.setPointerCapture(event.pointerId)
  }

  #drag(event) {
    if (!this.handle.hasPointerCapture(event.pointerId)) return
    const box = this.rows.getBoundingClientRect()
    const [above, below] = [...this.rows.children].slice(-2).map((row) => row.getBoundingClientRect())
    this.#moveTo((box.bottom - event.clientY) / (below.bottom - above.bottom))
  }

  #moveTo(place) {
    const all = places(this.stack).length - 1
    this.#ask(policyAt(Math.max(0, Math.min(all, place)), lineOf(this.policy, this.stack).heads, this.stack))
  }

  #toggleHead(name) {
    const { place, heads, custom } = lineOf(this.policy, this.stack)
    const all = places(this.stack).length - 1
    if (custom) return this.#ask(`${this.policy},${this.cells.get(`heads.${name}`).classList.contains('frozen') ? '!' : ''}head:${name}`)
    const now = place === all ? this.stack.tasks : heads
    const next = now.includes(name) ? now.filter((n) => n !== name) : [...now, name]
    this.#ask(policyAt(place === all ? all - 1 : place, next, this.stack))
  }

  #typed() {
    this.#ask(this.text.value.trim() || 'none')
  }

  #ask(policy) {
    if (this.busy || policy === this.policy) return
    this.emit('freeze-change', { policy })
  }
}

/** The states before the trainer has answered. */
function guess(line, stack) {
  // A policy of its own is not guessed at.
  if (line.custom) return new Map()
  const frozen = frozenGroups(line, stack)
  return new Map(Object.entries(frozen).map(([group, is]) => [group, { state: is || group === 'pooler' ? 'frozen' : 'thawed', size: null }]))
}

define('freeze-panel', FreezePanel)
