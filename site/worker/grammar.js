/** What synthetic text is made of: wasm/grammar.json, which the build makes of core/synth/grammar. */
import { ThawError } from './protocol.js'

const PLACE = new URL('../../wasm/grammar.json', import.meta.url)

/**
 * Fetches it, as text.
 *
 * @returns {Promise<string>}
 */
export async function fetchGrammar() {
  const fail = (/** @type {string} */ why) => new ThawError('download', `The words of the synthetic sentences could not be fetched: ${why}.`, 'Check the connection and try again; or give sentences of your own.')
  const answer = await fetch(PLACE).catch((error) => { throw fail(error.message) })
  if (!answer.ok) throw fail(`the server answered ${answer.status}`)
  return answer.text().catch((error) => { throw fail(error.message) })
}
