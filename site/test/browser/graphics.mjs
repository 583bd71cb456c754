/**
 * The graphics card, in a Chromium whose WebGPU is SwiftShader's: a run there has the losses of one on the processor, goes on when
 * the device is lost in its midst, and is chosen on the page as a person does it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '../../dev/serve.mjs'
import { useSuite } from './conformance.mjs'
import { GRAPHICS, openBrowser } from './open.mjs'
import { Person } from './person.mjs'
import { tinyJob, tinySite } from './tiny.mjs'

/** What losses may differ by after fifty steps, as the roundings of two devices add up. */
const CLOSE = 1e-3

/** How much Go's memory may grow, in bytes: a copy of the small model's run is made every fifty steps, and its collector has its own pace. */
const GROWTH = 4_000_000

/** @param {string} dist @param {import('./open.mjs').Report} report */
export async function useGraphics(dist, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-graphics-'))
  tinySite(dist, folder)
  const server = await serve({ root: folder, port: 0 })
  const browser = await openBrowser('chrome', GRAPHICS)
  try {
    const page = await browser.newPage()
    report.listen(page)
    await page.goto(`${server.url}blank.html`)
    await page.evaluate(prepare, job())
    const there = await page.evaluate(() => navigator.gpu?.requestAdapter().then(Boolean))
    report.check('this browser has WebGPU', there === true, there)
    if (!there) return
    await report.part('the conformance suite', () => useSuite(page, folder, report))
    const runs = await page.evaluate(async () => ({ cpu: await window.thawTest.train('cpu'), card: await window.thawTest.train('webgpu') }))
    await report.part('the losses of the processor', async () => sameLosses(runs, report))
    await report.part('all that a trainer does', () => everything(page, report))
    await report.part('a lost device', () => lostDevice(page, report, runs.card))
    await report.part('too little memory', () => tooLittle(page, report))
    await report.part('a thousand steps', () => flatMemory(page, report))
    await report.part('switching between runs', () => switching(page, report))
    await page.close()
    await report.part('the card on the page', () => onThePage(browser, server.url, report))
  } finally {
    await browser.close()
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

/** Two tasks on texts of many lengths, with dropout, under a policy that freezes something. */
function job() {
  const { args: { tasks, data, settings } } = tinyJob()
  const records = data.records.map(({ text, labels }, i) => ({ text: Array(1 + (i % 4)).fill(text).join(' '), labels }))
  return { tasks, data: [...records, ...records, ...records], ...settings, freeze: 'layers:2', batch: 8, dropout: 0.1, steps: 50 }
}

/** Runs in the page. */
async function prepare(job) {
  const { createTrainer } = await import('./site/thaw.js')
  const train = async (device, each = (_step) => {}) => {
    const t = await createTrainer({ device })
    await t.load('tiny')
    const run = { losses: [], steps: [], devices: [], proof: null, first: t.device }
    for await (const e of t.train(job)) {
      if (e.event === 'step') {
        run.losses[e.step - 1] = e.losses.topic ?? e.loss
        run.steps.push(e.step)
        each(e.step)
      } else if (e.event === 'device') run.devices.push({ kind: e.device.kind, reason: e.device.reason, repeats: e.repeats })
      else if (e.event === 'frozen') run.proof = { equal: e.equal, tensors: e.tensors, sha256: e.sha256 }
    }
    run.answer = await t.predict('the team won the match')
    run.last = t.device
    t.close()
    return run
  }
  window.thawTest = { createTrainer, train, job }
}

function sameLosses({ cpu, card }, report) {
  const apart = Math.max(...card.losses.map((loss, i) => Math.abs(loss - cpu.losses[i])))
  report.check('the card runs where it is asked for', card.last.kind === 'webgpu' && /It was asked for/.test(card.last.reason), card.last)
  report.check('fifty steps have the losses of the processor', card.losses.length === 50 && apart < CLOSE, apart)
  report.check('the frozen tensors are equal, and those of the processor', card.proof.equal && card.proof.tensors > 0 && card.proof.sha256 === cpu.proof.sha256, [card.proof, cpu.proof])
  report.note(`on ${card.last.candidates[0].why}: losses of 50 steps differ by ${apart.toExponential(1)} at most`)
}

/** A fit at once, a schedule with patience, scores, a report, a comparison, a save and its return: the figures of the processor. */
async function everything(page, report) {
  const [cpu, card] = await page.evaluate(async () => {
    const { createTrainer, job } = window.thawTest
    const all = async (device) => {
      const t = await createTrainer({ device })
      await t.load('tiny')
      const figure = {
        step: (e) => [e.loss], eval: (e) => Object.values(e.tasks).map((s) => s.loss), row: (e) => [e.lastLoss ?? 0, ...e.scores.map((s) => s.lossAfter)],
      }
      const losses = async (events) => {
        const seen = []
        for await (const e of events) seen.push(...(figure[e.event]?.(e) ?? []))
        return seen
      }
      const texts = job.data.slice(0, 20)
      const figures = {
        probe: await losses(t.train({ ...job, freeze: 'probe' })),
        schedule: await losses(t.train({ ...job, freeze: 'backbone; 1:layers:1; 2:none', steps: 0, epochs: 3, patience: 2 })),
        scores: Object.values(await t.evaluate(texts)).map((s) => s.loss),
        report: Object.values((await t.report(texts)).calibration).map((c) => c.ece),
        comparison: await losses(t.compare({ ...job, steps: 6, policies: ['all', 'none'] })),
      }
      await t.save({ name: device })
      figures.resumed = [(await t.resume({ name: device })).step, ...Object.values(await t.evaluate(texts)).map((s) => s.loss)]
      await t.removeSave(device)
      t.close()
      return figures
    }
    return [await all('cpu'), await all('webgpu')]
  })
  for (const [name, want] of Object.entries(cpu)) {
    const apart = Math.max(...want.map((v, i) => Math.abs(v - card[name][i])))
    report.check(`${name} has the figures of the processor`, want.length > 0 && want.length === card[name].length && apart < CLOSE, { apart, want, got: card[name] })
  }
}

/** Destroys the device in the midst of a run, as a driver may. */
async function lostDevice(page, report, whole) {
  const running = page.evaluate(() => window.thawTest.train('webgpu', (step) => { window.thawTest.step = step }))
  await page.waitForFunction(() => window.thawTest.step >= 20)
  const worker = await workerWithCard(page)
  await worker.evaluate(() => globalThis.gpu.lose())
  const run = await running
  const [event] = run.devices
  report.check('a lost device is said once, with the steps that are done again', run.devices.length === 1 && event.repeats >= 15 && /lost/.test(event.reason), run.devices)
  const every = Array.from({ length: 50 }, (_, i) => i + 1)
  report.check('no step is left out', every.every((s) => run.steps.includes(s)) && run.steps.length === 50 + event.repeats, run.steps.length)
  const apart = Math.max(...run.losses.map((loss, i) => Math.abs(loss - whole.losses[i])))
  report.check('the curve is that of a run that was not disturbed', apart < CLOSE, apart)
  report.check('what was frozen is proved', run.proof.equal && run.proof.sha256 === whole.proof.sha256, run.proof)
  report.check('it answers afterwards', run.answer.topic.label === whole.answer.topic.label, run.answer)
  report.note(`after the loss: ${run.last.reason}`)
}

/** The worker that has opened a device: others are helpers, which do not answer while they wait for work, or are over. */
function workerWithCard(page) {
  return Promise.any(page.workers().map(async (worker) => {
    if (await worker.evaluate(() => typeof globalThis.gpu?.lose === 'function')) return worker
    throw new Error('this one has no graphics device')
  }))
}

/** A device that gives no buffer any more, as when its memory is full: the run begins again on the processor. */
async function tooLittle(page, report) {
  await page.evaluate(async () => {
    window.thawTest.small = await window.thawTest.createTrainer({ device: 'webgpu' })
    await window.thawTest.small.load('tiny')
  })
  const worker = await workerWithCard(page)
  await worker.evaluate(() => {
    const { device } = globalThis.gpu
    const make = device.createBuffer.bind(device)
    device.createBuffer = (wanted) => make({ ...wanted, size: 2 ** 50 })
  })
  const seen = await page.evaluate(async () => {
    const { small: t, job } = window.thawTest
    const run = { steps: [], devices: [] }
    for await (const e of t.train({ ...job, steps: 5 })) {
      if (e.event === 'step') run.steps.push(e.step)
      if (e.event === 'device') run.devices.push(e.device)
    }
    run.last = t.device
    t.close()
    return run
  })
  report.check('where memory is refused the processor takes the run over', seen.devices.length === 1 && seen.last.kind !== 'webgpu' && /could not go on/.test(seen.last.reason), seen)
  report.check('with every step once', seen.steps.join() === '1,2,3,4,5', seen.steps)
}

/** Go's memory, and what is asked of the device, stay as they are over a thousand steps. */
async function flatMemory(page, report) {
  const running = page.evaluate(async () => {
    const t = await window.thawTest.createTrainer({ device: 'webgpu' })
    await t.load('tiny')
    const sizes = {}
    for await (const e of t.train({ ...window.thawTest.job, freeze: 'layers:1', steps: 1000, batch: 4 })) {
      if (e.event !== 'step' || ![200, 1000].includes(e.step)) continue
      sizes[e.step] = await t.memory()
      window.thawTest.at = e.step
      if (e.step === 200) await new Promise((resolve) => { window.thawTest.goOn = resolve })
    }
    t.close()
    return sizes
  })
  await page.waitForFunction(() => window.thawTest.goOn, { timeout: 300_000 })
  const worker = await workerWithCard(page)
  const made = () => worker.evaluate(() => globalThis.gpu.count.made)
  const before = await made()
  await page.evaluate(() => window.thawTest.goOn())
  await page.waitForFunction(() => window.thawTest.at === 1000, { timeout: 300_000 })
  const after = await made()
  const sizes = await running
  report.check('a thousand steps make no object of the device beyond the first', after - before <= 20, { before, after })
  report.check('and keep the memory flat', sizes[1000] - sizes[200] <= GROWTH, sizes)
  report.note(`a thousand steps on the card: ${(sizes[200] / 1e6).toFixed(1)} MB at step 200, ${(sizes[1000] / 1e6).toFixed(1)} MB at step 1000; ${after - before} objects made between`)
}

async function switching(page, report) {
  const seen = await page.evaluate(async () => {
    const t = await window.thawTest.createTrainer()
    await t.load('tiny')
    const kinds = [t.device]
    const values = []
    for (const name of ['webgpu', 'cpu', 'auto']) {
      kinds.push(await t.setDevice(name))
      values.push(Array.from((await t.encode('the team won')).data))
    }
    const refused = await t.setDevice('abacus').catch(({ code, message }) => ({ code, message }))
    t.close()
    return { kinds, values, refused }
  })
  const [auto, card, cpu, again] = seen.kinds
  const row = auto.candidates[0]
  report.check('without a wish the card is measured, and taken only if it is quicker', row.kind === 'webgpu' && (row.ms > 0 || /a product takes \d+ ms on/.test(row.why)) && (auto.kind === 'webgpu') === (row.ok && auto.candidates.every((c) => !c.ok || row.ms <= c.ms)), auto)
  report.check('another device takes over', card.kind === 'webgpu' && cpu.kind === 'cpu' && again.kind !== '', seen.kinds.map((d) => d.kind))
  const apart = Math.max(...seen.values[0].map((v, i) => Math.abs(v - seen.values[1][i])))
  report.check('and has the same model', apart < 1e-4, apart)
  report.check('a device that there is none of is refused', seen.refused.code === 'device' && /abacus/.test(seen.refused.message), seen.refused)
}

async function onThePage(browser, url, report) {
  const page = await browser.newPage()
  report.listen(page)
  const person = new Person(page)
  await person.open(`${url}#model=tiny&n=64&epochs=1&freeze=layers:1&device=webgpu`)
  await person.press('run', 'Train')
  await person.until(() => document.getElementById('run').phase === 'idle' && document.getElementById('proof').proof)
  const line = () => page.evaluate(() => document.getElementById('encoder').shadowRoot.querySelector('.device p').textContent)
  report.check('the page says that the card runs', /graphics card runs/.test(await line()), await line())
  const answer = async (text) => {
    await person.fill('try', '#sentence', text, 'input')
    await person.until((text) => {
      const box = document.getElementById('try')
      return box.text === text && !box.stale && box.result?.topic
    }, text)
    return (await person.look('try', 'result')).topic.scores
  }
  const before = await answer('the team won')
  await person.fill('encoder', '#device', 'cpu', 'change')
  await person.until(() => document.getElementById('encoder').device.kind === 'cpu')
  report.check('the choice is in the address', await page.evaluate(() => location.hash.includes('device=cpu')))
  await answer('another sentence')
  const after = await answer('the team won')
  const apart = Math.max(...Object.keys(before).map((label) => Math.abs(before[label] - after[label])))
  report.check('what was learnt on the card answers the same from the processor', apart < 1e-4, [before, after])
  await page.close()
}
