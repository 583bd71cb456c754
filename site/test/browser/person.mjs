/**
 * What a person does on the page and what they see, as functions. Elements are found by their ids in index.html and by
 * the words on their buttons.
 */

const LIMIT = 300_000

export class Person {
  /** @param {import('puppeteer-core').Page} page */
  constructor(page) { this.page = page }

  /** Opens the page and waits until its data are there. @param {string} url */
  async open(url) {
    await this.page.evaluateOnNewDocument(watch)
    await this.page.goto(url)
    await this.ready()
  }

  async reload() {
    await this.page.reload()
    await this.ready()
  }

  ready() { return this.until(() => (document.getElementById('lab')?.stats?.n ?? 0) > 0 && !document.getElementById('lab').error) }

  /** Waits until a condition holds in the page and is drawn; one that never does is told with what the page shows instead. */
  async until(condition, ...args) {
    try {
      await this.page.waitForFunction(condition, { timeout: LIMIT, polling: 20 }, ...args)
    } catch (cause) {
      throw new Error(`${cause.message}, waiting for ${condition} with ${JSON.stringify(args)}; the page shows ${JSON.stringify(await this.page.evaluate(shown).catch((error) => error.message))}`, { cause })
    }
    await this.drawn()
  }

  /** A property of an element. @param {string} id @param {string} name @returns {Promise<any>} */
  look(id, name) { return this.page.evaluate((id, name) => document.getElementById(id)[name], id, name) }

  /** Presses the button with these words. @param {string} id @param {string} words */
  async press(id, words) {
    for (let tries = 5; ; tries--) {
      await this.page.waitForFunction(buttonOf, { timeout: LIMIT, polling: 20 }, id, words)
      const button = (await this.page.evaluateHandle(buttonOf, id, words)).asElement()
      try {
        await button.evaluate((element) => element.scrollIntoView({ block: 'center', behavior: 'instant' }))
        return await button.click()
      } catch (error) {
        // A list may be drawn anew between finding a button and pressing it; a person would press the new one.
        if (tries === 0 || !/detached/.test(error.message)) throw error
      }
    }
  }

  /** Fills in a field of an element. @param {string} id @param {string} field @param {string} text @param {'input' | 'change'} type */
  fill(id, field, text, type) {
    return this.page.evaluate((id, field, text, type) => {
      const input = document.getElementById(id).shadowRoot.querySelector(field)
      input.value = text
      input.dispatchEvent(new Event(type, { bubbles: true }))
    }, id, field, text, type)
  }

  /** Waits until elements that were given their properties have drawn them, which they do in a frame to come; a hidden tab has none. */
  drawn() {
    return this.page.evaluate(async () => {
      for (let frame = 0; frame < 3 && document.visibilityState === 'visible'; frame++) await new Promise(requestAnimationFrame)
    })
  }

  phase(phase) { return this.until((phase) => document.getElementById('run').phase === phase, phase) }

  /** Waits for a step. @param {number} step */
  step(step) { return this.until((step) => (document.getElementById('run').progress?.step ?? 0) >= step, step) }

  /** Milliseconds from pressing a button of run-controls to the phase that it leads to. @param {string} words @param {string} phase */
  answerTime(words, phase) {
    return this.page.evaluate(async (words, phase) => {
      const run = document.getElementById('run')
      const began = performance.now()
      Array.from(run.shadowRoot.querySelectorAll('button')).find((b) => b.textContent === words).click()
      while (run.phase !== phase) await new Promise((resolve) => setTimeout(resolve, 1))
      return performance.now() - began
    }, words, phase)
  }

  /** The losses of every step that the page has shown, by step. @returns {Promise<Record<number, any>>} */
  losses() { return this.page.evaluate(() => window.thawWatch.losses) }

  /** The longest task of the main thread since the last call, in words. */
  longest() {
    return this.page.evaluate(() => {
      const { longest, told } = window.thawWatch
      window.thawWatch.longest = 0
      return told ? (longest ? `${Math.round(longest)} ms` : 'under 50 ms') : 'not told by this browser'
    })
  }
}

function buttonOf(id, words) {
  const root = document.getElementById(id)?.shadowRoot
  return Array.from(root?.querySelectorAll('button') ?? []).find((b) => !b.disabled && (b.textContent.trim() === words || b.getAttribute('aria-label') === words)) ?? null
}

/** Runs in the page: what it says of its run, for the report of a wait in vain. */
function shown() {
  const { phase, note, progress } = document.getElementById('run')
  const errors = Array.from(document.querySelectorAll('main > section *, #hero')).map((e) => e.error?.message).filter(Boolean)
  return { phase, note, step: progress?.step, remark: document.getElementById('freeze').remark, errors }
}

/** Runs in the page: keeps what passes by. */
function watch() {
  const seen = { losses: {}, longest: 0, told: PerformanceObserver.supportedEntryTypes.includes('longtask') }
  window.thawWatch = seen
  if (seen.told) {
    new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.longest = Math.max(seen.longest, e.duration) }).observe({ entryTypes: ['longtask'] })
  }
  setInterval(() => {
    const p = document.getElementById('run')?.progress
    if (p?.losses) seen.losses[p.step] = { ...p.losses, ms: p.ms }
  }, 15)
}
