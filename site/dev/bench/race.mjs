/** Measures several contestants side by side: turn by turn, so that whatever slows the machine for a while slows all of them. */
import { distance, median, spread } from './stats.mjs'

/** Milliseconds between two turns, in which the threads of the one before stop waiting awake. */
const REST = 30

/** Milliseconds of work before the first turn: an engine compiles hot code again meanwhile, on threads that the contestants need. */
const WARMTH = 1000

/** Runs of a turn at most: a turn of a few milliseconds would mostly show how threads wake. */
const LONGEST = 12

/** Runs that warm at most. */
const ENOUGH = 1000

/** Contestants whose results lie further apart than this do not do the same work. */
const AGREED = 1e-3

/**
 * @typedef {{ name: string, run: (job: object) => Promise<{ ms: number[], sample: number[] }> }} Contestant
 * @typedef {{ ms: number, spread?: number, best: number, n: number }} Time   of n runs the median, how far they lie apart where there are several, and the quickest
 * @typedef {{ seconds: number, least: number, most: number, warm?: number, first?: number }} Effort   time for one race, bounds on its rounds, how many runs of a turn only warm, and how many there are before the first turn
 */

/**
 * Runs a job on each contestant in turn, round after round, and returns the time of each by name. The first run of every turn does
 * not count, unless the effort says otherwise: it warms what the others have cooled.
 *
 * @param {Contestant[]} contestants
 * @param {object} job
 * @param {Effort} effort
 * @returns {Promise<{ [name: string]: Time }>}
 */
export async function race(contestants, job, effort) {
  const { warm = 1, first = 2 } = effort
  const took = await warmUp(contestants, job, first)
  const repeat = took.map((ms) => warm + Math.max(1, Math.min(LONGEST, Math.round(300 / ms))))
  const round = took.reduce((sum, ms, i) => sum + ms * repeat[i], 0) / 1000
  const rounds = Math.max(effort.least, Math.min(effort.most, Math.floor(effort.seconds / round)))
  const times = contestants.map(() => /** @type {number[]} */ ([]))
  for (let r = 0; r < rounds; r++) {
    for (const [i, c] of contestants.entries()) {
      await rest()
      const { ms } = await c.run({ ...job, repeat: repeat[i] })
      times[i].push(...ms.slice(warm))
    }
  }
  return Object.fromEntries(contestants.map((c, i) => [c.name, { ms: median(times[i]), spread: times[i].length > 1 ? spread(times[i]) : undefined, best: Math.min(...times[i]), n: times[i].length }]))
}

function rest() { return new Promise((resolve) => { setTimeout(resolve, REST) }) }

/** Runs each at least so many times, compares the results and says how long the last run took. */
async function warmUp(contestants, job, least) {
  const took = []
  const first = { name: '', sample: /** @type {number[]} */ ([]) }
  for (const c of contestants) {
    const { ms, sample } = await warmed(c, job, least)
    took.push(ms[ms.length - 1])
    if (sample.length === 0) continue
    if (first.name === '') Object.assign(first, { name: c.name, sample })
    const far = distance(first.sample, sample)
    if (!(far <= AGREED)) throw new Error(`${first.name} and ${c.name} do not do the same work: their results lie ${far} apart in ${JSON.stringify({ ...job, texts: undefined, ids: undefined })}`)
  }
  return took
}

/** Runs a contestant `least` times, and again until it has worked for WARMTH or ENOUGH times. */
async function warmed(contestant, job, least) {
  const answer = await contestant.run({ ...job, repeat: least })
  const left = WARMTH - answer.ms.reduce((sum, ms) => sum + ms, 0)
  return left > 0 ? contestant.run({ ...job, repeat: Math.min(ENOUGH, Math.ceil(left / answer.ms[least - 1])) }) : answer
}
