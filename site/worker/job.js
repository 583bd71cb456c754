/**
 * What people write as settings and data, as the worker understands it.
 */
import { ThawError } from './protocol.js'

/**
 * @typedef {import('../thaw.js').TrainSettings} TrainSettings
 * @typedef {import('../thaw.js').Data} Data
 * @typedef {import('../thaw.js').SynthSpec} SynthSpec
 */

const SETTINGS = ['freeze', 'epochs', 'steps', 'batch', 'accumulate', 'patience', 'batchTokens', 'maxLength', 'lr', 'headLr', 'layerDecay', 'schedule', 'warmup', 'clip', 'weightDecay', 'dropout', 'shuffle', 'seed', 'cacheBytes']
const JOB = ['tasks', 'head', 'data', 'eval', 'evals', 'resume', 'signal']

/**
 * Splits settings into what the worker understands.
 *
 * @param {TrainSettings} given
 */
export function jobOf(given) {
  const unknown = Object.keys(given).filter((key) => !SETTINGS.includes(key) && !JOB.includes(key))
  if (unknown.length) throw new ThawError('settings', `There is no setting called ${unknown.join(', ')}.`, `Known are ${[...JOB, ...SETTINGS].join(', ')}.`)
  const { tasks, head, data, eval: evaluation, evals, resume } = given
  const sets = evals || evaluation ? evalsOf({ ...(evaluation ? { heldout: evaluation } : {}), ...evals }) : undefined
  const settings = Object.fromEntries(Object.entries(given).filter(([key, value]) => SETTINGS.includes(key) && value !== undefined))
  return { tasks, head, data: data && sourceOf(data), evals: sets, settings, resume }
}

/** @param {{ heldout?: Data, natural?: Data }} evals */
export function evalsOf({ heldout, natural }) {
  return defined({ heldout: heldout && sourceOf(heldout), natural: natural && sourceOf(natural) })
}

/** @param {Data} data */
export function sourceOf(data) {
  return Array.isArray(data) ? { records: data } : { synthetic: specOf(data.synthetic) }
}

/** @param {SynthSpec} spec */
export function specOf(spec) {
  const tasks = spec?.tasks?.map((task) => (typeof task === 'string' ? task : task.name))
  return defined({ ...spec, tasks })
}

/** @param {string | string[]} text */
export function textsOf(text) { return typeof text === 'string' ? [text] : text }

/** Leaves out what is undefined. @template {object} T @param {T} object @returns {T} */
export function defined(object) {
  return /** @type {T} */ (Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)))
}
