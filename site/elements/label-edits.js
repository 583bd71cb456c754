/**
 * From the boxes of <label-examples> to the edits of core/synth: which labels the grammar does not know, and the
 * sentences that a person gives for them.
 */

/** The tasks and labels of the grammar itself. */
export const KNOWN = { topic: ['world', 'sports', 'business', 'sci/tech'], sentiment: ['negative', 'positive'] }

/** The lines of a box that say something. */
export function linesOf(text) {
  return (text ?? '').split('\n').map((l) => l.trim()).filter(Boolean)
}

/** The labels of `tasks` that need sentences, with the place of their task for its colour. */
export function wantedLabels(tasks) {
  return tasks.flatMap(({ name, labels }, hue) => labels.filter((l) => !KNOWN[name]?.includes(l)).map((label) => ({ task: name, label, hue })))
}

/**
 * The part of a spec that the boxes make: names of the tasks that sentences can be made for, and the edits, if any.
 *
 * @param {{ name: string, labels: string[] }[]} tasks
 * @param {Record<string, string>} texts  by "task=label"
 */
export function editsOf(tasks, texts) {
  const edits = tasks.map(({ name, labels }) => ({
    name,
    labels: labels.filter((l) => !KNOWN[name]?.includes(l)).map((l) => ({ name: l, templates: linesOf(texts[`${name}=${l}`]) })).filter((l) => l.templates.length),
  })).filter((t) => t.labels.length)
  const names = tasks.map((t) => t.name).filter((name) => KNOWN[name] || edits.some((t) => t.name === name))
  return { tasks: names, ...(edits.length ? { edits: { tasks: edits } } : {}) }
}

/** What is missing in `tasks` of the labels that the data carries, in a sentence; undefined when nothing is. */
export function stranger(tasks, counts) {
  for (const { name, labels } of tasks) {
    const extra = Object.keys(counts[name] ?? {}).find((l) => !labels.includes(l))
    if (extra !== undefined) return { message: `Some sentences are labelled ${extra}, and ${name} has no such label.`, hint: `Add ${extra} to the labels of ${name}, or give your own data.` }
  }
  return undefined
}
