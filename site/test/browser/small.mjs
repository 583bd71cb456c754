/**
 * The page on a small random model, whose runs take no time: comparisons as a person makes them, a tab that is hidden, a worker that
 * crashes, and the keyboard.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '../../dev/serve.mjs'
import { Person } from './person.mjs'
import { tinyFiles, tinySite } from './tiny.mjs'

/** One thread, so that the page's only worker is the one that a test ends. */
const SETUP = '#model=tiny&n=64&epochs=1&freeze=layers:1&device=cpu'

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} dist
 * @param {import('./open.mjs').Report} report
 */
export async function useSmall(browser, dist, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-small-'))
  tinySite(dist, folder)
  const server = await serve({ root: folder, port: 0 })
  try {
    const page = await browser.newPage()
    report.listenToErrors(page, /on purpose/)
    const person = new Person(page)
    await person.open(server.url + SETUP)
    await report.part('comparing on the page', () => compareScenarios(person, report))
    await report.part('a report on the page', () => lookCloser(person, report))
    await report.part('a transfer on the page', () => transfer(person, report))
    await report.part('a folder of one\'s own', () => ownFolder(person, report))
    if ((await browser.version()).startsWith('Chrome')) { // where a test can hide a tab and reach into a worker
      await report.part('a hidden tab', () => hidden(browser, person, report))
      await report.part('a crash', () => crash(person, report))
    }
    await page.close()
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

/** Two scenarios: rows come, the others stay empty, what was learnt stays, and the run before can be saved. */
async function compareScenarios(person, report) {
  await person.press('run', 'Train')
  await person.until(() => document.getElementById('run').phase === 'idle' && document.getElementById('proof').proof)
  const answer = () => person.page.evaluate(async () => JSON.stringify(document.getElementById('try').result))
  await person.until(() => document.getElementById('try').result?.topic && !document.getElementById('try').stale)
  const before = await answer()
  await person.page.evaluate(() => {
    const boxes = Array.from(document.getElementById('compare').shadowRoot.querySelectorAll('tr.scenario input'))
    for (const box of boxes.slice(1, -1)) box.click()
  })
  await person.press('compare', 'Compare')
  await person.until(() => document.getElementById('compare').phase !== 'idle')
  const during = await person.page.evaluate(() => ({ train: document.getElementById('run').shadowRoot.querySelector('button').disabled, other: document.getElementById('transfer').busy }))
  report.check('one thing goes on at a time', during.train && during.other, during)
  await person.until(() => document.getElementById('compare').phase === 'idle')
  const seen = await person.page.evaluate(() => {
    const { rows, error, reading, shadowRoot } = document.getElementById('compare')
    return { rows: rows.map((r) => r.policy), error, reading, text: Array.from(shadowRoot.querySelectorAll('tbody')).map((b) => b.textContent) }
  })
  report.check('the chosen scenarios have rows', seen.rows.join() === 'all,none' && !seen.error, seen)
  report.check('a row says what trained, how long, and what came out', /train.*·.*B/.test(seen.text.at(-1)) && /%/.test(seen.text.at(-1)) && /→/.test(seen.text[0]), seen.text)
  report.check('scenarios that were left out stay empty', !/%/.test(seen.text[1]), seen.text[1])
  report.check('a sentence says which was most often right', /held-out/.test(seen.reading), seen.reading)
  report.check('what was learnt stays', await answer() === before, [before, await answer()])
}

/** Scores of each label, a reliability curve and the sentences before and after, each with words for those who cannot see it. */
async function lookCloser(person, report) {
  await person.press('report', 'Look closer')
  await person.until(() => document.getElementById('report').report || document.getElementById('report').error)
  await person.until(() => document.getElementById('report').shadowRoot.querySelector('svg'))
  const seen = await person.page.evaluate(() => {
    const { error, shadowRoot } = document.getElementById('report')
    const pictures = Array.from(shadowRoot.querySelectorAll('svg'))
    return {
      error, labels: Array.from(shadowRoot.querySelectorAll('tbody th')).map((th) => th.textContent), pictures: pictures.length,
      told: pictures.map((svg) => svg.getAttribute('aria-label')), dots: pictures.map((svg) => svg.querySelectorAll('circle').length),
    }
  })
  report.check('each label of each task has its scores', seen.labels.join() === 'world,sports,business,sci/tech,negative,positive', seen)
  report.check('each task has three pictures that are told in words', seen.pictures === 6 && seen.told.every((t) => /\d/.test(t)) && seen.dots.every((n) => n > 0), seen)
}

async function transfer(person, report) {
  await person.press('transfer', 'Find out')
  await person.until(() => document.getElementById('transfer').transfer || document.getElementById('transfer').error)
  const seen = await person.page.evaluate(() => {
    const { error, shadowRoot } = document.getElementById('transfer')
    return { error, rows: shadowRoot.querySelectorAll('tbody tr').length, verdict: shadowRoot.querySelector('.verdict').textContent, cosine: /cosine/.test(shadowRoot.textContent) }
  })
  report.check('a transfer ends with a sentence and the cosine', !seen.error && seen.rows === 3 && /sentiment/.test(seen.verdict) && seen.cosine, seen)
}

/** A model folder that a person opens is loaded and named, and the list is there to go back to. */
async function ownFolder(person, report) {
  await person.page.evaluate((files) => {
    const made = files.map(({ name, base64 }) => new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name))
    document.getElementById('encoder').emit('encoder-files', { files: made })
  }, tinyFiles())
  await person.until(() => document.getElementById('encoder').own && document.getElementById('encoder').status === 'ready')
  const shown = await person.page.evaluate(() => document.getElementById('encoder').shadowRoot.querySelector('select').selectedOptions[0].textContent)
  report.check('a folder of one\'s own is in use', /your own/.test(shown), shown)
  await person.page.evaluate(() => document.getElementById('encoder').emit('encoder-select', { model: 'tiny' }))
  await person.until(() => document.getElementById('encoder').own === '' && document.getElementById('encoder').status === 'idle')
}

/** A run goes on in a tab that nobody sees, at the pace it had. */
async function hidden(browser, person, report) {
  await person.fill('run', '#epochs', '1000', 'change')
  await person.press('run', 'Train')
  await person.step(3)
  const front = await browser.newPage()
  await front.bringToFront()
  await person.page.evaluate(() => {
    window.thawSteps = []
    const chart = document.getElementById('loss')
    const append = chart.append.bind(chart)
    chart.append = (step, ...rest) => { window.thawSteps.push(step); append(step, ...rest) }
  })
  const began = performance.now()
  await person.until(() => document.visibilityState === 'hidden' && window.thawSteps.length > 1 && window.thawSteps.at(-1) > window.thawSteps[0] + 5)
  const steps = await person.page.evaluate(() => window.thawSteps.at(-1) - window.thawSteps[0])
  report.check('a run goes on in a hidden tab', steps > 5, steps)
  report.note(`in a hidden tab ${Math.round(steps / ((performance.now() - began) / 1000))} steps of the small model a second`)
  await front.close()
  await person.page.bringToFront()
  await person.press('run', 'Stop')
  await person.phase('idle')
}

/** The worker fails in the middle of a run: a sentence, and the page trains again. */
async function crash(person, report) {
  await person.press('run', 'Train')
  await person.step(3)
  const worker = person.page.workers().at(-1)
  await worker.evaluate(() => { setTimeout(() => { throw new Error('on purpose') }, 0) }).catch(() => {})
  await person.until(() => document.getElementById('run').error)
  const { message, hint } = await person.look('run', 'error')
  report.check('a crash is said in a sentence', /worker failed/.test(message) && Boolean(hint), { message, hint })
  await person.fill('run', '#epochs', '1', 'change')
  await person.press('run', 'Train')
  await person.until(() => document.getElementById('run').phase === 'idle' && document.getElementById('run').progress?.step === document.getElementById('run').progress?.steps)
  report.check('the page trains again after it', (await person.look('run', 'error')) === null, await person.look('run', 'error'))
}
