/**
 * Boot: the state of the address, one trainer, and the elements. Elements ask by events; this file does what they ask and hands
 * the outcome back as properties. What is trained lives in the trainer, what was chosen in state.js, what was told here.
 */
import { Comparison } from './elements/comparison.js'
import { DataSource } from './elements/data-source.js'
import { DeviceChoice } from './elements/device-choice.js'
import { isAway, manifest } from './elements/encoder-list.js'
import { plural } from './elements/format.js'
import { latest } from './elements/latest.js'
import { outlooks } from './elements/outlooks.js'
import { lineOf, stackOf } from './elements/policy-line.js'
import { paint } from './elements/painting.js'
import { RunRecord } from './elements/run-record.js'
import { SavedRuns } from './elements/saved-runs.js'
import { epochNews, modelsOf, planGroups, planSeconds } from './elements/run-view.js'
import { wire } from './elements/wiring.js'
import { PROPS, current, readHash, set, subscribe, writeHash } from './state.js'
import './elements/encoder-card.js'
import './elements/freeze-panel.js'
import './elements/frozen-proof.js'
import './elements/label-examples.js'
import './elements/loss-chart.js'
import './elements/run-controls.js'
import './elements/run-report.js'
import './elements/save-list.js'
import './elements/scenario-table.js'
import './elements/score-board.js'
import './elements/synth-lab.js'
import './elements/task-list.js'
import './elements/train-hero.js'
import './elements/transfer-view.js'
import './elements/try-box.js'

/** Milliseconds: a change of settings waits for the next one this long; charts and predictions come no closer than this. */
const PAUSE = { data: 250, plan: 120, text: 150, chart: 100, again: 1500 }

const FAKE = './dev/fake-trainer.js'

const $ = (id) => document.getElementById(id)

/** One page's worth of what has happened; `show` turns it into properties of the elements. */
class Page {
  phase = 'idle'; note = ''; errors = {}
  models = []; loading = null; cached = false; hub = false; info = null; outlooks = new Map(); folder = null
  source = new DataSource(); plan = null; run = new RunRecord([], 0)
  touched = false; resumed = false
  text = 'a warm, funny film'; askedAt = 0; result = null; answered = ''; told = null; reporting = false
  timers = {}; shownAt = 0; queued = false
  comparison = new Comparison(this, current)
  saved = new SavedRuns(this, current, set)
  device = new DeviceChoice(this, set)

  /** @param {(notice: (text: string) => void) => Promise<any>} open makes the trainer */
  constructor(open) {
    this.open = open
    this.predict = latest((text) => this.answer(text))
    this.makeData = latest(() => this.guard('data', () => this.made()))
    this.makePlan = latest(() => this.guard('freeze', () => this.planAll()))
  }

  /** Starts the worker once; the preview and everything after it wait for this. */
  ready() {
    this.opening ??= this.open((text) => this.notice(text)).then((t) => { this.trainer = t; this.device.begin(t, current().device); return t })
    this.opening.catch(() => { this.opening = undefined })
    return this.opening
  }

  async boot() {
    this.models = modelsOf(await manifest())
    this.show()
    await this.guard('train', () => this.ready())
    this.source.making = Boolean(this.trainer)
    if (!this.trainer) return
    await this.guard('encoder', () => this.look())
    await this.guard('save', () => this.saved.refresh())
    await this.makeData()
  }

  /** Something to know that is no error, such as a full cache. */
  notice(text) {
    this.note = text
    this.say(text)
  }

  /** Finds out where the chosen encoder would come from. */
  async look() {
    const { model } = current()
    const cached = Boolean(await this.trainer?.cached?.(model))
    const hub = !cached && this.models.some((m) => m.name === model) && await isAway(model)
    if (model === current().model) Object.assign(this, { cached, hub })
  }

  /** Takes an encoder of the list. */
  choose(model) {
    if (this.folder) this.dropModel()
    this.folder = null
    set({ model })
  }

  /** Takes a model folder of a person's own. */
  own(files) {
    this.folder = files
    this.dropModel()
    return this.guard('encoder', () => this.load())
  }

  /** Loads the chosen encoder once, whoever asks. */
  load() {
    if (this.info) return undefined
    this.coming ??= this.download().finally(() => { this.coming = undefined })
    return this.coming
  }

  async download() {
    const own = this.phase === 'idle'
    if (own) this.abort = new AbortController()
    this.loading = { loaded: 0, total: this.chosen()?.bytes ?? 0 }
    this.say(`Loading the encoder ${this.folder ? 'that you have chosen' : current().model}.`)
    try {
      const t = await this.ready()
      await t.load(this.folder ?? current().model, { signal: this.abort.signal, onProgress: (p) => { this.loading = p; this.show() } })
      this.info = t.model
      this.device.runs = t.device
      this.say('The encoder is loaded.')
    } finally {
      this.loading = null
      if (own && this.phase === 'idle') this.abort = undefined
    }
    await this.makePlan()
    this.ask(this.text)
  }

  async made() {
    const { source } = this
    const t = await this.ready()
    if (source.kind === 'synthetic') {
      source.making = true
      this.show()
      const { records, stats } = await t.synth(source.spec(current()))
      if (source.kind === 'synthetic') source.take(records, stats)
    }
    await this.makePlan()
  }

  async planAll() {
    if (this.phase === 'idle' && this.source.light) this.outlooks = await outlooks(this.trainer, this.models, this.settings())
    await this.planned()
    await this.refreeze()
    await this.comparison.plan()
  }

  async planned() {
    if (!this.info) return
    const { freeze } = current()
    const plan = await this.trainer.plan(this.settings())
    this.plan = { ...plan, groups: planGroups(plan.parameters, this.info.parameters), seconds: planSeconds(plan) }
    // The canonical form, unless the person has gone on meanwhile.
    if (plan.freeze && plan.freeze !== freeze && freeze === current().freeze) set({ freeze: plan.freeze })
  }

  /** Another policy in mid-run is for the rest of the run. */
  async refreeze() {
    const { freeze } = current()
    if (!this.live || freeze === this.inForce) return
    this.inForce = freeze
    const { freeze: taken } = await this.trainer.setFreeze(freeze)
    this.say(`What is frozen has changed: ${taken}.`)
  }

  /** Whether a run goes on whose policy can change: from its plan on. */
  get live() { return (this.phase === 'training' || this.phase === 'paused') && this.run.plan !== null && !this.run.probes }

  turn(kind) {
    const tasks = this.source.turn(kind, current().tasks)
    if (tasks) set({ tasks })
    else this.makeData()
    this.show()
  }

  ownData({ text, name }) {
    return this.guard('data', async () => {
      set({ tasks: this.source.read(text, name) })
      this.say(`${this.source.records.length} sentences of ${name} are in use.`)
    })
  }

  settings() {
    const { tasks, freeze, epochs, batch, accumulate, patience, lr, headLr, dropout, seed } = current()
    return { tasks, data: this.source.data(current()), freeze, epochs, batch, accumulate, patience, lr, headLr, dropout, shuffle: true, seed }
  }

  /** A run starts from the pretrained encoder, read again after a run, unless it goes on from the last one. */
  fresh() {
    if (this.touched && !this.resumed && !current().goOn) Object.assign(this, { info: null, touched: false })
    return this.load()
  }

  async train() {
    if (this.phase !== 'idle') return
    Object.assign(this, { phase: 'preparing', abort: new AbortController(), note: this.info ? 'Getting ready…' : 'Loading the encoder…' })
    await this.guard('train', async () => {
      const t = await this.ready()
      await this.fresh()
      if (!this.source.records.length) await this.makeData()
      const evals = this.source.evals(current(), await t.natural())
      this.begin()
      for await (const e of t.train({ ...this.settings(), ...(evals ? { evals } : {}), ...(this.resumed ? { resume: true } : {}), signal: this.abort.signal })) this.hear(e)
    })
    Object.assign(this, { phase: 'idle', resumed: false, abort: undefined })
    if (this.run.begun && !this.errors.train) this.finish()
    this.show()
    await this.makePlan() // what steps take is known better now
  }

  begin() {
    const { tasks, epochs, patience, freeze } = current()
    this.run = new RunRecord(tasks, epochs, patience)
    this.told = null
    Object.assign(this, { touched: true, phase: 'training', inForce: this.resumed ? this.inForce : freeze })
    this.note = 'Scoring the untrained heads…'
    for (const id of ['loss', 'hero']) {
      $(id).tasks = this.run.tasks
      $(id).reset()
    }
    this.say('Training begins.')
  }

  /** Takes an event of the run. */
  hear(e) {
    this.run.hear(e)
    // Chosen before the run could take it, or after a saved one came back.
    if (e.event === 'plan' && current().freeze !== this.inForce) this.later('plan', () => this.makePlan())
    if (e.event === 'step') return this.step(e)
    if (e.event === 'eval' && e.set !== 'natural' && e.step > 0) this.say(epochNews(e, this.run.probes))
    else if (e.event === 'plan' && this.run.probes) this.note = 'Reading all sentences once, then fitting the heads…'
    else if (e.event === 'device') this.device.runs = this.trainer.device
    this.show()
  }

  /** Charts take ten points a second at most, and a last one. */
  step(e) {
    const now = performance.now()
    if (now - this.shownAt < PAUSE.chart && e.step < e.steps) return
    this.shownAt = now
    const losses = this.run.point()
    $('loss').append(e.step, losses, e.steps)
    $('hero').append(e.step, losses, e.steps)
    if (this.phase === 'training') this.note = `Epoch ${this.run.progress.epoch} of ${this.run.epochs}. The curves are in part 4, Train.`
    if (now - this.askedAt > PAUSE.again) this.ask(this.text)
    this.show()
  }

  finish() {
    this.note = this.run.whole ? `${this.run.verdict || 'Done.'} Try a sentence in part 6.` : `Stopped after ${plural(this.run.progress?.step ?? 0, 'step')}.`
    this.say(this.note)
    this.ask(this.text)
  }

  /** Pauses the run or lets it go on. */
  async hold(paused) {
    await (paused ? this.trainer.pause() : this.trainer.continue())
    this.phase = paused ? 'paused' : 'training'
    this.note = paused ? 'Paused.' : 'Training goes on.'
    this.say(this.note)
  }

  async stop() {
    const running = this.phase === 'training' || this.phase === 'paused'
    if (!running) this.abort?.abort()
    this.phase = this.phase === 'idle' ? 'idle' : 'stopping'
    this.note = 'Stopping…'
    this.show()
    if (running) await this.trainer.stop()
  }

  ask(text) {
    this.text = text
    return this.info && this.touched ? this.predict(text) : undefined
  }

  /** Looks closer at what was learnt, on sentences that were held out. */
  async report() {
    if (this.reporting) return
    this.reporting = true
    await this.guard('report', async () => {
      const [evals, natural] = [this.source.evals(current(), []), this.trainer.natural()]
      this.told = await this.trainer.report(evals ? evals.heldout : await natural)
      this.say('The report is there.')
    })
    this.reporting = false
    this.show()
  }

  async answer(text) {
    await this.guard('try', async () => {
      this.result = text.trim() ? await this.trainer.predict(text) : null
      this.answered = text
    })
    this.askedAt = performance.now()
  }

  chosen() { return this.models.find((m) => m.name === current().model) }

  /** Runs work; what goes wrong is shown beside `part` in the words of the error. A cancelled work is no error. */
  async guard(part, work) {
    this.errors = { ...this.errors, [part]: null }
    this.show()
    try {
      await work()
    } catch (error) {
      const stopped = error?.name === 'AbortError' || error?.code === 'aborted'
      this.note = stopped ? 'Stopped.' : part === 'train' ? '' : this.note
      if (!stopped) this.errors = { ...this.errors, [part]: { message: error.message, hint: error.hint } }
      // A worker that has crashed takes the model with it.
      if (this.info && !this.trainer.model) Object.assign(this, { info: null, touched: false })
    }
    this.show()
  }

  /** Tells people who cannot see the page; only what matters, never a step. */
  say(text) {
    $('status').textContent = text
    this.show()
  }

  later(key, work) {
    clearTimeout(this.timers[key])
    this.timers[key] = setTimeout(work, PAUSE[key])
  }

  /** Shows everything in the next frame. */
  show() {
    if (this.queued) return
    this.queued = true
    requestAnimationFrame(() => { this.queued = false; paint(this, current()) })
  }

  /** The stack of the loaded encoder; the same object while nothing changes. */
  stack(tasks) {
    const key = `${this.info?.name} ${tasks.map((t) => t.name)}`
    if (this.stackKey !== key) Object.assign(this, { stackKey: key, shape: stackOf(this.info, tasks) })
    return this.shape
  }

  /** What follows a change of settings: new data, a new plan, the address. */
  changed(names) {
    const has = (...list) => names.some((name) => list.includes(name))
    if (has('n', 'dataSeed', 'both', 'typos', 'labelNoise', 'styles', 'tasks')) this.later('data', () => this.makeData())
    if (has('model')) this.forget()
    if (has('device')) this.device.turnTo(current().device)
    if (has('freeze', 'batch', 'accumulate', 'epochs', 'compareEpochs', 'tasks')) this.later('plan', () => this.makePlan())
    if (has('tasks')) this.retask()
    history.replaceState(null, '', `${location.pathname}${location.search}${writeHash(current())}`)
    this.show()
  }

  /** Another encoder: what was learnt and planned with the old one goes. */
  forget() {
    if (this.info?.name === current().model && !this.folder) return
    this.dropModel()
    this.guard('encoder', () => this.look())
  }

  dropModel() {
    Object.assign(this, { info: null, plan: null, result: null, told: null, run: new RunRecord([], 0), touched: false, resumed: false })
  }

  /** Other tasks make the old answers and a policy that names a lost head meaningless. */
  retask() {
    Object.assign(this, { result: null, told: null, run: new RunRecord([], 0) })
    this.comparison.forget()
    const { tasks, freeze } = current()
    const lost = lineOf(freeze, this.stack(tasks)).custom && /(^|,)head:/.test(freeze)
    if (lost) set({ freeze: PROPS.find((p) => p.name === 'freeze').first })
  }
}

/** The trainer of this page; `?fake` is for developing it. */
async function open(notice) {
  const module = await import(new URLSearchParams(location.search).has('fake') ? FAKE : './thaw.js').catch((cause) => {
    throw Object.assign(new Error('The trainer of this page could not be loaded.', { cause }), { hint: 'Reload the page. If that does not help, the site is not complete: ./build.sh build makes it.' })
  })
  return module.createTrainer({ device: current().device, onNotice: notice })
}

function main() {
  set(readHash(location.hash))
  const page = new Page(open)
  subscribe((_, names) => page.changed(names))
  // A hash without a value is a place on the page; during a run the settings stay as they are.
  window.addEventListener('hashchange', () => (page.phase !== 'idle' || !location.hash.includes('=')) || set({ ...Object.fromEntries(PROPS.map((p) => [p.name, p.first])), ...readHash(location.hash) }))
  wire(page, set)
  page.boot()
}

main()
