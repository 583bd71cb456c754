/**
 * What the page does with comparisons: it plans them, has one run at a time, and says how it goes. What they gave is kept until the
 * next one; the two kinds, scenarios and transfer, keep theirs apart.
 */
import { CompareRecord, reading, scenarios } from './compare-record.js'
import { duration, plural } from './format.js'
import { presets } from './policy-line.js'
import { planSeconds } from './run-view.js'

const KINDS = ['scenarios', 'transfer']

export class Comparison {
  phase = 'idle'; kind = ''; left = []; plans = new Map(); notes = { scenarios: '', transfer: '' }
  records = { scenarios: new CompareRecord(), transfer: new CompareRecord() }
  pair = { a: '', b: '' }

  /**
   * @param {any} page             of main.js
   * @param {() => any} current    of state.js
   */
  constructor(page, current) {
    this.page = page
    this.current = current
  }

  get list() {
    const { tasks, freeze } = this.current()
    return scenarios(presets(this.page.stack(tasks)), freeze)
  }

  /** The two tasks of the transfer, the first two where nobody has chosen others. */
  get between() {
    const names = this.current().tasks.map((t) => t.name)
    const { a, b } = this.pair
    return names.includes(a) && names.includes(b) && a !== b ? this.pair : { a: names[0] ?? '', b: names[1] ?? '' }
  }

  /** Asks what each scenario would take, where the settings have changed. */
  async plan() {
    const { page } = this
    if (!page.info || this.phase !== 'idle' || !page.source.light) return
    const list = this.list
    const { freeze, ...settings } = page.settings()
    const key = JSON.stringify([page.info.name, list.map((s) => s.policy), { ...settings, data: page.source.kind === 'own' ? page.source.name : settings.data }, this.current().compareEpochs])
    if (this.planned === key) return
    this.planned = key
    const plans = new Map()
    for (const { policy } of list) {
      const plan = await page.trainer.plan({ ...settings, freeze: policy, epochs: this.current().compareEpochs }).catch(() => null)
      if (plan) plans.set(policy, { ...plan, seconds: planSeconds(plan) })
    }
    this.plans = plans
    page.show()
  }

  /** Runs a comparison to its end. @param {'scenarios' | 'transfer'} kind */
  async run(kind) {
    const { page } = this
    if (page.phase !== 'idle') return
    const abort = new AbortController()
    Object.assign(page, { phase: 'comparing', abort })
    Object.assign(this, { phase: 'comparing', kind })
    this.records[kind] = new CompareRecord()
    this.notes[kind] = 'Getting ready…'
    page.say('The comparison begins.')
    await page.guard(kind, async () => {
      const t = await page.ready()
      await page.load()
      if (!page.source.records.length) await page.makeData()
      const evals = page.source.evals(this.current(), await t.natural())
      for await (const e of t.compare({ ...page.settings(), ...this.what(kind), ...(evals ? { evals } : {}), signal: abort.signal })) this.hear(kind, e)
    })
    Object.assign(page, { phase: 'idle', abort: undefined })
    this.phase = 'idle'
    if (page.errors[kind]) this.notes[kind] = ''
    this.planned = '' // steps have been timed meanwhile
    page.later('plan', () => page.makePlan())
    page.show()
  }

  what(kind) {
    const { compareEpochs: epochs, transferSeeds: seeds } = this.current()
    if (kind === 'transfer') return { epochs, transfer: { ...this.between, seeds } }
    return { epochs, policies: this.list.map((s) => s.policy).filter((policy) => !this.left.includes(policy)) }
  }

  hear(kind, e) {
    const { page } = this
    const record = this.records[kind]
    record.hear(e)
    if (e.event === 'begun') this.notes[kind] = `${e.index + 1} of ${record.list.length}: ${kind === 'transfer' ? `seed ${record.now.seed}` : this.titleOf(record.now.policy)}`
    if (e.event === 'compared') this.finish(kind, record, e)
    if (e.event === 'row') page.say(`${this.titleOf(e.policy)} is done.`)
    page.show()
  }

  finish(kind, record, { stopped, seconds }) {
    this.notes[kind] = stopped ? `Stopped after ${plural(kind === 'transfer' ? record.arms.size : record.rows.length, 'run')}. Nothing that was learnt before has changed.` : `Done in ${duration(seconds)}. What was learnt before is as it was.`
    this.page.say(record.transfer?.verdict.sentence ?? this.notes[kind])
  }

  titleOf(policy) { return this.list.find((s) => s.policy === policy)?.title ?? policy }

  /** Pauses it or lets it go on. */
  async hold(paused) {
    await (paused ? this.page.trainer.pause() : this.page.trainer.continue())
    this.phase = paused ? 'paused' : 'comparing'
    this.page.say(paused ? 'Paused.' : 'The comparison goes on.')
  }

  async stop() {
    if (this.phase === 'idle') return
    this.phase = 'stopping'
    this.page.show()
    this.page.abort?.abort()
  }

  /** Forgets what other tasks gave. */
  forget() {
    if (this.phase !== 'idle') return
    this.records = { scenarios: new CompareRecord(), transfer: new CompareRecord() }
    this.notes = { scenarios: '', transfer: '' }
  }

  /** The properties of the two elements. */
  view() {
    const { page, phase } = this
    const { tasks, compareEpochs: epochs, transferSeeds: seeds } = this.current()
    const of = Object.fromEntries(KINDS.map((kind) => {
      const { now, progress, share } = this.records[kind]
      const mine = this.kind === kind
      return [kind, {
        tasks, phase: mine ? phase : 'idle', busy: page.phase !== 'idle' && !(mine && phase !== 'idle'), share, error: page.errors[kind],
        now: now && phase !== 'idle' ? { ...now, ...progress } : null, note: this.notes[kind] || this.outlook(kind),
      }]
    }))
    const { rows } = this.records.scenarios
    return {
      scenarios: { ...of.scenarios, list: this.list, left: this.left, plans: this.plans, rows, epochs, reading: phase === 'idle' ? reading(rows, tasks, (p) => this.titleOf(p)) : '' },
      transfer: { ...of.transfer, ...this.between, seeds, arms: this.records.transfer.arms, transfer: this.records.transfer.transfer },
    }
  }

  /** What a comparison would take, before it begins. */
  outlook(kind) {
    const { plans } = this
    if (!this.page.info) return 'Loads the encoder first.'
    // B alone, A and B one after the other, and both together: each task is learnt about two and a half times.
    const seconds = kind === 'transfer' ? 2.5 * (plans.get(this.current().freeze)?.seconds ?? NaN) * this.current().transferSeeds
      : this.list.filter((s) => !this.left.includes(s.policy)).reduce((sum, s) => sum + (plans.get(s.policy)?.seconds ?? NaN), 0)
    return Number.isFinite(seconds) ? `About ${duration(seconds)} on this machine, and it can be stopped at any time.` : ''
  }
}
