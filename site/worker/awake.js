/**
 * Keeps the screen on during a run, where the browser can. A browser takes the lock away from a page that is hidden, so it is asked
 * for again whenever the page is seen.
 */
export function stayAwake() {
  /** @type {{ over: boolean, lock?: WakeLockSentinel }} */
  const state = { over: false }
  const ask = async () => {
    if (state.over || globalThis.document?.visibilityState === 'hidden' || state.lock?.released === false) return
    try {
      const lock = await navigator.wakeLock.request('screen')
      if (state.over) await lock.release()
      else state.lock = lock
    } catch {
      // The machine saves power, or the browser has no such lock.
    }
  }
  globalThis.document?.addEventListener('visibilitychange', ask)
  ask()
  return {
    release() {
      state.over = true
      globalThis.document?.removeEventListener('visibilitychange', ask)
      state.lock?.release().catch(() => {})
    },
  }
}
