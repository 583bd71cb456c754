/**
 * Which saves this tab works with. Two tabs that went on with one save would each write over what the other has learnt; so a tab that
 * has written or taken up a save holds its name until it turns to another one or ends, and the browser lets go for a tab that has
 * crashed. Where the browser has no locks, nothing is held.
 */
import { ThawError } from './protocol.js'

export class Claims {
  /** @type {{ name: string, release: () => void } | null} */
  #held = null
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve()

  /**
   * Works with a save, after what was asked before. The name is held on afterwards if `hold` says so and the work succeeds.
   *
   * @template T
   * @param {string} name
   * @param {boolean} hold
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  with(name, hold, work) {
    const done = this.#turn.then(() => this.#next(name, hold, work))
    this.#turn = done.catch(() => {})
    return done
  }

  /**
   * @template T
   * @param {string} name
   * @param {boolean} hold
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #next(name, hold, work) {
    if (this.#held?.name === name) return hold ? work() : work().then((done) => { this.free(); return done })
    const release = await take(name)
    try {
      const done = await work()
      if (!hold) return done
      this.free()
      this.#held = { name, release }
      return done
    } finally {
      if (this.#held?.release !== release) release()
    }
  }

  /** Lets go of what is held. */
  free() {
    this.#held?.release()
    this.#held = null
  }
}

/**
 * Takes the lock of a name, or says who has it.
 *
 * @param {string} name
 * @returns {Promise<() => void>} lets go of it
 */
function take(name) {
  if (!navigator.locks) return Promise.resolve(() => {})
  return new Promise((resolve, reject) => {
    navigator.locks.request(`thaw-save ${name}`, { ifAvailable: true }, (lock) => {
      if (lock) return new Promise((release) => { resolve(() => release(undefined)) })
      reject(new ThawError('locked', `Another tab works with the save ${JSON.stringify(name)}.`, 'Close that tab, or take another name for this run.'))
      return undefined
    }).catch(reject)
  })
}
