/**
 * What the site knows of encoders before one is loaded: the list of them, and whether their files lie beside the page.
 */
const WEIGHTS = new URL('../../weights/', import.meta.url)

/** The rows of weights/manifest.json with their sizes, before anything is downloaded; null where there is none. */
export async function manifest() {
  const answer = await fetch(new URL('manifest.json', WEIGHTS)).catch(() => null)
  return answer?.ok ? answer.json() : null
}

/** Whether this site lacks the files of an encoder, which then come from the hub. Where nobody answers, nothing is said. @param {string} name */
export async function isAway(name) {
  const answer = await fetch(new URL(`${name}/config.json`, WEIGHTS), { method: 'HEAD' }).catch(() => null)
  return answer?.status === 404
}
