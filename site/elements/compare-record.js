/**
 * What is known of a comparison, gathered from its events, and what can be said of it. It shows nothing.
 */
import { percent } from './format.js'

export class CompareRecord {
  list = []; rows = []; at = null; progress = null; arms = new Map(); transfer = null; end = null

  /** Takes an event of thaw.js's compare. */
  hear(e) {
    if (e.event === 'scenarios') this.list = e.list
    else if (e.event === 'begun') Object.assign(this, { at: e.index, progress: null })
    else if (e.event === 'progress') this.progress = e
    else if (e.event === 'row') this.rows = [...this.rows, e]
    else if (e.event === 'arm') this.arms = new Map(this.arms).set(e.run, e)
    else if (e.event === 'transfer') Object.assign(this, { transfer: e, arms: new Map(e.arms.map((a) => [a.run, a])) })
    else if (e.event === 'compared') Object.assign(this, { end: e, at: null, progress: null })
  }

  /** The row of a policy, undefined until it is there. */
  row(policy) { return this.rows.find((r) => r.policy === policy) }

  /** What is being trained now, null between and after. */
  get now() { return this.at === null ? null : this.list[this.at] }

  /** The share of all that is done, each scenario counting alike. */
  get share() {
    if (this.end) return this.end.stopped ? this.rows.length / (this.list.length || 1) : 1
    const part = this.progress ? this.progress.step / this.progress.steps : 0
    return this.at === null ? 0 : (this.at + part) / this.list.length
  }
}

/** One task's figures on one set of a row, undefined where there are none. */
export function scoreOf(row, set, task) {
  return row?.scores.find((s) => s.set === set && s.task === task)
}

/** The greatest accuracy that any row has on a set for a task; -1 before the first. */
export function bestOf(rows, set, task) {
  return Math.max(-1, ...rows.map((r) => scoreOf(r, set, task)?.accuracyAfter ?? -1))
}

/** In a sentence, which scenario was most often right on the held-out sentences of each task. */
export function reading(rows, tasks, titleOf) {
  const told = tasks.map(({ name }) => {
    const best = bestOf(rows, 'heldout', name)
    const names = rows.filter((r) => scoreOf(r, 'heldout', name)?.accuracyAfter === best).map((r) => titleOf(r.policy))
    const who = names.length > 2 ? `${names.length} scenarios alike` : names.map((n) => `“${n}”`).join(' and ')
    return best < 0 ? '' : `${name} with ${who} (${percent(best)})`
  }).filter(Boolean)
  return rows.length > 1 && told.length ? `Most often right on held-out sentences: ${told.join(', ')}.` : ''
}

/** The scenarios to offer: the presets from the control upwards, and the policy that is set where it is none of them. */
export function scenarios(presets, policy) {
  const order = ['all', 'probe', 'backbone']
  const rank = ({ policy: p }) => { const at = order.indexOf(p); return at >= 0 ? at : p.startsWith('head:') ? 3 : p === 'none' ? 5 : 4 }
  const list = [...presets].sort((a, b) => rank(a) - rank(b))
  return list.some((p) => p.policy === policy) ? list : [...list, { policy, title: 'As set in part 3' }]
}
