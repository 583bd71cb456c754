/**
 * <encoder-card>: which encoder, how large it is before anything is downloaded, the download itself, and what runs it.
 *
 * @property {{ name: string, title?: string, bytes: number }[]} models   weights/manifest.json
 * @property {string} model        the chosen name
 * @property {'idle'|'loading'|'ready'} status
 * @property {{ loaded: number, total: number, file?: string, fromCache?: boolean, fromHub?: boolean } | null} progress
 * @property {boolean} cached      the browser has the weights already
 * @property {boolean} hub         the weights come from the Hugging Face hub, for this site does not have them
 * @property {any} info            the loaded model: family, layers, hidden, parameters, bytes
 * @property {{ kind: string, reason: string, candidates?: { kind: string, ok: boolean, ms: number | null, why: string }[] } | null} device
 * @property {{ message: string, hint?: string } | null} error
 * @property {boolean} busy        a run goes on
 * @property {string} wish        the device that is asked for, 'auto' for the quickest
 * @property {{ message: string, hint?: string } | null} refusal   why that one does not run
 * @property {Map<string, any>} outlooks   what a run would take with each, by name
 * @property {string} own          the name of a folder of one's own that is in use, '' for none
 * @event encoder-load             load the chosen encoder
 * @event encoder-cancel           stop the download
 * @event encoder-select           detail: {model}
 * @event device-change            detail: {device}
 * @event encoder-files            detail: {files}: a model folder of one's own
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { bytes, count, duration, percent } from './format.js'
import { planSeconds } from './run-view.js'

const styles = await sheets(import.meta.url, './encoder-card.css')
const FAMILIES = { bert: 'BERT', distilbert: 'DistilBERT', roberta: 'RoBERTa' }
const KINDS = { webgpu: 'WebGPU', threads: 'SIMD threads', cpu: 'one SIMD thread' }
const WISHES = { auto: 'The quickest here', webgpu: 'Graphics card (WebGPU)', threads: 'Processor, all threads', cpu: 'Processor, one thread' }

class EncoderCard extends PageElement {
  static props = { models: [], model: '', status: 'idle', progress: null, cached: false, hub: false, info: null, device: null, error: null, busy: false, outlooks: new Map(), own: '', wish: 'auto', refusal: null }

  constructor() {
    super(styles)
    this.select = h('select', { id: 'model', onchange: () => this.emit('encoder-select', { model: this.select.value }) })
    this.size = h('p.size.number')
    this.button = h('button', { onclick: () => this.emit(this.status === 'loading' ? 'encoder-cancel' : 'encoder-load') })
    this.bar = h('progress', { max: 1, 'aria-label': 'Download' })
    this.file = h('p.quiet.number')
    this.problem = errorBox()
    this.facts = h('dl.facts')
    this.choices = h('tbody')
    this.choiceBox = h('div.outlook', {},
      h('table.choices', {}, h('caption.visually-hidden', {}, 'What each encoder would take'), h('thead', {}, h('tr', {}, ...['Encoder', 'Download', 'Weights', 'Memory', 'Time'].map((t) => h('th', { scope: 'col' }, t)))), this.choices),
      (this.choiceNote = h('p.quiet')))
    this.picker = h('input', { type: 'file', id: 'own-folder', webkitdirectory: true, multiple: true, onchange: () => this.#files() })
    this.pickerBox = h('label.link.quiet', { for: 'own-folder' }, 'Open a model folder of your own', h('span.visually-hidden', {}, this.picker))
    this.wishes = h('select', { id: 'device', onchange: () => this.emit('device-change', { device: this.wishes.value }) },
      ...Object.entries(WISHES).map(([value, words]) => h('option', { value }, words)))
    this.refused = errorBox()
    this.deviceLine = h('p')
    this.ladder = h('tbody')
    this.ladderBox = h('details', { hidden: true }, h('summary', {}, 'What else could run it'),
      h('div.scroll', {}, h('table', { 'aria-label': 'Devices' }, h('thead', {}, h('tr', {}, ...['Device', 'Time', 'Why'].map((t) => h('th', { scope: 'col' }, t)))), this.ladder)))
    this.shadowRoot.append(h('div.card', {},
      h('div.choose', {}, h('div.field', {}, h('label', { for: 'model' }, 'Encoder'), this.select), this.size, this.button),
      this.choiceBox, this.pickerBox,
      h('div.progress', {}, this.bar, this.file),
      this.problem.box, this.facts,
      h('div.device', {}, h('div.field', {}, h('label', { for: 'device' }, 'Runs on'), this.wishes), this.refused.box, this.deviceLine, this.ladderBox)))
  }

  render() {
    this.#showModels()
    this.#showProgress()
    this.problem.show(this.error)
    this.#showInfo()
    this.#showDevice()
    this.#showChoices()
  }

  #files() {
    const files = Array.from(this.picker.files ?? [])
    if (files.length) this.emit('encoder-files', { files })
    this.picker.value = '' // the same folder can be opened again
  }

  #showModels() {
    const key = [this.own, ...this.models.map((m) => m.name)].join()
    if (this.modelKey !== key) {
      this.modelKey = key
      const own = this.own ? [h('option', { value: '' }, `${this.own} (your own)`)] : []
      this.select.replaceChildren(...own, ...this.models.map((m) => h('option', { value: m.name }, m.title ?? m.name)))
    }
    this.select.value = this.own ? '' : this.model
    this.picker.disabled = this.status === 'loading' || this.busy
    this.select.disabled = this.status === 'loading' || this.busy
    const chosen = this.own ? undefined : this.models.find((m) => m.name === this.model)
    const kept = this.cached && this.status !== 'ready' ? 'kept by your browser, no download' : this.hub ? 'download, once, from the Hugging Face hub' : 'download, once'
    this.size.textContent = this.own ? (this.status === 'ready' ? `${bytes(this.info?.bytes)} in memory` : 'from this machine') : !chosen ? '' : this.status === 'ready' ? `${bytes(chosen.bytes)} in memory` : `${bytes(chosen.bytes)}: ${kept}`
    this.button.textContent = { idle: 'Load encoder', loading: 'Cancel', ready: 'Loaded' }[this.status]
    this.button.disabled = this.status === 'ready' || this.busy || !(chosen || this.own)
  }

  #showProgress() {
    const { progress, status } = this
    const share = status === 'ready' ? 1 : progress?.total ? progress.loaded / progress.total : 0
    this.bar.value = status === 'idle' ? 0 : share
    const origin = progress?.fromCache ? ' · from this browser' : `${progress?.fromHub ? ' · from the Hugging Face hub' : ''}${progress?.file ? ` · ${progress.file}` : ''}`
    const amount = progress ? `${bytes(progress.loaded)} of ${bytes(progress.total)} · ${percent(share)}${origin}` : 'Starting…'
    const away = this.hub && !this.cached ? 'Only the model is downloaded. ' : ''
    this.file.textContent = { idle: `Not loaded yet. ${away}Text you type or drop never leaves this machine.`, loading: amount, ready: 'Loaded and checked.' }[status]
  }

  #showInfo() {
    const { info } = this
    const total = info?.parameters?.reduce((sum, p) => sum + p.size, 0)
    const facts = [['Family', FAMILIES[info?.family] ?? info?.family], ['Layers', info?.layers], ['Width', info?.hidden], ['Parameters', info ? count(total) : undefined]]
    this.facts.replaceChildren(...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value ?? '–'))))
  }

  #showChoices() {
    const { models, outlooks } = this
    const known = models.filter((m) => m.config)
    this.choiceBox.hidden = models.length > 0 && !known.length
    this.choices.replaceChildren(...known.map((m) => {
      const o = outlooks.get(m.name) ?? {}
      const seconds = planSeconds(o)
      return h(`tr${m.name === this.model && !this.own ? '.chosen' : ''}`, {}, h('th', { scope: 'row' }, m.title ?? m.name), h('td', {}, bytes(m.bytes)),
        h('td', {}, count(o.parameters)), h('td', {}, bytes(o.memoryBytes)), h('td', {}, seconds === undefined ? '–' : duration(seconds)))
    }))
    const timed = [...outlooks.values()].some((o) => Number.isFinite(o.stepMs))
    this.choiceNote.textContent = `Memory and time are of a run with the settings below${timed ? ', the time about, on this machine' : '; the time is known once an encoder has been loaded and timed'}. Other families, such as RoBERTa, are not read by this version.`
  }

  #showDevice() {
    const { device } = this
    this.wishes.value = this.wish
    this.wishes.disabled = this.status === 'loading' || this.busy
    this.refused.show(this.refusal)
    this.deviceLine.textContent = device?.reason ?? 'Chosen when the trainer starts.'
    const list = device?.candidates ?? []
    this.ladderBox.hidden = list.length < 2
    this.ladder.replaceChildren(...list.map((c) => h('tr', {},
      h('td', {}, KINDS[c.kind] ?? c.kind), h('td', {}, c.ok && Number.isFinite(c.ms) ? `${c.ms.toFixed(1)} ms` : c.kind === device.kind ? 'in use' : c.ok ? 'works' : 'no'), h('td', {}, c.why ?? ''))))
  }
}

define('encoder-card', EncoderCard)
