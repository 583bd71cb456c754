/**
 * Boot: the state of the address, one trainer, and the elements. Elements ask by events; this file does what they ask and hands
 * the outcome back as properties. What is trained lives in the trainer, what was chosen in state.js, what was told here.
 */
import { editsOf, stranger, wantedLabels } from './elements/label-edits.js'
import { latest } from './elements/latest.js'
import { lineOf } from './elements/policy-line.js'
import { learnableTasks, parseRecords } from './elements/record-file.js'
import { RunRecord } from './elements/run-record.js'
import { countLabels, headline, modelsOf, perTask, stages, stepsOf } from './elements/run-view.js'
import { PROPS, current, readHash, set, subscribe, writeHash } from './state.js'
import './elements/encoder-card.js'
import './elements/freeze-panel.js'
import './elements/frozen-proof.js'
import './elements/label-examples.js'
import './elements/loss-chart.js'
import './elements/run-controls.js'
import './elements/save-list.js'
import './elements/score-board.js'
import './elements/synth-lab.js'
import './elements/task-list.js'
import './elements/train-hero.js'
import './elements/try-box.js'

/** Sentences held out, and how many are shown as a sample. */
const HELD_OUT = 400
const SAMPLE = 6

/** Milliseconds: a change of settings waits for the next one this long; charts and predictions come no closer than this. */
const PAUSE = { data: 250, plan: 120, text: 150, chart: 100, again: 1500 }

const STYLES = ['headline', 'report', 'review', 'question', 'chat']
const EXAMPLES = ['a warm, funny film', 'The striker scored twice in extra time', 'Shares fell after the bank cut its forecast', 'I waited an hour and the soup was cold']
const FAKE = './dev/fake-trainer.js'

const $ = (id) => document.getElementById(id)

/** One page's worth of what has happened; `show` turns it into properties of the elements. */
class Page {
  phase = 'idle'; note = ''; errors = {}
  models = []; loading = null; cached = false; device = null; info = null
  source = 'synthetic'; own = { name: '', records: [] }; records = []; stats = null; making = true; from = 0
  plan = null; run = new RunRecord([])
  text = EXAMPLES[0]; examples = {}; askedAt = 0; result = null; saves = []; savedNote = ''
  timers = {}; shownAt = 0; queued = false

  /** @param {() => Promise<any>} open makes the trainer */
  constructor(open) {
    this.open = open
    this.predict = latest((text) => this.answer(text))
  }

  // --- The trainer -------------------------------------------------------------------------------------------------

  /** Starts the worker once; the preview and everything after it wait for this. */
  ready() {
    this.opening ??= this.open().then((t) => { this.trainer = t; this.device = t.device; return t })
    this.opening.catch(() => { this.opening = undefined })
    return this.opening
  }

  async boot() {
    this.show()
    this.models = modelsOf(await manifest())
    this.show()
    await this.guard('encoder', async () => {
      const t = await this.ready()
      this.cached = Boolean(await t.cached?.(current().model))
      this.saves = await t.saves()
      await this.makeData()
    })
  }

  async load() {
    if (this.info || this.loading) return
    this.abort ??= new AbortController()
    this.loading = { loaded: 0, total: this.chosen()?.bytes ?? 0 }
    this.say(`Loading the encoder ${current().model}.`)
    try {
      const t = await this.ready()
      await t.load(current().model, { signal: this.abort.signal, onProgress: (p) => { this.loading = p; this.show() } })
      this.info = t.model
      this.device = t.device
      this.say('The encoder is loaded.')
    } finally {
      this.loading = null
      if (this.phase === 'idle') this.abort = undefined
    }
    await this.makePlan()
    this.ask(this.text)
  }

  // --- Data and plan -----------------------------------------------------------------------------------------------

  spec(extra = {}) {
    const { n, dataSeed, both, typos, labelNoise, styles, tasks } = current()
    return { n, seed: dataSeed, both, typos, labelNoise, ...editsOf(tasks, this.examples), ...(styles.length ? { styles } : {}), ...extra }
  }

  async makeData() {
    const t = await this.ready()
    if (this.source === 'own') this.take(this.own.records, null)
    else {
      this.making = true
      this.show()
      const { records, stats } = await t.synth(this.spec())
      this.take(records, stats)
    }
    await this.makePlan()
  }

  take(records, stats) {
    this.records = records
    this.from = 0
    this.making = false
    this.stats = records.length ? { ...stats, n: records.length, tasks: countLabels(records) } : null
    this.show()
  }

  async makePlan() {
    if (!this.info) return this.show()
    await this.guard('freeze', async () => {
      const { tasks, freeze, batch, epochs } = current()
      const plan = await this.trainer.plan({ ...this.settings(), tasks, freeze, batch })
      const steps = stepsOf(this.records, tasks, batch, epochs)
      this.plan = { ...plan, seconds: Number.isFinite(plan.stepMs) ? (plan.stepMs * steps) / 1000 : undefined }
    })
  }

  ownData({ text, name }) {
    return this.guard('data', async () => {
      const records = parseRecords(text, name)
      const tasks = learnableTasks(records, name)
      this.own = { name, records }
      set({ tasks })
      await this.makeData()
      this.say(`${records.length} sentences of ${name} are in use.`)
    })
  }

  // --- A run -------------------------------------------------------------------------------------------------------

  settings() {
    const { tasks, freeze, epochs, batch, lr, headLr, dropout, seed } = current()
    const data = this.source === 'own' ? this.records : { synthetic: this.spec() }
    return { tasks, data, freeze, epochs, batch, lr, headLr, dropout, shuffle: true, seed }
  }

  async evals(t) {
    if (this.source === 'own') return undefined
    return { heldout: { synthetic: this.spec({ n: HELD_OUT, split: 'heldout', typos: 0, labelNoise: 0 }) }, natural: await t.natural() }
  }

  async train(resume) {
    if (this.phase !== 'idle') return
    this.phase = 'preparing'
    this.abort = new AbortController()
    this.note = this.info ? 'Getting ready…' : 'Loading the encoder…'
    await this.guard('train', async () => {
      const t = await this.ready()
      await this.load()
      if (!this.records.length) await this.makeData()
      this.begin()
      const evals = await this.evals(t)
      for await (const e of t.train({ ...this.settings(), ...(evals ? { evals } : {}), ...resume, signal: this.abort.signal })) this.hear(e)
    })
    this.phase = 'idle'
    this.abort = undefined
    if (this.run.progress && !this.errors.train) this.finish()
    this.show()
  }

  begin() {
    this.run = new RunRecord(current().tasks)
    this.phase = 'training'
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
    if (e.event === 'step') return this.step(e)
    if (e.event === 'eval') this.tell(e)
    else if (e.event === 'device') this.device = this.trainer.device
    else if (e.event === 'skipped') this.note = `Step ${e.step} was skipped: its numbers were not finite.`
    this.show()
  }

  /** Charts take ten points a second at most, and a last one. */
  step(e) {
    const now = performance.now()
    if (now - this.shownAt < PAUSE.chart && e.step < e.steps) return
    this.shownAt = now
    const losses = this.run.point()
    $('loss').append(e.step, losses)
    $('hero').append(e.step, losses)
    if (this.phase === 'training') this.note = `Epoch ${e.epoch} of ${e.epochs}. The curves are in part 4, Train.`
    if (now - this.askedAt > PAUSE.again) this.ask(this.text)
    this.show()
  }

  tell(e) {
    if (e.set === 'natural' || e.step === 0) return
    const told = Object.entries(e.tasks).map(([name, r]) => `${name} ${Math.round(r.accuracy * 100)} percent`)
    this.say(`Epoch ${e.epoch} is done. Right on held-out sentences: ${told.join(', ')}.`)
  }

  finish() {
    this.note = this.run.whole ? 'Done. Try a sentence in part 6.' : `Stopped after ${this.run.progress.step} steps.`
    this.say(this.note)
    this.ask(this.text)
  }

  async pause() {
    await this.trainer.pause()
    this.phase = 'paused'
    this.note = 'Paused.'
    this.say(this.note)
  }

  async continue() {
    await this.trainer.continue()
    this.phase = 'training'
    this.say('Training goes on.')
  }

  async stop() {
    if (this.phase === 'idle') return
    if (this.phase === 'preparing') this.abort?.abort()
    this.phase = 'stopping'
    this.note = 'Stopping…'
    this.show()
    await this.trainer?.stop()
  }

  // --- Prediction and saves ----------------------------------------------------------------------------------------

  ask(text) {
    this.text = text
    this.show()
    return this.info ? this.predict(text) : undefined
  }

  async answer(text) {
    await this.guard('try', async () => { this.result = text.trim() ? await this.trainer.predict(text) : null })
    this.askedAt = performance.now()
  }

  save({ name }) {
    return this.guard('save', async () => {
      await this.trainer.save({ name })
      this.saves = await this.trainer.saves()
      this.savedNote = `Saved as ${name}.`
    })
  }

  resume({ name }) {
    return this.guard('save', async () => {
      await this.load()
      await this.trainer.resume({ name })
      this.resumed = true
      this.savedNote = `${name} is back. Train goes on from it.`
      this.ask(this.text)
    })
  }

  // --- Showing -----------------------------------------------------------------------------------------------------

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
      if (!stopped) this.say(error.message)
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
    requestAnimationFrame(() => { this.queued = false; this.paint() })
  }

  paint() {
    const s = current()
    const { phase, errors, note, info, device, loading, run } = this
    const { progress, history } = run
    const busy = phase !== 'idle'
    const loaded = Boolean(info)
    const stack = this.stack(s.tasks)
    const give = (id, properties) => Object.assign($(id), properties)
    give('hero', {
      phase, tasks: s.tasks, error: errors.train, scores: headline(s.tasks, history, run.losses),
      note: note || 'Loads the encoder, makes sentences and trains, with nothing to set up.',
      stages: stages({ phase, loaded, loading, bytes: this.cached ? 0 : this.chosen()?.bytes, sentences: this.records.length, making: this.making, progress, done: run.done }),
    })
    give('encoder', { models: this.models, model: s.model, status: loaded ? 'ready' : loading ? 'loading' : 'idle', progress: loading, cached: this.cached, info, device, busy, error: errors.encoder })
    give('tasks', { tasks: s.tasks, counts: this.stats ? perTask(s.tasks, this.stats.tasks) : {}, busy })
    give('examples', { wanted: this.source === 'own' ? [] : wantedLabels(s.tasks), texts: this.examples, busy })
    give('lab', {
      source: this.source, spec: s, styles: STYLES, tasks: s.tasks, stats: this.stats, sample: this.sample(), file: this.own.name, busy,
      error: errors.data ?? (this.stats && stranger(s.tasks, this.stats.tasks)),
    })
    give('freeze', { stack, policy: s.freeze, plan: errors.freeze ? null : this.plan, error: errors.freeze, busy })
    give('run', { phase, note, progress, settings: s, error: errors.train })
    give('loss', { tasks: s.tasks })
    give('scores', { tasks: s.tasks, epochs: progress?.epochs ?? s.epochs, history })
    give('proof', { proof: run.proof })
    give('try', { tasks: s.tasks, text: this.text, ready: loaded, trained: this.resumed || Boolean(progress), result: this.result, examples: EXAMPLES, error: errors.try })
    give('saves', { saves: this.saves, canSave: loaded && Boolean(progress), busy, note: this.savedNote, error: errors.save })
  }

  /** The stack of the loaded encoder, or of one like it before it is there. */
  stack(tasks) {
    const names = tasks.map((t) => t.name)
    const key = `${this.info?.name} ${names}`
    if (this.stackKey !== key) {
      this.stackKey = key
      const pooler = !this.info || this.info.parameters.some((p) => p.group === 'pooler')
      this.shape = { layers: this.info?.layers ?? 6, pooler, tasks: names }
    }
    return this.shape
  }

  /** A few sentences from where the reader is; the same array while nothing changes. */
  sample() {
    const key = this.from
    if (this.sampleOf !== this.records || this.sampleKey !== key) {
      Object.assign(this, { sampleOf: this.records, sampleKey: key, shown: this.records.slice(this.from, this.from + SAMPLE) })
    }
    return this.shown
  }

  exampled(key, text) {
    this.examples = { ...this.examples, [key]: text }
    this.later('data', () => this.guard('data', () => this.makeData()))
    this.show()
  }

  moreSamples() {
    this.from = this.from + SAMPLE < this.records.length ? this.from + SAMPLE : 0
    this.show()
  }

  /** What follows a change of settings: new data, a new plan, the address. */
  changed(names) {
    const has = (...list) => names.some((name) => list.includes(name))
    if (has('n', 'dataSeed', 'both', 'typos', 'labelNoise', 'styles', 'tasks')) this.later('data', () => this.guard('data', () => this.makeData()))
    if (has('model')) this.forget()
    if (has('freeze', 'batch', 'epochs', 'tasks')) this.later('plan', () => this.makePlan())
    if (has('tasks')) this.retask()
    history.replaceState(null, '', `${location.pathname}${location.search}${writeHash(current())}`)
    this.show()
  }

  /** Another encoder: what was learnt and planned with the old one goes. */
  forget() {
    if (this.info?.name === current().model) return
    Object.assign(this, { info: null, plan: null, result: null, run: new RunRecord([]) })
    this.guard('encoder', async () => { this.cached = Boolean(await this.trainer?.cached?.(current().model)) })
  }

  /** Other tasks make the old answers and a policy that names a lost head meaningless. */
  retask() {
    Object.assign(this, { result: null, run: new RunRecord([]) })
    const { tasks, freeze } = current()
    const lost = lineOf(freeze, this.stack(tasks)).custom && /(^|,)head:/.test(freeze)
    if (lost) set({ freeze: PROPS.find((p) => p.name === 'freeze').first })
  }
}

/** The encoders that can be loaded, with their sizes, before anything is downloaded. */
async function manifest() {
  const answer = await fetch(new URL('../weights/manifest.json', import.meta.url)).catch(() => null)
  return answer?.ok ? answer.json() : null
}

/** The trainer of this page; `?fake` is for developing it. */
async function open() {
  const module = await import(new URLSearchParams(location.search).has('fake') ? FAKE : './thaw.js')
  return module.createTrainer({ device: current().device })
}

/** What each event of an element does. */
function wire(page) {
  const on = (type, act) => document.addEventListener(type, (event) => act(event.detail))
  on('encoder-load', () => page.guard('encoder', () => page.load()))
  on('encoder-cancel', () => page.abort?.abort())
  on('encoder-select', ({ model }) => set({ model }))
  on('synth-change', set)
  on('tasks-change', set)
  on('settings-change', set)
  on('freeze-change', ({ policy }) => set({ freeze: policy }))
  on('source-change', ({ source }) => { page.source = source; page.guard('data', () => page.makeData()) })
  on('own-data', (detail) => page.ownData(detail))
  on('sample-more', () => page.moreSamples())
  on('examples-change', ({ key, text }) => page.exampled(key, text))
  on('run-train', () => page.train())
  on('run-pause', () => page.guard('train', () => page.pause()))
  on('run-continue', () => page.guard('train', () => page.continue()))
  on('run-stop', () => page.guard('train', () => page.stop()))
  on('try-text', ({ text }) => { page.text = text; page.later('text', () => page.ask(text)) })
  on('save-run', (detail) => page.save(detail))
  on('resume-run', (detail) => page.resume(detail))
}

function main() {
  set(readHash(location.hash))
  const page = new Page(open)
  subscribe((_, names) => page.changed(names))
  // A hash without a value is a place on the page; during a run the settings stay as they are.
  window.addEventListener('hashchange', () => (page.phase !== 'idle' || !location.hash.includes('=')) || set({ ...Object.fromEntries(PROPS.map((p) => [p.name, p.first])), ...readHash(location.hash) }))
  wire(page)
  page.boot()
}

main()
