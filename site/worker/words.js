/**
 * The words of the control block that all threads of the pool share, by their place in an Int32Array. A helper has a block of
 * its own words, each block on a cache line of its own.
 *
 * The protocol: the main thread writes TASK, PARTS and HELPERS, sets NEXT to 0, opens with OPEN = 1 and rings EPOCH. A helper that
 * hears it says BUSY, looks whether the task is open, and takes parts by adding 1 to NEXT until none is left; then it is IDLE
 * again. The main thread takes parts likewise, closes with OPEN = 0 and waits until nobody is BUSY. A helper that says BUSY too
 * late finds the task closed, or the next one open, and both are right; one that has not said it has touched nothing.
 */
export const EPOCH = 0
export const OPEN = 1
export const TASK = 2
export const PARTS = 3
export const HELPERS = 4
export const NEXT = 16

const FIRST = 32
const BLOCK = 16

/** Words of helper i: what it does, and where its stack lies. */
export const stateOf = (/** @type {number} */ i) => FIRST + i * BLOCK
export const stackOf = (/** @type {number} */ i) => FIRST + i * BLOCK + 1
export const sizeOf = (/** @type {number} */ i) => FIRST + i * BLOCK + 2

/** Bytes of the block for n helpers. */
export const bytesFor = (/** @type {number} */ n) => 4 * (FIRST + n * BLOCK)

/** What a helper does. A helper that has FAILED does nothing any more. */
export const IDLE = 0
export const BUSY = 1
export const FAILED = 2

/** Looks at a word before the main thread sleeps until a helper is done: measured, 0.15 ms in Chromium and 0.01 in Firefox. */
export const SPINS = 20_000

/**
 * Looks at the bell before a helper sleeps: measured, 8 ms in Chromium and half of one in Firefox. One that slept is at times woken on the
 * processor of who wakes it, where it waits for as long as that thread works; one that stays awake for longer is moved to another.
 */
export const WATCH = 1_000_000
