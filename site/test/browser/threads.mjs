/**
 * Helper threads: which device is chosen and why, that several threads give the bits of one, that a lost one costs nothing but time,
 * and that a thousand steps leave the memory as it was.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '../../dev/serve.mjs'
import { tinyJob, tinySite } from './tiny.mjs'

/** How much the memory may grow between step 50 and step 1000, in bytes. Go's heap grows by quarters of a megabyte until its collector has found its
 * pace, some of them late; one kilobyte that is kept a step would be more. */
const GROWTH = 900_000

export async function useThreads(browser, dist, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-threads-'))
  tinySite(dist, folder)
  const isolated = await serve({ root: folder, port: 0 })
  const plain = await serve({ root: folder, port: 0, plain: true })
  try {
    await report.part('without isolation', () => on(browser, plain, report, oneThread))
    await report.part('the choice', () => on(browser, isolated, report, choice))
    await report.part('equal bits', () => on(browser, isolated, report, equalBits))
    await report.part('a thousand steps', () => on(browser, isolated, report, flatMemory))
    const chromium = (await browser.version()).startsWith('Chrome')
    if (chromium) await report.part('a lost helper', () => on(browser, isolated, report, lostHelper))
  } finally {
    await Promise.all([isolated.close(), plain.close()])
    rmSync(folder, { recursive: true })
  }
}

/** Opens a page with a way to train the small model on some device. */
async function on(browser, server, report, work) {
  const page = await browser.newPage()
  report.listen(page)
  await page.goto(`${server.url}blank.html`)
  await page.evaluate(prepare, job())
  await work(page, report)
  await page.close()
}

/** The job of the Go tests on longer texts, so that its tasks are cut into parts, with dropout. */
function job() {
  const { args: { tasks, data, settings } } = tinyJob()
  const records = data.records.map(({ text, labels }) => ({ text: `${text} ${text} ${text} ${text}`, labels }))
  return { tasks, data: [...records, ...records, ...records, ...records], ...settings, freeze: 'none', batch: 24, dropout: 0.1, steps: 50 }
}

/** Runs in the page. */
async function prepare(job) {
  const { createTrainer } = await import('./site/thaw.js')
  /** Trains on a device and returns all that can be compared, and the device as it was at the end. */
  const train = async (wish, more = {}, each = () => {}) => {
    const t = await createTrainer(wish)
    await t.load('tiny')
    const first = t.device
    const events = []
    for await (const e of t.train({ ...job, ...more })) {
      events.push(e.event)
      await each(e, t)
      if (e.event === 'step') losses.push(e.loss)
    }
    const values = Array.from((await t.encode('the team won the match')).data)
    const result = { losses: losses.splice(0), values, events, first, last: structuredClone(t.device) } // Firefox's driver passes an object once
    t.close()
    return result
  }
  const losses = []
  window.thawTest = { createTrainer, train, isolated: self.crossOriginIsolated }
}

async function oneThread(page, report) {
  const seen = await page.evaluate(async () => {
    const t = await window.thawTest.createTrainer()
    await t.load('tiny')
    const { shape } = await t.encode('the team won')
    t.close()
    return { device: t.device, shape, isolated: window.thawTest.isolated }
  })
  const { device } = seen
  report.check('without the headers one thread runs, and why is said', !seen.isolated && device.kind === 'cpu' && /COOP and COEP/.test(device.reason) && seen.shape[0] === 36, seen)
  report.check('products are fused where the browser can', /fused multiply-add/.test(device.reason), device)
}

async function choice(page, report) {
  const seen = await page.evaluate(async () => {
    const devices = {}
    for (const [name, wish] of Object.entries({ auto: {}, threads: { device: 'threads', threads: 2 }, cpu: { device: 'cpu' }, one: { threads: 1 } })) {
      const t = await window.thawTest.createTrainer(wish)
      await t.load('tiny')
      devices[name] = t.device
      t.close()
    }
    return { devices, cores: navigator.hardwareConcurrency, isolated: window.thawTest.isolated }
  })
  const { auto, threads, cpu, one } = seen.devices
  const row = (device, kind) => device.candidates.find((c) => c.kind === kind)
  report.check('threads are a candidate of an isolated page, tested and timed', seen.isolated && row(auto, 'threads').ok && row(auto, 'threads').ms > 0 && row(auto, 'cpu').ms > 0, seen)
  const quickest = auto.candidates.filter((c) => c.ok).sort((a, b) => a.ms - b.ms)[0]
  report.check('the quickest runs', auto.kind === quickest.kind && /quicker/.test(auto.reason), auto)
  report.check('all cores are used', row(auto, 'threads').why.startsWith(`${Math.min(seen.cores, 16)} threads`), seen)
  report.check('threads run where they are asked for, as many as asked for', threads.kind === 'threads' && /2 threads/.test(threads.reason), threads)
  report.check('one thread runs where it is asked for', cpu.kind === 'cpu' && one.kind === 'cpu' && /asked for/.test(row(one, 'threads').why), { cpu, one })
}

async function equalBits(page, report) {
  const [one, two] = await page.evaluate(async () => [await window.thawTest.train({ device: 'cpu' }), await window.thawTest.train({ device: 'threads', threads: 2 })])
  report.check('both ran where they should', one.last.kind === 'cpu' && two.last.kind === 'threads', [one.last, two.last])
  report.check('one thread and two give the same bits over 50 steps with dropout', one.losses.length === 50 && same(one, two), differs(one, two))
}

async function flatMemory(page, report) {
  const seen = await page.evaluate(async () => {
    const sizes = {}
    const began = performance.now()
    const { events } = await window.thawTest.train({ device: 'threads', threads: 2 }, { steps: 1000, batch: 8 }, async (e, t) => {
      if (e.event === 'step' && [50, 500, 1000].includes(e.step)) sizes[e.step] = await t.memory()
    })
    return { sizes, steps: events.filter((e) => e === 'step').length, seconds: (performance.now() - began) / 1000 }
  })
  const megabytes = Object.entries(seen.sizes).map(([step, bytes]) => `${(bytes / 1e6).toFixed(1)} MB at step ${step}`).join(', ')
  report.check('a thousand steps keep the memory flat', seen.steps === 1000 && seen.sizes[1000] - seen.sizes[50] <= GROWTH, seen)
  report.note(`a thousand steps in ${seen.seconds.toFixed(0)} s: ${megabytes}`)
}

/** Ends one helper in the midst of a run, and then the other, by way of the browser's debugger. */
async function lostHelper(page, report) {
  const whole = await page.evaluate(() => window.thawTest.train({ device: 'threads', threads: 3 }, { steps: 300 }))
  const helpers = await listWorkers(page)
  const broken = page.evaluate(() => window.thawTest.train({ device: 'threads', threads: 3 }, { steps: 300 }, (e) => {
    const seen = window.thawTest
    if (e.event === 'step') seen.step = e.step
    if (e.event === 'device') seen.lost = (seen.lost ?? 0) + 1
  }))
  await page.waitForFunction(() => window.thawTest.step >= 10)
  for (const [i, name] of ['thaw helper 1', 'thaw helper 2'].entries()) {
    await page.waitForFunction((lost) => (window.thawTest.lost ?? 0) >= lost, {}, i) // the first loss has been noticed
    const session = helpers.findLast((h) => h.name === name).session
    await session.send('Runtime.terminateExecution')
    await session.send('Runtime.evaluate', { expression: 'self.close()' }) // heard only now that its loop has ended
  }
  const { first, last, events, ...got } = await broken
  report.check('a run that loses its helpers has the bits of one that does not', same(whole, got), differs(whole, got))
  report.check('it said so each time', events.filter((e) => e === 'device').length === 2, events.filter((e) => e !== 'step'))
  report.check('and goes on with what is left', first.kind === 'threads' && last.kind === 'cpu' && /helper thread was lost/.test(last.reason), { first, last })
}

/** The workers of a page and theirs, as they start from now on, each with a line to the browser's debugger. */
async function listWorkers(page) {
  const workers = []
  const listen = async (session) => {
    session.on('Target.attachedToTarget', ({ targetInfo, sessionId }) => {
      const child = session.connection().session(sessionId)
      workers.push({ name: targetInfo.title, session: child })
      listen(child).catch(() => {}) // it may be gone already
    })
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true })
  }
  await listen(await page.createCDPSession())
  return workers
}

const same = (a, b) => JSON.stringify([a.losses, a.values]) === JSON.stringify([b.losses, b.values])

/** The first place where two runs differ. */
function differs(a, b) {
  const step = a.losses.findIndex((loss, i) => loss !== b.losses[i])
  return step < 0 ? 'the values of the model' : { step: step + 1, losses: [a.losses[step], b.losses[step]] }
}
