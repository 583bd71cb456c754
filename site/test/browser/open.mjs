/**
 * Starts browsers for the tests of the page, and says how they went.
 */
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import puppeteer from 'puppeteer-core'

/** Where to look when build.sh has not said it. */
const NAMES = {
  chrome: [process.env.CHROME, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  firefox: [process.env.FIREFOX, 'firefox-esr', 'firefox'],
}

const CHROME_FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** For a Chromium with WebGPU: SwiftShader stands in for a graphics card, and Chromium gives such an adapter only to those who ask. */
export const GRAPHICS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader', '--ignore-gpu-blocklist']

/**
 * @param {'chrome' | 'firefox'} browser
 * @param {string[]} [flags]   more of Chromium's
 * @returns {Promise<import('puppeteer-core').Browser>}
 */
export function openBrowser(browser, flags = []) {
  const executablePath = NAMES[browser].filter(Boolean).map(find).find(Boolean)
  if (!executablePath) throw new Error(`no ${browser} was found: set ${browser === 'chrome' ? 'CHROME' : 'FIREFOX'} to the path of one`)
  return puppeteer.launch({ browser, executablePath, headless: true, protocolTimeout: 300_000, args: browser === 'chrome' ? [...CHROME_FLAGS, ...flags] : [] })
}

/** The path of a program, by its name or its path. */
function find(name) {
  const places = name.includes('/') ? [name] : (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, name))
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Collects results; a failed check does not stop the rest. */
export class Report {
  passed = 0
  failed = 0
  /** What was noticed on the console of a page that should be quiet. @type {string[]} */
  noise = []

  /** @param {string} heading */
  constructor(heading) { this.heading = heading }

  /** @param {string} what @param {boolean} good @param {unknown} [seen] shown when it failed */
  check(what, good, seen) {
    if (good) this.passed++
    else this.failed++
    if (!good) console.log(`  FAILED ${this.heading}: ${what}${seen === undefined ? '' : `: ${JSON.stringify(seen)}`}`)
  }

  /** @param {string} what */
  note(what) { console.log(`  ${this.heading}: ${what}`) }

  /** Listens to what a page should not say. @param {import('puppeteer-core').Page} page */
  listen(page) {
    page.on('console', (m) => { if (['error', 'assert'].includes(m.type())) this.noise.push(m.text()) })
    this.listenToErrors(page)
  }

  /**
   * Listens to uncaught errors only.
   *
   * @param {import('puppeteer-core').Page} page
   * @param {RegExp} [expected]   what a browser remarks upon failures that the test has made
   */
  listenToErrors(page, expected) {
    page.on('pageerror', (error) => {
      const text = String(error.message ?? error)
      if (!expected?.test(text)) this.noise.push(text)
    })
  }

  /** Runs a part; an exception in it is one failure. @param {string} what @param {() => Promise<unknown>} work */
  async part(what, work) {
    try {
      await work()
    } catch (error) {
      this.check(what, false, `${error?.message ?? error}`)
    }
  }
}
