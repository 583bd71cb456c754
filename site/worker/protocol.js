/**
 * Page and worker speak in messages. The page sends a command, {id, cmd, args}; for each it gets any number of events,
 * {id, event}, and then one reply, {id, reply}, or one error, {id, error: {code, message, hint}}. Bytes travel beside the
 * JSON: files and checkpoints as streams, hidden states as typed arrays. A command or a field that is not listed here is
 * refused, never passed over. This file has a twin in the other language, wasm/bridge/protocol.go or
 * site/worker/protocol.js; wasm/bridge/testdata/messages.json is decoded by the tests of both.
 */

/**
 * A shape is the name of a type, a list of one shape, or an object of shapes. Any field may be left out.
 *
 * @typedef {'string' | 'int' | 'number' | 'boolean' | 'object' | Fields | List} Shape
 * @typedef {{ [name: string]: Shape }} Fields
 * @typedef {Shape[]} List
 */

/** @type {Fields} */
const TASK = { name: 'string', kind: 'string', labels: ['string'], weight: 'number' }
/** @type {Fields} */
const SOURCE = { synthetic: 'object', records: [{ text: 'string', labels: 'object' }] }
/** @type {Fields} */
const EVALS = { heldout: SOURCE, natural: SOURCE }
/** @type {Fields} */
const FILE = { name: 'string', bytes: 'int', sha256: 'string' }

/** What Go understands, with the arguments of each command. @type {{ [name: string]: Fields }} */
export const COMMANDS = {
  hello: {},
  load: { name: 'string', files: [FILE] },
  plan: { tasks: [TASK], head: 'string', data: SOURCE, settings: 'object' },
  outlook: { config: 'object', tasks: [TASK], head: 'string', data: SOURCE, settings: 'object' },
  synth: { spec: 'object' },
  natural: {},
  leakage: { train: SOURCE, heldout: SOURCE },
  train: { tasks: [TASK], head: 'string', data: SOURCE, evals: EVALS, settings: 'object', resume: 'boolean' },
  pause: {},
  continue: {},
  stop: {},
  setFreeze: { freeze: 'string' },
  setDevice: { device: 'string' },
  predict: { texts: ['string'], maxLength: 'int' },
  evaluate: { data: SOURCE, maxLength: 'int' },
  encode: { texts: ['string'], pool: 'string', maxLength: 'int' },
  save: {},
  resume: { tasks: [TASK], data: SOURCE, evals: EVALS, settings: 'object' },
  compare: { files: [FILE], tasks: [TASK], head: 'string', data: SOURCE, evals: EVALS, settings: 'object', policies: ['string'], transfer: { a: 'string', b: 'string', seeds: 'int' } },
  report: { files: [FILE], data: SOURCE, maxLength: 'int' },
  cancel: { request: 'int' },
  close: {},
}

/** What Go answers; one of the three beside the id. @type {Fields} */
const ANSWER = { id: 'int', event: 'object', reply: 'object', error: { code: 'string', message: 'string', hint: 'string' } }

/** The commands that the worker's own script answers, beside those it passes on. They reach Go in other words or not at all. */
export const SHELL = ['load', 'save', 'resume', 'train', 'saves', 'removeSave', 'cached', 'compare', 'report', 'memory']

/**
 * An error as everybody hears it: a code for programs, a sentence and what to do for people.
 */
export class ThawError extends Error {
  /**
   * @param {string} code      such as 'download', 'data', 'policy', 'aborted', 'internal'
   * @param {string} message   what is wrong, and where
   * @param {string} [hint]    what to do
   */
  constructor(code, message, hint = '') {
    super(message)
    this.name = 'ThawError'
    this.code = code
    this.hint = hint
  }
}

/**
 * Checks a command and writes it down for Go.
 *
 * @param {{ id: number, cmd: string, args?: object }} command
 * @returns {string}
 */
export function encodeCommand(command) {
  const wrong = wrongCommand(command)
  if (wrong) throw new ThawError('message', wrong)
  return JSON.stringify(command)
}

/**
 * Says in words what is wrong with a command, '' if nothing is.
 *
 * @param {any} command
 */
export function wrongCommand(command) {
  const outside = misfit(command, { id: 'int', cmd: 'string', args: 'object' }, 'message')
  if (outside) return outside
  if (!(command.id >= 1)) return `message: id is ${command.id}, expected a whole number from 1`
  if (!Object.hasOwn(COMMANDS, command.cmd)) return `message: no command is called ${String(command.cmd).slice(0, 40)}`
  return command.args === undefined ? '' : misfit(command.args, COMMANDS[command.cmd], command.cmd)
}

/**
 * Reads an answer of Go.
 *
 * @param {string} text
 * @returns {{ id: number, event?: any, reply?: any, error?: { code: string, message: string, hint: string } }}
 */
export function decodeAnswer(text) {
  const answer = JSON.parse(text)
  const wrong = misfit(answer, ANSWER, 'answer')
  if (wrong) throw new ThawError('message', wrong)
  const kinds = ['event', 'reply', 'error'].filter((kind) => answer[kind] !== undefined)
  if (kinds.length !== 1) throw new ThawError('message', `answer: it has ${kinds.length} of event, reply and error, expected one`)
  return answer
}

/**
 * Says where a value departs from a shape, '' if it does not.
 *
 * @param {any} value
 * @param {Shape} shape
 * @param {string} path
 * @returns {string}
 */
function misfit(value, shape, path) {
  if (value === undefined || value === null) return ''
  if (typeof shape === 'string') return isA(value, shape) ? '' : `${path}: expected ${shape}`
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${path}: expected a list`
    return firstOf(value.keys(), (i) => misfit(value[i], shape[0], `${path}[${i}]`))
  }
  if (!isA(value, 'object')) return `${path}: expected an object`
  return firstOf(Object.keys(value), (name) =>
    Object.hasOwn(shape, name) ? misfit(value[name], shape[name], `${path}.${name}`) : `${path}: unknown field "${name}"`)
}

/**
 * @template T
 * @param {Iterable<T>} items
 * @param {(item: T) => string} say
 */
function firstOf(items, say) {
  for (const item of items) {
    const said = say(item)
    if (said) return said
  }
  return ''
}

/**
 * @param {any} value
 * @param {string} type
 */
function isA(value, type) {
  if (type === 'int') return Number.isSafeInteger(value)
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value)
  return typeof value === type
}
