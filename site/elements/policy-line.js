/**
 * Where the thaw line stands for a policy, and the policy for a place of the line. Only shapes that a line can show
 * are known here; what a policy freezes is decided by core/freeze, and any other policy is "custom".
 *
 * Places, from the bottom of the stack to the top, for L layers:
 * 0 none · 1 layers:0 (embeddings) · 2 layers:1 · … · L layers:L-1 · L+1 layers:L, or backbone without a pooler ·
 * with a pooler L+2 backbone · the last one all.
 */

/**
 * @typedef {{ layers: number, pooler: boolean, tasks: string[] }} Stack
 * @typedef {{ place: number | null, heads: string[], custom: boolean }} Line   place is null when no line fits
 */

/** The stack of a loaded encoder, or of one like MiniLM before it is there. @returns {Stack} */
export function stackOf(model, tasks) {
  const pooler = !model || model.parameters.some((p) => p.group === 'pooler')
  return { layers: model?.layers ?? 6, pooler, tasks: tasks.map((t) => t.name) }
}

/** The policies of a stack in the order of the line's places. @param {Stack} stack @returns {string[]} */
export function places({ layers, pooler }) {
  const list = ['none']
  for (let k = 0; k < layers + (pooler ? 1 : 0); k++) list.push(`layers:${k}`)
  return [...list, 'backbone', 'all']
}

/** @param {string} policy @param {Stack} stack @returns {Line} */
export function lineOf(policy, stack) {
  // The probe freezes what backbone freezes; how its heads learn is another matter.
  if (policy.trim() === 'probe') return { place: places(stack).length - 2, heads: [], custom: false }
  const terms = policy.split(',').map((t) => t.trim()).filter(Boolean)
  const heads = terms.filter((t) => t.startsWith('head:')).map((t) => t.slice(5))
  const rest = terms.filter((t) => !t.startsWith('head:'))
  const place = rest.length === 0 && heads.length > 0 ? 0 : placeOf(rest, stack)
  if (place < 0 || heads.some((name) => !stack.tasks.includes(name))) return { place: null, heads: [], custom: true }
  return { place, heads, custom: false }
}

function placeOf(terms, stack) {
  if (terms.length !== 1) return -1
  // Without a pooler layers:L and backbone freeze the same tensors.
  const term = terms[0] === `layers:${stack.layers}` && !stack.pooler ? 'backbone' : terms[0]
  return places(stack).indexOf(term)
}

/** The canonical policy of a line at `place` with these heads frozen besides. @param {Stack} stack */
export function policyAt(place, heads, stack) {
  const list = places(stack)
  const line = list[Math.max(0, Math.min(list.length - 1, Math.round(place)))]
  const kept = stack.tasks.filter((name) => heads.includes(name)).map((name) => `head:${name}`)
  if (line === 'all' || kept.length === 0) return line
  return line === 'none' ? kept.join(',') : [line, ...kept].join(',')
}

/**
 * Which groups a line leaves frozen: a guess for the drawing until the trainer has answered.
 *
 * @param {Line} line @param {Stack} stack
 * @returns {Record<string, boolean>} by group: 'embeddings', 'layer.0'…, 'pooler', 'heads.NAME'
 */
export function frozenGroups(line, stack) {
  const place = line.place ?? 0
  const all = places(stack).length - 1
  const frozen = { embeddings: place >= 1 }
  for (let k = 0; k < stack.layers; k++) frozen[`layer.${k}`] = place >= k + 2
  if (stack.pooler) frozen.pooler = place >= all - 1
  for (const name of stack.tasks) frozen[`heads.${name}`] = place === all || line.heads.includes(name)
  return frozen
}

/**
 * The presets of the stack: the seed's scenarios, the default and its opposite.
 *
 * @param {Stack} stack
 * @returns {{ policy: string, title: string, text: string }[]}
 */
export function presets(stack) {
  const k = Math.max(0, stack.layers - 2)
  return [
    { policy: `layers:${k}`, title: 'Last layers and heads', text: 'The default: early layers keep what they know of language, the last two and the heads adapt.' },
    { policy: 'backbone', title: 'Heads only', text: 'The whole encoder is frozen. Heads learn on its cached output, so epochs cost almost nothing.' },
    { policy: 'probe', title: 'Features only', text: 'The whole network is frozen and reads each sentence once. Then one linear classifier a task is fitted to its output at once, without steps.' },
    ...stack.tasks.slice(0, 1).map((name) => ({
      policy: `head:${name}`, title: `All but ${name}`,
      text: `The bytes of the ${name} head stay equal while the encoder and the other heads learn.`,
    })),
    { policy: 'none', title: 'Nothing frozen', text: 'Everything trains: most accurate with enough data, slowest, most memory.' },
    { policy: 'all', title: 'Everything frozen', text: 'The control: nothing trains, so the loss stays flat.' },
  ]
}

/** "embeddings and layers 0 to 3 are frozen": a line in words, for a slider's value. */
export function inWords(line, stack) {
  if (line.custom) return 'a policy of its own'
  const list = places(stack)
  const term = list[line.place]
  const heads = line.heads.length ? `, and the ${line.heads.join(' and the ')} head` : ''
  if (term === 'all') return 'everything is frozen'
  if (term === 'backbone') return `the whole encoder is frozen${heads}`
  if (term === 'none') return line.heads.length ? `only the ${line.heads.join(' and the ')} head is frozen` : 'nothing is frozen'
  const k = Number(term.slice('layers:'.length))
  const layers = k === 0 ? 'embeddings' : `embeddings and layer${k === 1 ? ' 0' : `s 0 to ${k - 1}`}`
  return `${layers} are frozen${heads}`
}
