/**
 * thaw.js in a page of its own, on a small random model: the numbers of the native run, and what happens when things go wrong.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '../../dev/serve.mjs'
import { tinyFiles, tinyHub, tinyJob, tinySite } from './tiny.mjs'

/** What three steps in the browser may differ from the native ones. */
const CLOSE = 1e-4

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} dist
 * @param {import('./open.mjs').Report} report
 */
export async function useApi(browser, dist, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-api-'))
  tinySite(dist, folder)
  const server = await serve({ root: folder, port: 0 })
  try {
    const page = await browser.newPage()
    report.listenToErrors(page, /Failed to read data from the ReadableStream/) // Firefox, of a download that is given up
    await page.goto(`${server.url}blank.html`)
    await page.evaluate(prepare, tinyFiles())
    await report.part('the numbers of a native run', () => sameNumbers(page, report))
    await report.part('faulty files', () => faultyFiles(page, report))
    await report.part('faulty downloads', () => faultyDownloads(page, folder, report))
    await report.part('the words of synthetic sentences', () => missingWords(page, folder, report))
    await report.part('the hub', () => fromTheHub(page, report))
    await report.part('a policy in mid-run', () => refreeze(page, report))
    await report.part('a fit at once', () => probe(page, report))
    await report.part('comparing', () => compare(page, report))
    await report.part('saves', () => saves(page, report))
    await report.part('aborting', () => aborting(page, report))
    await report.part('another origin', () => anotherOrigin(browser, server.url, report))
    await report.part('two tabs', () => twoTabs(browser, page, report))
    if ((await browser.version()).startsWith('Chrome')) {
      await report.part('refused storage', () => refusedStorage(page, report))
      await report.part('a full disk', () => fullDisk(page, report))
    }
    await page.close()
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

/** Runs in the page: a trainer, the files, and a way to hear an error. */
async function prepare(files) {
  const { createTrainer } = await import('./site/thaw.js')
  const made = Object.fromEntries(files.map(({ name, base64 }) => [name, Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]))
  const file = (name, bytes = made[name]) => new File([bytes], name)
  const all = (changed = {}) => Object.keys(made).map((name) => file(name, changed[name]))
  const fault = (work) => work.then(() => null, ({ name, code, message, hint }) => ({ name, code, message, hint }))
  window.thawTest = { t: await createTrainer({ device: 'webgpu' }), createTrainer, made, all, fault }
}

async function sameNumbers(page, report) {
  const { args, losses } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, evals, settings }) => {
    const { t, all } = window.thawTest
    const model = await t.load(all())
    const events = []
    for await (const e of t.train({ tasks, data: data.records, eval: evals.heldout.records, ...settings })) events.push(e)
    const { shape, data: values } = await t.encode('the team won')
    const answer = await t.predict(['the team won', 'a warm film'])
    return { model, events, shape, values: Array.from(values), answer, device: t.device, scores: await t.evaluate(data.records) }
  }, args)
  const got = seen.events.filter((e) => e.event === 'step').map((e) => e.loss)
  report.check(`losses are within ${CLOSE} of the native ones`, got.length === losses.length && got.every((l, i) => Math.abs(l - losses[i]) < CLOSE), { got, losses })
  report.check('the loop gets every event', seen.events.map((e) => e.event).join(' ') === 'plan eval step step step eval frozen done', seen.events.map((e) => e.event))
  report.check('the frozen tensors are equal', seen.events.find((e) => e.event === 'frozen')?.equal === true)
  report.check('a list of texts gets a list of answers', seen.answer.length === 2 && ['sports', 'business'].includes(seen.answer[0].topic.label), seen.answer)
  report.check('hidden states come as numbers', seen.shape.join() === '36' && seen.values.length === 36 && seen.values.every(Number.isFinite), seen.shape)
  report.check('scores are counted', seen.scores.topic.n === 12 && seen.scores.topic.confusion.length === 2, seen.scores)
  report.check('a device that is not there is explained', seen.device.kind !== 'webgpu' && /webgpu was asked for/.test(seen.device.reason), seen.device)
}

async function faultyFiles(page, report) {
  const faults = await page.evaluate(async () => {
    const { t, all, made, fault } = window.thawTest
    const text = (s) => new TextEncoder().encode(s)
    const config = (change) => text(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(made['config.json'])), ...change }))
    return {
      none: await fault(t.load([])),
      short: await fault(t.load(all({ 'model.safetensors': made['model.safetensors'].slice(0, 100000) }))),
      page: await fault(t.load(all({ 'model.safetensors': text('<!doctype html><title>404</title>') }))),
      json: await fault(t.load(all({ 'config.json': text('{') }))),
      field: await fault(t.load(all({ 'config.json': config({ hidden_size: undefined }) }))),
      width: await fault(t.load(all({ 'config.json': config({ hidden_size: 39 }) }))),
      roberta: await fault(t.load(all({ 'config.json': config({ model_type: 'roberta' }) }))),
      family: await fault(t.load(all({ 'config.json': config({ model_type: 'gpt2' }) }))),
      vocabulary: await fault(t.load(all({ 'vocab.txt': text('a\nb\n') }))),
      word: await fault(t.train({ epoch: 1 }).next()),
      number: await fault(t.train({ batch: 0, data: [{ text: 'x', labels: { a: 'b' } }, { text: 'y', labels: { a: 'c' } }] }).next()),
      label: await fault(t.train({ tasks: [{ name: 'topic', labels: ['sports', 'business'] }], data: [{ text: 'x', labels: { topic: 'sport' } }] }).next()),
      single: await fault(t.train({ data: [{ text: 'x', labels: { topic: 'sport' } }] }).next()),
      policy: await fault(t.setFreeze('layers:many')),
      still: (await t.predict('the team won')).topic.label,
    }
  })
  const say = (name, code, words) => report.check(`${name}: a sentence of code ${code}`, faults[name]?.name === 'ThawError' && faults[name].code === code && words.test(faults[name].message), faults[name])
  say('none', 'files', /model\.safetensors/)
  say('short', 'truncated', /cut short/)
  say('page', 'weights', /safetensors/)
  say('json', 'config', /config\.json/)
  say('field', 'config', /hidden_size/)
  say('width', 'weights', /39|shape|\[/)
  say('family', 'config', /gpt2/)
  say('roberta', 'config', /roberta.*not supported/)
  say('vocabulary', 'tokenizer', /vocab\.txt/)
  say('word', 'settings', /epoch/)
  say('number', 'settings', /batch/)
  say('label', 'data', /"sport".*sports/)
  say('single', 'task', /labels/)
  say('policy', 'policy', /layers:many/)
  report.check('the loaded model still answers', ['sports', 'business'].includes(faults.still), faults.still)
}

/** A site's words are fetched when they are needed; until then nobody misses them. */
async function missingWords(page, folder, report) {
  const [file, away] = ['wasm/grammar.json', 'away.json'].map((name) => path.join(folder, name))
  renameSync(file, away)
  const missing = await page.evaluate(() => window.thawTest.fault(window.thawTest.t.synth({ n: 4, seed: 1 })))
  report.check('words that are not there are named', missing?.code === 'download' && /words.*404/.test(missing.message) && missing.hint !== '', missing)
  renameSync(away, file)
  const { records } = await page.evaluate(() => window.thawTest.t.synth({ n: 4, seed: 1 }))
  report.check('and fetched the next time', records.length === 4 && records.every((r) => r.text.length > 3), records)
}

async function faultyDownloads(page, folder, report) {
  const file = path.join(folder, 'weights', 'tiny', 'model.safetensors')
  const whole = readFileSync(file)
  const load = () => page.evaluate(async () => {
    const { t, fault } = window.thawTest
    const seen = []
    const error = await fault(t.load('tiny', { onProgress: (p) => seen.push(p) }))
    return { error, last: seen.at(-1), cached: await t.cached('tiny') }
  })
  writeFileSync(file, whole.subarray(0, whole.length - 5000))
  const cut = await load()
  report.check('a download that is cut is named and not kept', cut.error?.code === 'download' && /bytes/.test(cut.error.message) && !cut.cached, cut)
  const damaged = Buffer.from(whole)
  damaged[whole.length - 10] ^= 1
  writeFileSync(file, damaged)
  const wrong = await load()
  report.check('a file that is another one is named and not kept', wrong.error?.code === 'download' && /SHA-256/.test(wrong.error.message) && !wrong.cached, wrong)
  writeFileSync(file, whole)
  const good = await load()
  report.check('the right file is loaded and kept', good.error === null && good.last.fromCache === false && good.last.loaded === good.last.total && good.cached, good)
  const again = await load()
  report.check('the next time it comes out of the cache', again.error === null && again.last.fromCache === true, again)
}

/** What the site does not have comes from a server in the hub's place, checked and kept as usual. */
async function fromTheHub(page, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-hub-'))
  const at = tinyHub(folder)
  const hub = await serve({ root: folder, port: 0 })
  const load = (address) => page.evaluate(async (hub) => {
    const { createTrainer, fault } = window.thawTest
    const t = await createTrainer({ hub })
    const seen = []
    const error = await fault(t.load('distant', { onProgress: (p) => seen.push(p) }))
    const cached = await t.cached('distant')
    t.close()
    return { error, last: seen.at(-1), cached }
  }, address)
  try {
    const weights = path.join(at, 'model.safetensors')
    const whole = readFileSync(weights)
    const damaged = Buffer.from(whole)
    damaged[whole.length - 10] ^= 1
    writeFileSync(weights, damaged)
    const wrong = await load(hub.url)
    report.check('another file of the hub is named and not kept', wrong.error?.code === 'download' && /SHA-256/.test(wrong.error.message) && !wrong.cached, wrong)
    writeFileSync(weights, whole)
    const good = await load(hub.url)
    report.check('what the site lacks comes from the hub', good.error === null && good.last.fromHub && good.last.loaded === good.last.total && good.cached, good)
    const again = await load(hub.url)
    report.check('the next time it comes out of the cache too', again.error === null && again.last.fromCache && !again.last.fromHub, again)
    await page.evaluate(async () => { for (const name of await caches.keys()) await caches.delete(name) })
    rmSync(weights)
    const missing = await load(hub.url)
    report.check('a file that neither has is named', missing.error?.code === 'download' && /model\.safetensors is not beside the page.*hub could not give it/.test(missing.error.message), missing)
    const given = await page.evaluate(async (hub) => {
      const { createTrainer, fault } = window.thawTest
      const t = await createTrainer({ hub })
      const abort = new AbortController()
      const over = fault(t.load('distant', { signal: abort.signal, onProgress: () => abort.abort() }))
      setTimeout(() => abort.abort(), 20)
      const error = await over
      t.close()
      return error
    }, hub.url)
    report.check('a download from the hub can be given up', given?.code === 'aborted', given)
  } finally {
    await hub.close()
    rmSync(folder, { recursive: true })
  }
  const gone = await load(hub.url)
  const { message = '', hint = '' } = gone.error ?? {}
  report.check('a hub that cannot be reached is said, and what to do', /not beside the page.*hub/.test(message) && /weights\/distant\//.test(hint) && !gone.cached, gone)
}

/** Another policy for the rest of a run that goes on, and for one that rests. */
async function refreeze(page, report) {
  const { args } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, settings }) => {
    const { t, fault } = window.thawTest
    const events = []
    const told = { waits: [] }
    const timed = async (policy) => {
      const began = performance.now()
      const answer = await t.setFreeze(policy)
      told.waits.push(performance.now() - began)
      return answer
    }
    const change = async () => {
      told.first = await timed('backbone')
      told.probe = await fault(t.setFreeze('probe'))
      await t.pause()
      told.second = await timed('layers:2')
      told.save = await t.save({ name: 'thawed' })
      await t.stop()
    }
    let changing
    for await (const e of t.train({ tasks, data: data.records, ...settings, steps: 100000, resume: false })) {
      events.push(e)
      if (e.event === 'step') changing ??= change()
    }
    await changing
    await t.removeSave('thawed')
    return { ...told, plans: events.filter((e) => e.event === 'plan').map((e) => e.freeze), frozen: events.find((e) => e.event === 'frozen') }
  }, args)
  report.check('a policy changes in mid-run', seen.first.freeze === 'backbone' && seen.first.step > 1 && seen.second.freeze === 'layers:2' && seen.second.trainable > seen.first.trainable, seen)
  report.check('it answers within 300 ms', Math.max(...seen.waits) < 300, seen.waits)
  report.check('the loop hears the plans', seen.plans.join(' ') === 'layers:1 backbone layers:2', seen.plans)
  report.check('the save has the new policy', seen.save.freeze === 'layers:2', seen.save)
  report.check('the proof holds over all parts', seen.frozen.equal && seen.frozen.tensors > 0, seen.frozen?.tensors)
  report.check('a fit at once is not for the middle of a run', seen.probe?.code === 'busy', seen.probe)
}

/** The policy probe: a fit for each task and no steps. */
async function probe(page, report) {
  const { args } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, evals, settings }) => {
    const { t } = window.thawTest
    const events = []
    for await (const e of t.train({ tasks, data: data.records, eval: evals.heldout.records, ...settings, freeze: 'probe', resume: false })) events.push(e)
    return { events, answer: await t.predict('the team won') }
  }, args)
  report.check('heads are fitted without steps', seen.events.map((e) => e.event).join(' ') === 'plan eval probe probe eval frozen done', seen.events.map((e) => e.event))
  report.check('a fit says how it went', seen.events.filter((e) => e.event === 'probe').every((e) => e.iterations > 0 && e.n > 0 && Number.isFinite(e.loss) && e.ms >= 0), seen.events)
  report.check('the fitted heads answer', Boolean(seen.answer.topic.label), seen.answer)
}

/** Scenarios side by side; what was learnt stays, and each begins with the weights as they were loaded. */
async function compare(page, report) {
  const { args } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, evals, settings }) => {
    const { t, all } = window.thawTest
    const job = { tasks, data: data.records, eval: evals.heldout.records, ...settings, policies: ['all', 'probe', 'none'] }
    const compared = async (change, each = () => {}) => {
      const events = []
      for await (const e of t.compare({ ...job, ...change })) { events.push(e); await each(e) }
      return events
    }
    await t.load(all())
    const fresh = await compared({})
    for await (const e of t.train({ tasks, data: data.records, ...settings })) if (e.event === 'skipped') throw new Error(e.why)
    const before = await t.predict('the team won')
    const worn = await compared({})
    let during
    const stopped = await compared({ steps: 3000 }, async (e) => {
      if (e.event !== 'progress' || e.index !== 2 || during) return
      await t.pause()
      during = await t.predict('the team won')
      await t.stop()
    })
    const looked = await t.report(evals.heldout.records)
    const foreseen = await t.outlook(JSON.parse(new TextDecoder().decode(window.thawTest.made['config.json'])), { tasks, data: data.records, freeze: 'layers:1' })
    const transfer = await compared({ policies: undefined, transfer: { a: 'topic', b: 'sentiment' } })
    return { looked, foreseen, fresh, worn, stopped, transfer, before, during, after: await t.predict('the team won'), save: await t.save({ name: 'compared' }).then(() => t.removeSave('compared')).then(() => true) }
  }, args)
  const rows = (events) => events.filter((e) => e.event === 'row').map(({ seconds, ...row }) => row)
  report.check('rows come one after the other', seen.fresh.map((e) => e.event).filter((e) => e !== 'progress').join(' ') === 'scenarios begun row begun row begun row compared', seen.fresh.map((e) => e.event))
  report.check('the control stays where it was and the others move', rows(seen.fresh).every((r) => (r.scores[0].lossBefore === r.scores[0].lossAfter) === r.control), rows(seen.fresh))
  report.check('after a run the scenarios begin as before it', JSON.stringify(rows(seen.worn)) === JSON.stringify(rows(seen.fresh)), [rows(seen.fresh), rows(seen.worn)])
  report.check('it can be stopped and keeps the rows it has', rows(seen.stopped).length === 2 && seen.stopped.at(-1).stopped, seen.stopped.at(-1))
  report.check('what was learnt stays, and answers meanwhile', [seen.during, seen.after].every((p) => JSON.stringify(p) === JSON.stringify(seen.before)), [seen.before, seen.during, seen.after])
  report.check('the run before it can still be saved', seen.save === true)
  report.check('a report has curves, and a picture that training has changed', seen.looked.calibration.topic.n === 4 && seen.looked.picture.points.some((p) => p.before[0] !== p.after[0]), seen.looked)
  report.check('what a run would take is known from a config alone', seen.foreseen.layers === 3 && seen.foreseen.trainable > 0 && seen.foreseen.stepMs > 0, seen.foreseen)
  const { arms = [], verdict } = seen.transfer.find((e) => e.event === 'transfer') ?? {}
  report.check('a transfer has three runs, cosines and a verdict', arms.length === 3 && Number.isFinite(arms[2].cosineEnd[0]) && /sentiment/.test(verdict.sentence), seen.transfer)
}

async function saves(page, report) {
  const { args } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, settings }) => {
    const { t, fault } = window.thawTest
    for await (const e of t.train({ tasks, data: data.records, ...settings })) if (e.event === 'frozen' && !e.equal) throw new Error('not equal')
    const save = await t.save({ name: 'kept' })
    const before = await t.predict('the team won')
    await t.load('tiny')
    const run = await t.resume({ name: 'kept' })
    const after = await t.predict('the team won')
    const missing = await fault(t.resume({ name: 'nobody' }))
    const list = await t.saves()
    await t.removeSave('kept')
    return { save, before, after, run, missing, list, left: await t.saves() }
  }, args)
  report.check('a save has a name, a step and a size', seen.save.name === 'kept' && seen.save.step === 3 && seen.save.bytes > 100000, seen.save)
  report.check('a resumed run answers with the same bits', JSON.stringify(seen.before) === JSON.stringify(seen.after), [seen.before, seen.after])
  report.check('it knows where it was', seen.run.step === 3 && seen.run.settings.freeze === 'layers:1', seen.run)
  report.check('a save that is not there is named', seen.missing?.code === 'saves' && /nobody/.test(seen.missing.message), seen.missing)
  report.check('saves are listed and deleted', seen.list.length === 1 && seen.left.length === 0, seen)
}

/** A second tab can neither write nor take up nor delete the save that the first works with, until that one turns away. */
async function twoTabs(browser, page, report) {
  const { args } = tinyJob()
  const one = await page.evaluate(async ({ tasks, data, settings }) => {
    const { t } = window.thawTest
    await t.load('tiny')
    for await (const e of t.train({ tasks, data: data.records, ...settings })) if (e.event === 'skipped') throw new Error(e.why)
    return t.save({ name: 'shared' })
  }, args)
  const other = await browser.newPage()
  report.listenToErrors(other)
  await other.goto(page.url())
  await other.evaluate(prepare, tinyFiles())
  const refused = await other.evaluate(async ({ tasks, data, settings }) => {
    const { t, fault } = window.thawTest
    await t.load('tiny')
    for await (const e of t.train({ tasks, data: data.records, ...settings, steps: 1 })) if (e.event === 'skipped') throw new Error(e.why)
    const faults = [await fault(t.save({ name: 'shared' })), await fault(t.resume({ name: 'shared' })), await fault(t.removeSave('shared'))]
    return { faults, list: await t.saves(), mine: await t.save({ name: 'mine' }) }
  }, args)
  await page.evaluate(async () => { await window.thawTest.t.load('tiny') }) // the first tab turns to something else
  const free = await other.evaluate(async () => {
    const { t } = window.thawTest
    const run = await t.resume({ name: 'shared' })
    for (const name of ['shared', 'mine']) await t.removeSave(name)
    return { run, left: await t.saves() }
  })
  await other.close()
  report.check('a save that another tab works with is left alone, in a sentence', refused.faults.every((f) => f?.code === 'locked' && /tab/.test(f.message) && f.hint), refused.faults)
  report.check('nothing of it is lost', refused.list.length === 1 && refused.list[0].savedAt === one.savedAt && refused.list[0].step === 3, refused.list)
  report.check('the second tab keeps its own under another name', refused.mine.step === 1, refused.mine)
  report.check('once the first tab has turned away the second takes it up', free.run.step === 3 && free.left.length === 0, free)
}

/** Chromium lets a test reach into a worker. A browser that lets the page keep nothing: a sentence, and everything else works. */
async function refusedStorage(page, report) {
  const { args } = tinyJob()
  const made = new Promise((resolve) => { page.once('workercreated', resolve) })
  await page.evaluate(async () => { window.thawTest.refused = await window.thawTest.createTrainer() })
  const worker = await made
  await worker.evaluate(() => { indexedDB.constructor.prototype.open = () => { throw new DOMException('not allowed', 'SecurityError') } })
  const seen = await page.evaluate(async ({ tasks, data, settings }) => {
    const { refused: t, fault } = window.thawTest
    await t.load('tiny')
    let steps = 0
    for await (const e of t.train({ tasks, data: data.records, ...settings })) steps += e.event === 'step' ? 1 : 0
    const faults = [await fault(t.saves()), await fault(t.save({ name: 'nowhere' })), await fault(t.resume())]
    const answer = await t.predict('the team won')
    t.close()
    return { steps, faults, answer }
  }, args)
  report.check('a browser that keeps nothing says so, and what to do', seen.faults.every((f) => f?.code === 'storage' && /keep nothing/.test(f.message) && f.hint), seen.faults)
  report.check('training and answering work without it', seen.steps === 3 && Boolean(seen.answer.topic), seen)
}

/** A page of another origin may use this site's thaw.js. */
async function anotherOrigin(browser, home, report) {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-guest-'))
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><title>a guest</title>')
  const server = await serve({ root: folder, port: 0, plain: true })
  try {
    const page = await browser.newPage()
    report.listen(page)
    await page.goto(server.url)
    const seen = await page.evaluate(async (home) => {
      const { createTrainer } = await import(`${home}site/thaw.js`)
      const t = await createTrainer()
      const { name } = await t.load('tiny')
      const { shape } = await t.encode('the team won')
      t.close()
      return { name, shape, ms: t.device.candidates.find((c) => c.ok).ms }
    }, home)
    report.check('thaw.js works from another origin', seen.name === 'tiny' && seen.shape[0] === 36 && seen.ms > 0, seen)
    await page.close()
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

/** Chromium can be told that an origin has no more room. */
async function fullDisk(page, report) {
  const { args } = tinyJob()
  const cdp = await page.createCDPSession()
  const { origin } = new URL(page.url())
  await page.evaluate(async ({ tasks, data, settings }) => {
    const { t } = window.thawTest
    await t.load('tiny')
    for await (const e of t.train({ tasks, data: data.records, ...settings })) if (e.event === 'done') await t.save({ name: 'good' })
    for (const name of await caches.keys()) await caches.delete(name)
  }, args)
  const { usage } = await cdp.send('Storage.getUsageAndQuota', { origin })
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 20_000 })
  const seen = await page.evaluate(async ({ tasks, data, settings }) => {
    const { t, fault } = window.thawTest
    const notices = []
    const loading = await fault(t.load('tiny', { onNotice: (text) => notices.push(text) }))
    for await (const e of t.train({ tasks, data: data.records, ...settings, steps: 4 })) if (e.event === 'skipped') throw new Error(e.why)
    const full = await fault(t.save({ name: 'good' }))
    const [old] = await t.saves()
    const run = await t.resume({ name: 'good' })
    return { loading, notices, full, old, run, cached: await t.cached('tiny') }
  }, args)
  await cdp.send('Storage.overrideQuotaForOrigin', { origin })
  report.check('without room for the weights it loads and trains all the same, and says so', seen.loading === null && seen.notices.some((n) => /room/.test(n)) && !seen.cached, seen)
  report.check('a save without room is refused in a sentence', seen.full?.code === 'storage' && /room/.test(seen.full.message), seen.full)
  report.check('the save before it is whole', seen.old?.step === 3 && seen.run.step === 3, seen)
}

async function aborting(page, report) {
  const { args } = tinyJob()
  const seen = await page.evaluate(async ({ tasks, data, settings }) => {
    const { t, fault, createTrainer } = window.thawTest
    const abort = new AbortController()
    const events = []
    for await (const e of t.train({ tasks, data: data.records, ...settings, steps: 100000, signal: abort.signal })) {
      events.push(e)
      if (e.event === 'step' && e.step === 2) abort.abort()
    }
    const early = await fault(t.predict('x', { signal: AbortSignal.abort() }))
    const left = []
    for await (const e of t.train({ tasks, data: data.records, ...settings, steps: 100000, resume: false })) { left.push(e.event); if (e.event === 'step') break }
    const other = await createTrainer()
    const waiting = fault(other.load('tiny').then(() => other.encode(Array(5000).fill('the team won the match'))))
    await new Promise((resolve) => setTimeout(resolve, 50))
    other.close()
    return { last: events.at(-1), early, after: await t.predict('the team won'), closed: await waiting }
  }, args)
  report.check('a signal stops the run after a whole step', seen.last.event === 'done' && seen.last.stopped && seen.last.steps < 100000, seen.last)
  report.check('a signal that was given before is respected', seen.early?.code === 'aborted', seen.early)
  report.check('leaving the loop stops the run', Boolean(seen.after.topic), seen.after)
  report.check('closing ends what was asked', seen.closed?.code === 'closed', seen.closed)
}
