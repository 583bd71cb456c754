/**
 * The page's state: one table, one direction. PROPS names each setting, its type, its first value and its key in the
 * URL's hash; elements ask for a change by an event, main.js calls `set`, subscribers show it. Only what differs from the first
 * value is written to the hash, so a link carries a setup and stays short.
 */

/** The two tasks of the seed: A sentence classification by topic, B sentiment. */
const TASKS = 'topic=world,sports,business,sci/tech;sentiment=negative,positive'

/**
 * @typedef {{ name: string, labels: string[], weight?: number }} Task
 * @typedef {{ name: string, type: 'string'|'int'|'number'|'list'|'bool'|'tasks', first: any, key: string, min?: number, max?: number, oneOf?: string[] }} Prop
 */

/** @type {Prop[]} */
export const PROPS = [
  { name: 'model', type: 'string', first: 'minilm', key: 'model' },
  { name: 'device', type: 'string', first: 'auto', key: 'device', oneOf: ['auto', 'webgpu', 'threads', 'cpu'] },
  { name: 'n', type: 'int', first: 2000, key: 'n', min: 16, max: 100000 },
  { name: 'dataSeed', type: 'int', first: 1, key: 'data-seed', min: 0, max: 2 ** 31 - 1 },
  { name: 'both', type: 'number', first: 0, key: 'both', min: 0, max: 1 },
  { name: 'typos', type: 'number', first: 0, key: 'typos', min: 0, max: 0.5 },
  { name: 'labelNoise', type: 'number', first: 0, key: 'label-noise', min: 0, max: 0.5 },
  { name: 'styles', type: 'list', first: [], key: 'styles' },
  { name: 'tasks', type: 'tasks', first: parseTasks(TASKS), key: 'tasks' },
  { name: 'freeze', type: 'string', first: 'layers:4', key: 'freeze' },
  { name: 'epochs', type: 'int', first: 3, key: 'epochs', min: 1, max: 1000 },
  { name: 'batch', type: 'int', first: 16, key: 'batch', min: 1, max: 1024 },
  { name: 'accumulate', type: 'int', first: 1, key: 'accumulate', min: 1, max: 1024 },
  { name: 'patience', type: 'int', first: 0, key: 'patience', min: 0, max: 1000 },
  { name: 'lr', type: 'number', first: 1e-4, key: 'lr', min: 0, max: 1 },
  { name: 'headLr', type: 'number', first: 1e-3, key: 'head-lr', min: 0, max: 1 },
  { name: 'dropout', type: 'number', first: 0.1, key: 'dropout', min: 0, max: 0.9 },
  { name: 'goOn', type: 'bool', first: false, key: 'go-on' },
  { name: 'compareEpochs', type: 'int', first: 1, key: 'compare-epochs', min: 1, max: 1000 },
  { name: 'transferSeeds', type: 'int', first: 1, key: 'transfer-seeds', min: 1, max: 20 },
  { name: 'seed', type: 'int', first: 1, key: 'seed', min: 0, max: 2 ** 31 - 1 },
]

const TYPES = {
  string: { parse: (text) => text.slice(0, 500), print: String },
  int: { parse: (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined), print: String },
  number: { parse: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined), print: String },
  list: { parse: (text) => (/^[a-z]+(,[a-z]+)*$/.test(text) ? text.split(',') : undefined), print: (list) => list.join(',') },
  bool: { parse: (text) => ({ true: true, false: false })[text], print: String },
  tasks: { parse: parseTasks, print: printTasks },
}

let state = Object.fromEntries(PROPS.map((p) => [p.name, p.first]))
const subscribers = new Set()

/** The settings now. Treat it as read-only: a change makes a new object. */
export function current() { return state }

/** Sets some settings by name and tells the subscribers; a value outside its bounds goes to the nearest one. */
export function set(changes) {
  const next = { ...state }
  for (const [name, value] of Object.entries(changes)) next[name] = fit(prop(name), value)
  state = next
  for (const tell of subscribers) tell(state, Object.keys(changes))
}

/** Calls tell(state, names of what changed) after each change; the answer takes the subscription back. */
export function subscribe(tell) {
  subscribers.add(tell)
  return () => subscribers.delete(tell)
}

/** Reads a URL hash into settings. Unknown keys and values that do not parse are passed over. */
export function readHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const read = {}
  for (const p of PROPS) {
    const text = given.get(p.key)
    const value = text === null ? undefined : TYPES[p.type].parse(text)
    if (value !== undefined && (!p.oneOf || p.oneOf.includes(value))) read[p.name] = fit(p, value)
  }
  return read
}

/** Writes what differs from the first values, in the order of PROPS; '' when nothing does. */
export function writeHash(values) {
  const pairs = PROPS.map((p) => [p.key, TYPES[p.type].print(values[p.name]), TYPES[p.type].print(p.first)])
  const kept = pairs.filter(([, text, first]) => text !== first)
  // These marks are legal in a fragment, and a link with them is easier to read.
  const plain = (text) => encodeURIComponent(text).replace(/%(3A|2C|2F|3B|3D|40|21|2A)/g, (m) => decodeURIComponent(m))
  return kept.length ? `#${kept.map(([key, text]) => `${key}=${plain(text)}`).join('&')}` : ''
}

/** "topic=a,b;mood:0.5=x,y" → tasks; undefined when it is not that. @returns {Task[] | undefined} */
export function parseTasks(text) {
  const tasks = []
  for (const part of text.split(';')) {
    const match = /^([a-z0-9_-]+)(?::(\d*\.?\d+))?=(.+)$/.exec(part)
    const labels = match ? match[3].split(',').map((l) => l.trim()).filter(Boolean) : []
    if (labels.length < 2 || new Set(labels).size < labels.length) return undefined
    if (match[1] === 'text' || tasks.some((t) => t.name === match[1])) return undefined
    tasks.push({ name: match[1], labels, ...(match[2] ? { weight: Number(match[2]) } : {}) })
  }
  return tasks.length ? tasks : undefined
}

/** The opposite of parseTasks. @param {Task[]} tasks */
export function printTasks(tasks) {
  const weight = (t) => (t.weight === undefined || t.weight === 1 ? '' : `:${t.weight}`)
  return tasks.map((t) => `${t.name}${weight(t)}=${t.labels.join(',')}`).join(';')
}

function prop(name) {
  const found = PROPS.find((p) => p.name === name)
  if (!found) throw new Error(`state: no setting is called ${name}`)
  return found
}

function fit(p, value) {
  if (p.type !== 'int' && p.type !== 'number') return value
  if (!Number.isFinite(value)) return p.first
  const near = Math.min(p.max ?? Infinity, Math.max(p.min ?? -Infinity, value))
  return p.type === 'int' ? Math.round(near) : near
}
