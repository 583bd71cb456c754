/**
 * What the page says of a run, computed from plain values: time left, the stages of the one-click way, the counts of a data
 * set. Pure functions, so that they are tested without a browser.
 */
import { bytes, grouped, percent } from './format.js'

/** Share of the newest step in the mean time a step takes. */
const NEWEST = 0.1

/** The mean milliseconds a step after one more step. */
export function meanMs(mean, ms) {
  return Number.isFinite(mean) ? mean + NEWEST * (ms - mean) : ms
}

/** Seconds to the end of a run at `mean` milliseconds a step. */
export function secondsLeft({ step, steps }, mean) {
  return ((steps - step) * mean) / 1000
}

/**
 * The state and size of each group of the stack under a plan. The encoder's tensors have their group and size from the loaded model; the
 * heads come and go with the tasks, so theirs is in their name.
 *
 * @param {{ name: string, trainable: boolean }[]} planned
 * @param {{ name: string, group: string, size: number }[]} known
 * @returns {Map<string, { state: 'frozen'|'thawed'|'mixed', size: number }>}
 */
export function planGroups(planned, known) {
  const byName = new Map(known.map((p) => [p.name, p]))
  const groups = new Map()
  for (const { name, trainable } of planned) {
    const { group, size } = byName.get(name) ?? { group: name.split('.').slice(0, 2).join('.'), size: 0 }
    const g = groups.get(group) ?? { size: 0, frozen: 0, thawed: 0 }
    g.size += size
    g[trainable ? 'thawed' : 'frozen']++
    groups.set(group, g)
  }
  return new Map([...groups].map(([name, g]) => [name, { size: g.size, state: !g.thawed ? 'frozen' : !g.frozen ? 'thawed' : 'mixed' }]))
}

/** Seconds that a planned run takes, where its steps have been timed. */
export function planSeconds({ stepMs, steps }) {
  return Number.isFinite(stepMs) ? (stepMs * steps) / 1000 : undefined
}

/**
 * Sentences for each label of each task.
 *
 * @param {{ labels: Record<string, string> }[]} records
 * @returns {Record<string, Record<string, number>>}
 */
export function countLabels(records) {
  const counts = {}
  for (const { labels } of records) {
    for (const [task, label] of Object.entries(labels)) {
      counts[task] ??= {}
      counts[task][label] = (counts[task][label] ?? 0) + 1
    }
  }
  return counts
}

/** Labelled sentences of each task, 0 where there are none. */
export function perTask(tasks, counts) {
  return Object.fromEntries(tasks.map((t) => [t.name, t.labels.reduce((sum, l) => sum + (counts[t.name]?.[l] ?? 0), 0)]))
}

/**
 * The stages of the one-click way as <train-hero> shows them.
 *
 * @param {{ phase: string, loaded: boolean, loading: { loaded: number, total: number } | null, bytes: number, sentences: number,
 *   making: boolean, progress: { step: number, steps: number } | null, done: boolean, probes?: boolean }} run
 */
export function stages({ phase, loaded, loading, bytes: size, sentences, making, progress, done, probes }) {
  const training = phase === 'training' || phase === 'paused' || phase === 'stopping'
  const part = loading?.total ? loading.loaded / loading.total : 0
  return [
    {
      name: 'Encoder', href: '#part-encoder', state: loaded ? 'done' : loading ? 'working' : 'waiting', share: part,
      text: loaded ? 'loaded' : loading ? `${percent(part)} of ${bytes(loading.total)}` : size ? `${bytes(size)} to load` : '',
    },
    { name: 'Data', href: '#part-data', state: making ? 'working' : sentences ? 'done' : 'waiting', text: sentences ? `${grouped(sentences)} sentences` : making ? 'being made' : 'none yet' },
    {
      name: 'Train', href: '#part-train', state: training ? 'working' : done ? 'done' : 'waiting', share: progress?.steps ? progress.step / progress.steps : 0,
      text: progress ? `step ${grouped(progress.step)} of ${grouped(progress.steps)}` : probes ? (done ? 'fitted at once' : 'fitting') : training ? 'scoring first' : 'not yet',
    },
    { name: 'Try it', href: '#part-try', state: done ? 'done' : 'waiting', text: done ? 'type a sentence' : 'after training' },
  ]
}

/** The settings of the page for a run that has come back, as trainers tell them. */
export function settingsOf({ tasks, freeze, settings }) {
  const names = ['epochs', 'batch', 'accumulate', 'patience', 'lr', 'headLr', 'dropout', 'seed'].filter((name) => Number.isFinite(settings?.[name]))
  const plain = tasks.map(({ name, labels, weight }) => ({ name, labels, ...(weight === undefined || weight === 1 ? {} : { weight }) }))
  return { tasks: plain, freeze, ...Object.fromEntries(names.map((name) => [name, settings[name]])) }
}

/** What is said aloud after an epoch, or after heads were fitted at once. */
export function epochNews({ epoch, tasks }, probes = false) {
  const told = Object.entries(tasks).map(([name, r]) => `${name} ${Math.round(r.accuracy * 100)} percent`)
  return `${probes ? 'The heads are fitted.' : `Epoch ${Math.ceil(epoch - 1e-9)} is done.`} Right on held-out sentences: ${told.join(', ')}.`
}

/** The encoders of weights/manifest.json as <encoder-card> lists them. */
export function modelsOf(manifest) {
  const size = (m) => m.bytes ?? m.files.reduce((sum, f) => sum + f.bytes, 0)
  return (manifest?.models ?? []).map((m) => ({ name: m.name, title: m.description?.split(':')[0] || m.name, bytes: size(m), config: m.config }))
}

/** The accuracy of each task before and now on one set of sentences, with its newest loss. */
export function headline(tasks, history, losses, set = 'heldout') {
  const of = history.filter((e) => e.set === set)
  return Object.fromEntries(tasks.map(({ name }) => {
    const first = of.find((e) => e.tasks[name]?.n > 0)
    const last = of.findLast((e) => e.tasks[name]?.n > 0)
    return [name, { before: first?.tasks[name].accuracy, now: last && last !== first ? last.tasks[name].accuracy : undefined, loss: losses[name] }]
  }))
}
