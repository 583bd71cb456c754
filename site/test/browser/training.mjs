/**
 * The main job on the page, as a person does it: press Train and watch two tasks learn on a real encoder; pause, ask, stop; save,
 * reload, resume.
 */
import { Person } from './person.mjs'

const SETUP = '#n=600&epochs=2&freeze=layers:4'

/**
 * Presses Train once and watches the run to its end.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {import('./open.mjs').Report} report
 * @returns {Promise<Record<number, any>>} the losses by step
 */
export async function trainOnce(browser, url, report) {
  const page = await browser.newPage()
  report.listen(page)
  const person = new Person(page)
  const began = performance.now()
  await person.open(url + SETUP)
  const opened = performance.now()
  const opening = await person.longest()
  await person.press('hero', 'Train')
  await person.until(() => document.getElementById('encoder').status === 'ready')
  const loaded = performance.now()
  await person.step(1)
  const first = performance.now()
  await person.phase('idle')
  const over = performance.now()
  await watchLearning(person, report)
  const [losses, longest] = [await person.losses(), await person.longest()]
  const ms = Object.values(losses).map((l) => l.ms).sort((a, b) => a - b)
  report.note(`page ready ${seconds(opened - began)}, encoder loaded ${seconds(loaded - opened)}, first step after ${seconds(first - loaded)}, whole run ${seconds(over - first)}`)
  report.note(`a step takes ${Math.round(ms[Math.floor(ms.length / 2)])} ms (median of ${ms.length}), longest main-thread task ${longest}, while the page opened ${opening}`)
  await askAfterwards(person, report)
  await page.close()
  return losses
}

/** Both tasks have learnt, and what was frozen is as it was. @param {Person} person @param {import('./open.mjs').Report} report */
async function watchLearning(person, report) {
  const errors = await person.page.evaluate(() => Array.from(document.querySelectorAll('main > section *, #hero')).map((e) => e.error?.message).filter(Boolean))
  report.check('nothing is wrong on the page', errors.length === 0, errors)
  const history = (await person.look('scores', 'history')).filter((e) => e.set === 'heldout')
  const [before, after] = [history[0], history.at(-1)]
  for (const task of ['topic', 'sentiment']) {
    const [a, b] = [before.tasks[task], after.tasks[task]]
    report.check(`held-out loss of ${task} falls`, b.loss < a.loss, [a.loss, b.loss])
    report.check(`held-out accuracy of ${task} rises above its start and above chance`, b.accuracy > a.accuracy && b.accuracy > 1 / b.labels.length, [a.accuracy, b.accuracy])
    report.note(`${task}: held-out loss ${a.loss.toFixed(3)} → ${b.loss.toFixed(3)}, accuracy ${a.accuracy.toFixed(3)} → ${b.accuracy.toFixed(3)}`)
  }
  const losses = await person.losses()
  const steps = Object.keys(losses).map(Number).sort((a, b) => a - b)
  for (const task of ['topic', 'sentiment']) {
    const mean = (some) => some.reduce((sum, s) => sum + losses[s][task], 0) / some.length
    const [start, end] = [mean(steps.slice(0, 10)), mean(steps.slice(-10))]
    report.check(`training loss of ${task} falls`, end < start, [start, end])
  }
  const proof = await person.look('proof', 'proof')
  report.check('the frozen tensors are equal', proof?.equal === true && proof.tensors > 0 && proof.list.every((t) => t.before === t.after && t.before.length === 64), proof?.tensors)
}

/** A typed sentence gets its topic and its sentiment. @param {Person} person @param {import('./open.mjs').Report} report */
async function askAfterwards(person, report) {
  for (const [text, task, label] of [['The striker scored twice in extra time', 'topic', 'sports'], ['A wonderful, warm and funny film that I loved', 'sentiment', 'positive']]) {
    await person.fill('try', '#sentence', text, 'input')
    await person.until((text, task) => {
      const box = document.getElementById('try')
      return box.text === text && !box.stale && box.result?.[task]
    }, text, task)
    const result = await person.look('try', 'result')
    report.check(`"${text}" is ${label}`, result[task].label === label, result[task])
  }
}

/**
 * Pauses, asks, stops, saves; reloads, resumes, and finds the run where it was.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {import('./open.mjs').Report} report
 * @param {Record<number, any>} whole   the losses of the same run without interruption
 */
export async function interrupt(browser, url, report, whole) {
  const page = await browser.newPage()
  report.listen(page)
  const person = new Person(page)
  await person.open(url + SETUP)
  await person.press('run', 'Train')
  await person.step(3)
  const paused = await person.answerTime('Pause', 'paused')
  report.check('pause answers within a second', paused < 1000, paused)
  const { step } = await person.look('run', 'progress')
  await person.fill('try', '#sentence', 'It answers while it rests', 'input')
  await person.until(() => document.getElementById('try').result?.topic)
  await new Promise((resolve) => setTimeout(resolve, 700))
  report.check('no step is taken while it is paused', (await person.look('run', 'progress')).step <= step + 1, step)
  await person.press('run', 'Continue')
  await person.step(step + 3)
  const stopped = await person.answerTime('Stop', 'idle')
  report.note(`pause answers after ${Math.round(paused)} ms, stop with its proof after ${Math.round(stopped)} ms`)
  await saveAndResume(person, report, whole)
  await page.close()
}

/** @param {Person} person @param {import('./open.mjs').Report} report @param {Record<number, any>} whole */
async function saveAndResume(person, report, whole) {
  await person.press('saves', 'Save this run')
  await person.until(() => document.getElementById('saves').saves.length > 0)
  const [save] = await person.look('saves', 'saves')
  report.check('the save says its step and size', save.step > 0 && save.bytes > 90e6, save)
  await person.reload()
  await person.until(() => document.getElementById('saves').saves.length > 0)
  await person.press('saves', `Resume ${save.name}`)
  await person.until(() => document.getElementById('saves').note.includes('is back') || document.getElementById('saves').error)
  await person.press('run', 'Train')
  await person.step(save.step + 3)
  await person.press('run', 'Stop')
  await person.phase('idle')
  const losses = await person.losses()
  const after = Object.keys(losses).map(Number).filter((s) => s > save.step)
  const compared = after.filter((s) => whole[s])
  const same = compared.filter((s) => whole[s].topic === losses[s].topic && whole[s].sentiment === losses[s].sentiment)
  report.check('the resumed run goes on after the saved step', Math.min(...after) <= save.step + 3 && after.length > 0, after)
  report.check('its losses equal those of the whole run, bit for bit', compared.length > 0 && same.length === compared.length, { compared, same })
  await person.press('saves', `Delete ${save.name}`)
  await person.until(() => document.getElementById('saves').saves.length === 0)
}

/**
 * Heads that are fitted at once; and a policy that changes while a run goes on.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {import('./open.mjs').Report} report
 */
export async function otherWays(browser, url, report) {
  const page = await browser.newPage()
  report.listen(page)
  const person = new Person(page)
  await person.open(`${url}#n=200&epochs=1000&freeze=probe`) // so many that the run with kept features cannot be over before its policy changes
  await person.press('run', 'Train')
  await person.until(() => document.getElementById('run').fits.length === 2 && document.getElementById('run').phase === 'idle')
  const proof = await person.look('proof', 'proof')
  report.check('a probe freezes the whole encoder', proof.equal && proof.tensors > 100, proof.tensors)
  const words = await page.evaluate(() => document.getElementById('loss').shadowRoot.querySelector('.empty').textContent)
  report.check('its chart says why it is empty', /at once/.test(words), words)
  const scores = (await person.look('scores', 'history')).filter((e) => e.set === 'heldout')
  report.check('its heads have learnt', scores.at(-1).tasks.topic.accuracy > scores[0].tasks.topic.accuracy, scores.map((e) => e.tasks.topic.accuracy))
  await preset(person, 'backbone')
  await person.press('run', 'Train')
  await person.step(2)
  await preset(person, 'layers:4')
  await person.until(() => document.getElementById('freeze').remark !== '')
  const remark = await person.look('freeze', 'remark')
  report.check('a preset in mid-run holds for the rest of it', /^From step \d+: layers:4\.$/.test(remark), remark)
  await person.press('run', 'Stop')
  await person.phase('idle')
  const errors = await page.evaluate(() => ['freeze', 'run'].map((id) => document.getElementById(id).error?.message).filter(Boolean))
  report.check('nothing is wrong after it', errors.length === 0 && (await person.look('proof', 'proof')).equal, errors)
  await page.close()
}

/** Presses a preset of the freeze panel. @param {Person} person @param {string} policy */
function preset(person, policy) {
  return person.page.evaluate((policy) => {
    const panel = document.getElementById('freeze').shadowRoot
    Array.from(panel.querySelectorAll('.presets button')).find((b) => b.dataset.policy === policy).click()
  }, policy)
}

/**
 * What is wrong on the page is said in a sentence.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {import('./open.mjs').Report} report
 */
export async function mistakes(browser, url, report) {
  const page = await browser.newPage()
  report.listen(page)
  const person = new Person(page)
  await person.open(`${url}#n=64&freeze=layers:9`)
  await person.press('hero', 'Train')
  await person.until(() => document.getElementById('hero').error)
  const policy = await person.look('hero', 'error')
  report.check('a policy for layers that are not there is explained', /layers/.test(policy.message), policy)
  await person.press('lab', 'Your own')
  await person.fill('lab', '#paste', 'text,mood\nI like it,good\nNo\n', 'input')
  await person.press('lab', 'Use this text')
  await person.until(() => document.getElementById('lab').error)
  const data = await person.look('lab', 'error')
  report.check('a bad line is named', /line 3|row 3|3/.test(data.message), data)
  await page.close()
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
