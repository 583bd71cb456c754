/** Opens what is measured: pages in one Chromium, and processes. Each is a contestant: a name, and run(job). */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { GRAPHICS, openBrowser } from '../../test/browser/open.mjs'
import { serve } from '../serve.mjs'

const NAMES = { thaw: 'thaw', kernels: 'thaw', ort: 'onnxruntime-web', jax: 'jax-js', 'ort-webgpu': 'onnxruntime-web', 'jax-webgpu': 'jax-js' }

/** @typedef {keyof typeof NAMES} Peer */
/** @typedef {number | 'webgpu'} Runs   what a contestant runs on: so many threads, or WebGPU */

/** The name of a contestant on what it runs on, as results are filed by. @param {string} name @param {Runs} threads */
export function on(name, threads) { return `${name}/${threads}` }

/** The browsers with their server, one that has WebGPU only if it is asked for. One of each serves a whole run. */
export class Ring {
  /** @param {string} root the folder that is served */
  static async open(root) {
    const ring = new Ring()
    ring.server = await serve({ root, port: 0 })
    ring.browser = await openBrowser('chrome')
    return ring
  }

  async version() { return this.browser.version() }

  /** @param {Runs} threads */
  async #browserFor(threads) {
    if (threads !== 'webgpu') return this.browser
    this.graphics ??= await openBrowser('chrome', GRAPHICS)
    return this.graphics
  }

  /** A page with one contestant in it. @param {Peer} peer @param {Runs} threads */
  async page(peer, threads) {
    const page = await (await this.#browserFor(threads)).newPage()
    const faults = []
    page.on('pageerror', (error) => faults.push(error.message ?? String(error)))
    page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()) })
    const say = (error) => { throw new Error(`${NAMES[peer]} on ${threads}: ${[error.message, ...faults].join('; ')}`) }
    await page.goto(`${this.server.url}bench/contestant.html?peer=${peer}&threads=${threads}`)
    await page.waitForFunction(() => 'contest' in window || 'contestFault' in window, { timeout: 60_000 }).catch(say)
    const fault = await page.evaluate(() => window.contestFault)
    if (fault) say(new Error(fault))
    return {
      name: on(NAMES[peer], threads),
      version: await page.evaluate(() => window.contest.version),
      run: (job) => page.evaluate((j) => window.contest.run(j), job).catch(say),
      cost: (work) => costOf(page, work),
      close: () => page.close().catch(() => {}), // one that has crashed is closed already
    }
  }

  async close() {
    await this.graphics?.close()
    await this.browser.close()
    await this.server.close()
  }
}

/**
 * What thaw's WebGPU device does for the last step of some work, as site/worker/gpu.js counts it: between the events of that step and
 * of the one before. Without helper threads the page has one worker.
 */
async function costOf(page, work) {
  const [worker] = page.workers()
  await worker.evaluate(() => {
    const post = globalThis.posting ??= self.postMessage.bind(self)
    globalThis.counts = []
    self.postMessage = (message, ...rest) => {
      if (/"event":"step"/.test(JSON.stringify(message))) globalThis.counts.push({ ...globalThis.gpu.count })
      post(message, ...rest)
    }
  })
  await work()
  const [before, after] = await worker.evaluate(() => globalThis.counts.slice(-2))
  return Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]))
}

/** A process that reads jobs, one line of JSON each, and answers each with a line. */
export class Process {
  #lines
  #child
  #waiting = /** @type {{ resolve: (answer: any) => void, reject: (error: Error) => void }[]} */ ([])
  #told = ''

  /** @param {string} name @param {string} program @param {string[]} args */
  constructor(name, program, args) {
    this.name = name
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#lines.on('line', (line) => this.#hear(line))
    this.#child.stderr.on('data', (bytes) => { this.#told = (this.#told + bytes).slice(-2000) })
    this.#child.stdin.on('error', () => {})
    const end = (why) => { for (const w of this.#waiting.splice(0)) w.reject(new Error(`${name} ended: ${why}\n${this.#told}`)) }
    this.#child.on('error', (error) => end(error.message))
    this.#child.on('close', (code) => end(`status ${code}`))
  }

  #hear(line) {
    const waiting = this.#waiting.shift()
    const answer = JSON.parse(line)
    if (answer.error) waiting?.reject(new Error(`${this.name}: ${answer.error}`))
    else waiting?.resolve(answer)
  }

  run(job) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(`${JSON.stringify(job)}\n`)
    })
  }

  async close() {
    const over = new Promise((resolve) => { this.#child.once('close', resolve) })
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) await over
  }
}
