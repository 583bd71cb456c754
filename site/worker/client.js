/**
 * The page's end of the worker: it starts one when it is first needed, numbers commands, hands events and answers to those who
 * asked, and starts another worker after a crash.
 */
import { HelperHost } from './helper-host.js'
import { ThawError } from './protocol.js'
import { startWorker } from './shim.js'

/**
 * @typedef {{ signal?: AbortSignal, onEvent?: (event: any) => void, onProgress?: (progress: any) => void, onNotice?: (text: string) => void }} Ears
 * @typedef {{ resolve: (reply: any) => void, reject: (error: Error) => void } & Ears} Asked
 */

export class TrainClient {
  #next = 1
  /** @type {Map<number, Asked>} */
  #asked = new Map()
  /** @type {Worker | undefined} */
  #worker
  /** @type {HelperHost | undefined} */
  #helpers
  /** @type {Promise<void> | undefined} */
  #started
  #closed = false

  /**
   * @param {{ script: URL, wish?: import('./program.js').Wish, onCrash?: (error: ThawError) => void }} options   the URL of worker.js, and what
   *        device is wished for
   */
  constructor({ script, wish = {}, onCrash = () => {} }) {
    this.script = script
    this.wish = wish
    this.onCrash = onCrash
    /** Hears that another device runs. @type {(event: any) => void} */
    this.onDevice = () => {}
  }

  /** Starts the worker and resolves once its program runs. */
  start() {
    if (this.#closed) return Promise.reject(new ThawError('closed', 'This trainer is closed.', 'Make another with createTrainer.'))
    this.#started ??= new Promise((resolve, reject) => {
      const worker = startWorker(this.script, 'thaw')
      const line = new MessageChannel()
      worker.postMessage({ start: this.wish, helpers: line.port2 }, [line.port2])
      this.#worker = worker
      this.#helpers = new HelperHost(line.port1)
      worker.onmessage = ({ data }) => {
        if (data.ready) resolve()
        else if (data.over) this.#crash(data.over, reject)
        else this.#hear(data)
      }
      worker.onerror = (event) => {
        event.preventDefault()
        this.#crash({ code: 'crashed', message: `The worker failed: ${event.message || 'its script could not be loaded'}.`, hint: 'Reload the page.' }, reject)
      }
    })
    return this.#started
  }

  /**
   * Has the worker do a command and resolves with its reply.
   *
   * @param {string} cmd
   * @param {object} [args]
   * @param {Ears} [ears]
   * @returns {Promise<any>}
   */
  async call(cmd, args = {}, ears = {}) {
    if (ears.signal?.aborted) throw new ThawError('aborted', 'It was given up before it began.')
    await this.start()
    const id = this.#next++
    const stop = () => this.#post({ id: this.#next++, cmd: 'cancel', args: { request: id } })
    ears.signal?.addEventListener('abort', stop, { once: true })
    try {
      return await new Promise((resolve, reject) => {
        this.#asked.set(id, { ...ears, resolve, reject })
        this.#post({ id, cmd, args })
      })
    } finally {
      ears.signal?.removeEventListener('abort', stop)
      this.#asked.delete(id)
    }
  }

  /** Ends the worker; what was asked fails. */
  close() {
    this.#closed = true
    this.#end()
    this.#failAll(new ThawError('closed', 'This trainer was closed.'))
  }

  #end() {
    this.#worker?.terminate()
    this.#helpers?.close()
  }

  /** @param {object} message */
  #post(message) { this.#worker?.postMessage(message) }

  /** @param {any} data */
  #hear({ id, event, progress, notice, reply, error, binary }) {
    const asked = this.#asked.get(id)
    if (event?.event === 'device') this.onDevice(event)
    if (event) asked?.onEvent?.(event)
    else if (progress) asked?.onProgress?.(progress)
    else if (notice) asked?.onNotice?.(notice)
    else if (error) asked?.reject(new ThawError(error.code, error.message, error.hint))
    else asked?.resolve(binary ? { ...reply, binary } : reply)
  }

  /**
   * @param {{ code: string, message: string, hint: string }} fault
   * @param {(error: Error) => void} reject
   */
  #crash({ code, message, hint }, reject) {
    const error = new ThawError(code, message, hint)
    this.#end()
    this.#worker = undefined
    this.#started = undefined
    reject(error)
    this.#failAll(error)
    if (!this.#closed) this.onCrash(error)
  }

  /** @param {Error} error */
  #failAll(error) {
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
  }
}
