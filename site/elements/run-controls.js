/**
 * <run-controls>: train, pause, continue, stop, how far the run is, and its settings.
 *
 * @property {'idle'|'preparing'|'training'|'paused'|'stopping'} phase
 * @property {string} note        what happens now, in a sentence
 * @property {{ step: number, steps: number, epoch: number, epochs: number, lr: number, gradNorm: number,
 *   tokensPerSecond: number, secondsLeft: number } | null} progress
 * @property {{ task: string, n: number, iterations: number, converged: boolean, loss: number, ms: number }[]} fits   of heads fitted at once
 * @property {boolean} probes     the run fits its heads at once, so it has no steps
 * @property {Record<string, any>} settings   epochs, batch, accumulate, patience, lr, headLr, dropout, seed, goOn
 * @property {string} remark      what a person should know besides
 * @property {boolean} learnt     there is a run to go on from
 * @property {{ message: string, hint?: string } | null} error
 * @event run-train · run-pause · run-continue · run-stop
 * @event settings-change         detail: some of settings
 */
import { PageElement, define, errorBox, h, sheets } from './dom.js'
import { decimal, duration, grouped, rate } from './format.js'

const styles = await sheets(import.meta.url, './run-controls.css')

/** [key, name, input attributes, what it does] */
const FIELDS = [
  ['epochs', 'Epochs', { min: 1, step: 1 }, 'times through the data'],
  ['batch', 'Batch', { min: 1, step: 1 }, 'sentences a step'],
  ['accumulate', 'Accumulate', { min: 1, step: 1 }, 'batches that make a step'],
  ['patience', 'Patience', { min: 0, step: 1 }, 'evaluations without a better loss; 0: no early end'],
  ['lr', 'Encoder rate', { min: 0, step: 'any' }, 'step size of the encoder'],
  ['headLr', 'Head rate', { min: 0, step: 'any' }, 'step size of the heads'],
  ['dropout', 'Dropout', { min: 0, max: 0.9, step: 'any' }, 'share dropped while training'],
  ['seed', 'Seed', { min: 0, step: 1 }, 'same seed, same bits'],
]

class RunControls extends PageElement {
  static props = { phase: 'idle', note: '', progress: null, fits: [], probes: false, settings: {}, remark: '', learnt: false, error: null }

  constructor() {
    super(styles)
    const button = (type, text, kind = 'button') => h(kind, { onclick: () => this.emit(type) }, text)
    this.train = button('run-train', 'Train', 'button.primary')
    this.pause = h('button', { onclick: () => this.emit(this.phase === 'paused' ? 'run-continue' : 'run-pause') })
    this.stop = button('run-stop', 'Stop')
    this.line = h('p.number.note')
    this.bar = h('progress', { max: 1, 'aria-label': 'Training' })
    this.problem = errorBox()
    this.facts = {}
    const fact = (key, name) => h('div', {}, h('dt', {}, name), (this.facts[key] = h('dd', {}, '–')))
    this.fitBody = h('tbody')
    this.fitTable = h('div.scroll.fits', { hidden: true }, h('table', { 'aria-label': 'Fits' },
      h('thead', {}, h('tr', {}, ...['Fit', 'Sentences', 'Rounds', 'Loss', 'Time'].map((t) => h('th', { scope: 'col' }, t)))), this.fitBody))
    this.inputs = {}
    this.goOn = h('input', { type: 'checkbox', onchange: () => this.emit('settings-change', { goOn: this.goOn.checked }) })
    this.goOnBox = h('label.check', { hidden: true }, this.goOn, 'Go on from what it has learnt, not from the pretrained encoder')
    this.extra = h('p.quiet', { hidden: true })
    this.shadowRoot.append(h('div.card', {},
      h('div.row', {}, this.train, this.pause, this.stop, this.line), this.bar, this.problem.box,
      (this.stepFacts = h('dl.facts', {}, fact('step', 'Step'), fact('epoch', 'Epoch'), fact('left', 'Time left'), fact('speed', 'Tokens a second'), fact('lr', 'Rate now'), fact('norm', 'Gradient norm'))), this.fitTable,
      this.extra, this.goOnBox,
      h('details', {}, h('summary', {}, 'Settings'), h('div.fields', {}, ...FIELDS.map((f) => this.#field(...f))))))
  }

  render() {
    const { phase } = this
    const running = phase === 'training' || phase === 'paused'
    this.train.disabled = phase !== 'idle'
    this.pause.disabled = !running
    this.pause.textContent = phase === 'paused' ? 'Continue' : 'Pause'
    this.stop.disabled = !running && phase !== 'preparing'
    this.line.textContent = this.note
    this.problem.show(this.error)
    this.#showProgress(this.progress)
    this.#showFits()
    this.extra.textContent = this.remark
    this.extra.hidden = !this.remark
    this.goOnBox.hidden = !this.learnt
    this.goOn.checked = Boolean(this.settings.goOn)
    this.goOn.disabled = phase !== 'idle'
    for (const [key, input] of Object.entries(this.inputs)) {
      if (this.shadowRoot.activeElement !== input) input.value = this.settings[key] ?? ''
      input.disabled = phase !== 'idle'
    }
  }

  #field(key, name, attributes, hint) {
    const input = h('input', { id: key, type: 'number', 'aria-describedby': `${key}-hint`, ...attributes, onchange: () => this.#set(key, input) })
    this.inputs[key] = input
    return h('div.field', {}, h('label', { for: key }, name), input, h('p.quiet.hint', { id: `${key}-hint` }, hint))
  }

  #set(key, input) {
    if (Number.isFinite(input.valueAsNumber)) this.emit('settings-change', { [key]: input.valueAsNumber })
    else input.value = this.settings[key]
  }

  #showFits() {
    const { fits, probes } = this
    this.stepFacts.hidden = probes
    this.fitTable.hidden = !fits.length
    if (probes) this.bar.value = fits.length && this.phase === 'idle' ? 1 : 0
    if (this.shownFits === fits) return
    this.shownFits = fits
    this.fitBody.replaceChildren(...fits.map((f) => h('tr', {}, h('th', { scope: 'row' }, f.task), h('td', {}, grouped(f.n)),
      h('td', {}, `${grouped(f.iterations)}${f.converged ? '' : ', not settled'}`), h('td', {}, decimal(f.loss, 3)), h('td', {}, duration(f.ms / 1000)))))
  }

  #showProgress(p) {
    const { facts } = this
    this.bar.value = p?.steps ? p.step / p.steps : 0
    facts.step.textContent = p ? `${grouped(p.step)} of ${grouped(p.steps)}` : '–'
    facts.epoch.textContent = p ? `${p.epoch} of ${p.epochs}` : '–'
    facts.left.textContent = p ? duration(p.secondsLeft) : '–'
    facts.speed.textContent = p ? grouped(p.tokensPerSecond) : '–'
    facts.lr.textContent = p ? rate(p.lr) : '–'
    facts.norm.textContent = p ? decimal(p.gradNorm, 2) : '–'
  }
}

define('run-controls', RunControls)
