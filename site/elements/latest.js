/**
 * Asks one thing at a time: while an answer is on its way only the newest wish is kept, and it is asked next. So a quick typist
 * never builds a queue, and the last answer always belongs to the last wish.
 *
 * @template T
 * @param {(wish: T) => Promise<void>} work  must not throw
 * @returns {(wish: T) => Promise<void>} resolves when nothing is left to ask
 */
export function latest(work) {
  const wishes = []
  let running = null
  const run = async () => {
    while (wishes.length) await work(wishes.pop())
    running = null
  }
  return (wish) => {
    wishes.splice(0, wishes.length, wish)
    running ??= run()
    return running
  }
}
