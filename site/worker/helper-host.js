/**
 * Helper workers that the page starts for the trainer's worker, and the line over which the two speak of them. The worker could start
 * its own, but Firefox waits inside such a `new Worker` until the page's thread has noted the new one, and where the new one is
 * quicker than the note, that wait never ends (seen in Firefox 153 on a busy machine, once in 20 to 90 starts).
 *
 * On the line, from the worker: { id, message } to a helper, which its first message starts, and { id, end: true }; to the worker:
 * { id, data } from a helper, and { id, failed } where its script fails.
 */
import { startWorker } from './shim.js'

const HELPER = new URL('./helper.js', import.meta.url)

/** What HelperPool needs of a worker. @typedef {Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>} HelperWorker */
/** @typedef {() => HelperWorker} StartHelper */

/** The page's end: it has the helpers of one trainer's worker, and ends them with it. */
export class HelperHost {
  /** By id. @type {Map<number, Worker>} */
  #workers = new Map()
  #port

  /** @param {MessagePort} port */
  constructor(port) {
    this.#port = port
    port.onmessage = ({ data: { id, message, end } }) => {
      if (end) this.#end(id)
      else this.#tell(id, message)
    }
  }

  close() {
    this.#port.close()
    for (const id of [...this.#workers.keys()]) this.#end(id)
  }

  /** @param {number} id @param {object} message */
  #tell(id, message) {
    try {
      const worker = this.#workers.get(id) ?? this.#start(id)
      worker.postMessage(message)
    } catch (error) {
      this.#port.postMessage({ id, failed: /** @type {Error} */ (error).message })
    }
  }

  /** @param {number} id */
  #start(id) {
    const worker = startWorker(HELPER, `thaw helper ${id + 1}`)
    worker.onmessage = ({ data }) => this.#port.postMessage({ id, data })
    worker.onerror = (event) => {
      event.preventDefault()
      this.#port.postMessage({ id, failed: event.message || 'the script of a helper thread could not be loaded' })
    }
    this.#workers.set(id, worker)
    return worker
  }

  /** @param {number} id */
  #end(id) {
    this.#workers.get(id)?.terminate()
    this.#workers.delete(id)
  }
}

/**
 * The worker's end.
 *
 * @param {MessagePort} port   the other end of a HelperHost's
 * @returns {StartHelper}
 */
export function helpersOver(port) {
  const helpers = /** @type {HelperWorker[]} */ ([])
  port.onmessage = ({ data: { id, data, failed } }) => {
    const helper = /** @type {any} */ (helpers[id])
    if (failed === undefined) helper.onmessage?.({ data })
    else helper.onerror?.({ message: failed, preventDefault() {} })
  }
  return () => {
    const id = helpers.length
    const helper = {
      onmessage: null,
      onerror: null,
      postMessage: (/** @type {object} */ message) => port.postMessage({ id, message }),
      terminate: () => port.postMessage({ id, end: true }),
    }
    helpers.push(helper)
    return helper
  }
}
