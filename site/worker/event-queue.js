/**
 * Events between the worker, which never waits, and a loop that takes its time.
 *
 * @template T
 */
export class EventQueue {
  ended = false
  /** @type {T[]} */
  #events = []
  /** @type {Error | undefined} */
  #error
  #wake = () => {}

  /** @param {T} event */
  push(event) {
    this.#events.push(event)
    this.#wake()
  }

  /** @param {Error} [error] */
  end(error) {
    this.ended = true
    this.#error = error
    this.#wake()
  }

  async * [Symbol.asyncIterator]() {
    for (;;) {
      for (const event of this.#events.splice(0)) yield event
      if (this.#events.length) continue
      if (this.#error) throw this.#error
      if (this.ended) return
      await new Promise((resolve) => { this.#wake = () => resolve(undefined) })
    }
  }
}
