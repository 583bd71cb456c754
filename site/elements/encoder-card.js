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
 * @event encoder-load             load the chosen encoder
 * @event encoder-cancel           stop the download
 * @event encoder-select           detail: {model}
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { bytes, count, percent } from './format.js'

const styles = await sheets(import.meta.url, './encoder-card.css')
const FAMILIES = { bert: 'BERT', distilbert: 'DistilBERT', roberta: 'RoBERTa' }
const KINDS = { webgpu: 'WebGPU', threads: 'SIMD threads', cpu: 'one SIMD thread' }

class EncoderCard extends PageElement {
  static props = { models: [], model: '', status: 'idle', progress: null, cached: false, hub: false, info: null, device: null, error: null, busy: false }

  constructor() {
    super(styles)
    this.select = h('select', { id: 'model', onchange: () => this.emit('encoder-select', { model: this.select.value }) })
    this.size = h('p.size.number')
    this.button = h('button', { onclick: () => this.emit(this.status === 'loading' ? 'encoder-cancel' : 'encoder-load') })
    this.bar = h('progress', { max: 1, 'aria-label': 'Download' })
    this.file = h('p.quiet.number')
    this.problem = errorBox()
    this.facts = h('dl.facts')
    this.deviceLine = h('p')
    this.ladder = h('tbody')
    this.ladderBox = h('details', { hidden: true }, h('summary', {}, 'What else could run it'),
      h('div.scroll', {}, h('table', {}, h('thead', {}, h('tr', {}, ...['Device', 'Time', 'Why'].map((t) => h('th', { scope: 'col' }, t)))), this.ladder)))
    this.shadowRoot.append(h('div.card', {},
      h('div.choose', {}, h('div.field', {}, h('label', { for: 'model' }, 'Encoder'), this.select), this.size, this.button),
      h('div.progress', {}, this.bar, this.file),
      this.problem.box, this.facts,
      h('div.device', {}, h('h3', {}, 'Device'), this.deviceLine, this.ladderBox)))
  }

  render() {
    this.#showModels()
    this.#showProgress()
    this.problem.show(this.error)
    this.#showInfo()
    this.#showDevice()
  }

  #showModels() {
    const key = this.models.map((m) => m.name).join()
    if (this.modelKey !== key) {
      this.modelKey = key
      this.select.replaceChildren(...this.models.map((m) => h('option', { value: m.name }, m.title ?? m.name)))
    }
    this.select.value = this.model
    this.select.disabled = this.status === 'loading' || this.busy
    const chosen = this.models.find((m) => m.name === this.model)
    const kept = this.cached && this.status !== 'ready' ? 'kept by your browser, no download' : this.hub ? 'download, once, from the Hugging Face hub' : 'download, once'
    this.size.textContent = !chosen ? '' : this.status === 'ready' ? `${bytes(chosen.bytes)} in memory` : `${bytes(chosen.bytes)}: ${kept}`
    this.button.textContent = { idle: 'Load encoder', loading: 'Cancel', ready: 'Loaded' }[this.status]
    this.button.disabled = this.status === 'ready' || !chosen
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

  #showDevice() {
    const { device } = this
    this.deviceLine.textContent = device?.reason ?? 'Chosen when the trainer starts.'
    const list = device?.candidates ?? []
    this.ladderBox.hidden = list.length < 2
    this.ladder.replaceChildren(...list.map((c) => h('tr', {},
      h('td', {}, KINDS[c.kind] ?? c.kind), h('td', {}, c.ok && Number.isFinite(c.ms) ? `${c.ms.toFixed(1)} ms` : c.ok ? 'in use' : 'no'), h('td', {}, c.why ?? ''))))
  }
}

define('encoder-card', EncoderCard)
