/** Rows of the table from two times. */

/** @typedef {import('./table.mjs').Row} Row */

/** How many times as quick a is as b, where both ran. */
export function quicker(a, b) { return a && b ? b.ms / a.ms : undefined }

/** A row of two times; none where thaw did not run. @returns {Row[]} */
export function row(part, what, threads, peer, ours, theirs, target, tokens) {
  if (!ours) return []
  const ratio = target?.atMost === undefined ? quicker(ours, theirs) : quicker(theirs, ours)
  return [{ part, what, threads: String(threads), peer: theirs ? peer : '', ours: { ...ours, tokens }, theirs: theirs ?? {}, ratio, target: theirs && target }]
}
