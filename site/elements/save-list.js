/**
 * <save-list>: runs kept in this browser, to go on from.
 *
 * @property {{ name: string, bytes?: number, step?: number, steps?: number, savedAt?: number | string, freeze?: string, tasks?: string[] }[]} saves
 * @property {boolean} canSave     there is something to keep
 * @property {boolean} busy        a run goes on
 * @property {string} note         what has just happened
 * @property {{ message: string, hint?: string } | null} error
 * @event save-run · resume-run · remove-run    detail: {name}
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { bytes, grouped } from './format.js'

const styles = await sheets(import.meta.url, './save-list.css')

/** Saves shown at most; the newest come first. */
const SHOWN = 50

class SaveList extends PageElement {
  static props = { saves: [], canSave: false, busy: false, note: '', error: null }

  constructor() {
    super(styles)
    this.name = h('input', { id: 'save-name', value: 'my run', maxlength: 60, autocomplete: 'off' })
    this.button = h('button', { type: 'submit' }, 'Save this run')
    this.list = h('ul')
    this.line = h('p.quiet', { role: 'status' })
    this.problem = errorBox()
    const submit = (event) => { event.preventDefault(); if (this.canSave) this.emit('save-run', { name: this.name.value.trim() || 'my run' }) }
    this.shadowRoot.append(h('div.card', {},
      h('form', { onsubmit: submit }, h('div.field', {}, h('label', { for: 'save-name' }, 'Name'), this.name), this.button),
      this.problem.box, this.line, this.list))
  }

  render() {
    this.button.disabled = !this.canSave
    this.line.textContent = this.note || (this.saves.length ? '' : 'No saved runs in this browser yet.')
    this.line.hidden = !this.line.textContent
    this.problem.show(this.error)
    if (this.shown !== this.saves || this.shownBusy !== this.busy) {
      this.shown = this.saves
      this.shownBusy = this.busy
      this.list.replaceChildren(...this.saves.slice(0, SHOWN).map((s) => this.#item(s)))
    }
  }

  #button(text, type, name) {
    return h(type === 'remove-run' ? 'button.plain' : 'button', { disabled: this.busy, 'aria-label': `${text} ${name}`, onclick: () => this.emit(type, { name }) }, text)
  }

  #item(save) {
    const parts = [save.savedAt && new Date(save.savedAt).toLocaleString(), save.step !== undefined && `step ${grouped(save.step)}${save.steps ? ` of ${grouped(save.steps)}` : ''}`, save.freeze, save.bytes && bytes(save.bytes)]
    return h('li', {}, h('div', {}, h('p.name', {}, save.name), h('p.quiet.number', {}, parts.filter(Boolean).join(' · '))),
      h('div.row', {}, this.#button('Resume', 'resume-run', save.name), this.#button('Delete', 'remove-run', save.name)))
  }
}

define('save-list', SaveList)
