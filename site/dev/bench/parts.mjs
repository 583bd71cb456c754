/** The parts of the bench. Each measures and yields rows of the table. */
import { on } from './contestants.mjs'
import { block, equal, forward, gflop, mixed, products, step, tokenize } from './jobs.mjs'
import { row } from './rows.mjs'
import { geometricMean } from './stats.mjs'
import { TARGETS } from './targets.mjs'
import { webgpu } from './webgpu.mjs'

/** @typedef {import('./table.mjs').Row} Row */
/** @typedef {import('./race.mjs').Time} Time */
/** @typedef {import('./setting.mjs').Setting} Setting */

const THREADS = [1, 2]
const TITLES = { minilm: 'MiniLM', distilbert: 'DistilBERT' }
/** Hidden and feed-forward sizes. */
const WIDTHS = [[384, 1536], [768, 3072]]
const ROWS = [128, 512, 1024]

/** @type {{ [part: string]: (s: Setting) => AsyncGenerator<Row> }} */
export const PARTS = { gemm, forward: forwards, step: steps, native, scaling, webgpu }

/** What runs where no part is named. WebGPU on a processor takes longer than all of these together. */
export const USUAL = Object.keys(PARTS).filter((name) => name !== 'webgpu')

// --- Products ---

/** @param {Setting} s */
async function* gemm(s) {
  const all = await s.pages([['kernels', 1], ['ort', 1], ['jax', 1], ['kernels', 2], ['ort', 2], ['jax', 2]])
  const results = []
  for (const [h, f] of WIDTHS) {
    for (const sizes of [[h, h, h, h, h], [h, f, h]]) {
      for (const rows of ROWS) {
        const job = products(rows, sizes)
        s.models.products(job)
        const times = await s.race(all, job)
        results.push({ job, times })
        if (s.detailed) yield* productRows(job, times)
      }
    }
  }
  await s.close(all)
  const mean = (name) => results.every(({ times }) => times[name]) ? geometricMean(results.map(({ job, times }) => gflop(job) / times[name].ms * 1e3)) : undefined
  const meanRow = (threads, peer, name, target) => {
    const [a, b] = [mean(on('thaw', threads)), mean(name)]
    if (!a || !b) return []
    const speed = (x) => ({ speed: `${x.toFixed(1)} GFLOP/s` })
    return [{ part: 'gemm', what: `wasm products, geometric mean of ${results.length}`, threads: String(threads), peer, ours: speed(a), theirs: speed(b), ratio: a / b, target }]
  }
  for (const threads of THREADS) {
    yield* meanRow(threads, 'onnxruntime-web', on('onnxruntime-web', threads), threads === 1 ? TARGETS.gemmOrt : undefined)
    yield* meanRow(threads, 'jax-js', on('jax-js', threads), threads === 1 ? TARGETS.gemmJax : TARGETS.gemmJax2)
  }
  yield* meanRow(2, 'thaw on 1', on('thaw', 1), TARGETS.gemmThreads)
}

function* productRows(job, times) {
  for (const threads of THREADS) {
    for (const peer of ['onnxruntime-web', 'jax-js']) {
      yield* row('gemm', `wasm products ${job.rows} × ${job.sizes.join('→')}`, threads, peer, times[on('thaw', threads)], times[on(peer, threads)])
    }
  }
}

// --- Forward passes in the browser ---

/** @param {Setting} s */
async function* forwards(s) {
  for (const model of ['minilm', 'distilbert']) {
    s.models.onnx(model)
    const all = await s.pages([['thaw', 1], ['ort', 1], ['thaw', 2], ['ort', 2]])
    const times = await s.race(all, forward(model, equal(16, 64)))
    for (const threads of THREADS) {
      yield* row('forward', `${TITLES[model]} forward 16×64, browser`, threads, 'onnxruntime-web', times[on('thaw', threads)], times[on('onnxruntime-web', threads)], TARGETS.forward, 1024)
    }
    for (const length of [32, 128]) {
      const few = await s.race(all, forward(model, equal(1, length)))
      const best = (name) => THREADS.map((n) => few[on(name, n)]).filter(Boolean).sort((a, b) => a.ms - b.ms)[0]
      yield* row('forward', `${TITLES[model]} forward 1×${length}, browser`, 'best', 'onnxruntime-web', best('thaw'), best('onnxruntime-web'), model === 'minilm' ? TARGETS.short : undefined, length)
    }
    await s.close(all)
  }
}

// --- Training steps in the browser ---

/** @param {Setting} s */
async function* steps(s) {
  const kernels = await s.pages([['kernels', 1], ['jax', 1], ['kernels', 2], ['jax', 2]])
  const times = await s.race(kernels, block(512, 768, 3072))
  await s.close(kernels)
  for (const threads of THREADS) {
    yield* row('step', 'gradient of a block 768→3072→768, 512 rows, browser', threads, 'jax-js', times[on('thaw', threads)], times[on('jax-js', threads)], threads === 2 ? TARGETS.block : undefined)
  }
  for (const [model, sentences] of [['minilm', 16], ['distilbert', 8]]) yield* stepsOf(s, model, equal(sentences, 64), `${sentences}×64`)
}

/** The policies: what is frozen, and whether its outputs are kept. */
const NONE = ['none', false, '']
const [FIRST, LATER] = [[false, ', first epoch'], [true, ', later epochs']]
const POLICIES = {
  minilm: [NONE, ['layers:4', ...FIRST], ['layers:4', ...LATER], ['backbone', ...FIRST], ['backbone', ...LATER]],
  distilbert: [NONE, ['layers:4', ...FIRST], ['backbone', ...LATER]], // few, for they take long
}

async function* stepsOf(s, model, text, shape) {
  const all = [...await s.pages([['thaw', 1], ['thaw', 2]]), ...s.torch(model, THREADS)]
  for (const [freeze, cached, when] of POLICIES[model]) {
    const times = await s.race(all, step(model, text, freeze, cached))
    for (const threads of THREADS) {
      const target = model === 'minilm' && freeze === 'none' && threads === 2 ? TARGETS.step : undefined
      yield* row('step', `${TITLES[model]} step ${shape}, ${freeze}${when}, browser`, threads, 'PyTorch, native', times[on('thaw', threads)], times[on('PyTorch', threads)], target, text.tokens)
    }
  }
  await s.close(all)
}

// --- Natively ---

/** @param {Setting} s */
async function* native(s) {
  for (const [model, sentences] of [['minilm', 16], ['distilbert', 8]]) {
    const text = equal(sentences, 64)
    const shape = `${sentences}×64`
    const all = [...s.native(model, THREADS), ...s.torch(model, THREADS)]
    const onnx = s.onnx(model, THREADS)
    yield* nativeRows(`${TITLES[model]} forward ${shape}, native`, await s.race([...all, ...onnx], forward(model, text)), text, TARGETS.native, ['PyTorch', 'onnxruntime'])
    await s.close(onnx)
    const padded = mixed()
    const padding = { atLeast: padded.texts.length * padded.maxLength / padded.tokens }
    yield* nativeRows(`${TITLES[model]} forward of 32 mixed lengths, native`, await s.race(all, forward(model, padded)), padded, padding, ['PyTorch'])
    for (const freeze of ['none', 'layers:4']) {
      yield* nativeRows(`${TITLES[model]} step ${shape}, ${freeze}, native`, await s.race(all, step(model, text, freeze)), text, freeze === 'none' ? TARGETS.native : undefined, ['PyTorch'])
    }
    if (model === 'minilm') {
      const words = await s.race([all[0], ...all.filter(({ name }) => name === on('PyTorch', 1))], tokenize(model))
      yield* row('native', 'sentences to ids, native', 1, 'Hugging Face tokenizers', words[on('thaw', 1)], words[on('PyTorch', 1)], TARGETS.tokenizer)
      yield* nativeRows(`${TITLES[model]} step of 32 mixed lengths, none, native`, await s.race(all, step(model, padded, 'none')), padded, padding, ['PyTorch'])
    }
    await s.close(all)
  }
}

function* nativeRows(what, times, { tokens }, target, peers) {
  for (const threads of THREADS) {
    for (const peer of peers) {
      if (peer !== 'PyTorch' && !times[on(peer, threads)]) continue
      yield* row('native', what, threads, peer, times[on('thaw', threads)], times[on(peer, threads)], peer === 'PyTorch' ? target : undefined, tokens)
    }
  }
}

// --- How time grows ---

/** @param {Setting} s */
async function* scaling(s) {
  const all = await s.pages([['thaw', 1], ['thaw', 2]])
  yield* grown(s, all, [2, 4, 8, 16, 32].map((n) => ({ n: n * 64, what: `MiniLM forward ${n}×64, browser`, job: forward('minilm', equal(n, 64)) })), 'a token of 16×64', 1024)
  yield* grown(s, all, [32, 64, 128, 256, 512].map((n) => ({ n: 1024, what: `MiniLM forward ${1024 / n}×${n}, browser`, job: forward('minilm', equal(1024 / n, n)) })), 'a token of 16×64', 1024, 1)
  const depths = [3, 6, 12].map((n) => ({ n, what: `${n} layers of 384, forward 16×64, browser`, job: forward(`stack-${n}`, equal(16, 64)) }))
  for (const { n } of depths) s.models.folder(`stack-${n}`)
  yield* grown(s, all, depths, 'a layer of 6', 6)
  await s.close(all)
}

/** Rows of jobs of growing size n, each beside the one of size `unit`, in time by size. */
async function* grown(s, all, jobs, unit, size, at = jobs.findIndex(({ n }) => n === size)) {
  const results = []
  for (const j of jobs) results.push({ ...j, times: await s.race(all, j.job) })
  for (const threads of THREADS) {
    const base = results[at].times[on('thaw', threads)]
    for (const { n, what, times, job } of results) {
      const ours = times[on('thaw', threads)]
      if (ours) yield* row('scaling', what, threads, unit, ours, { ms: base.ms * n / results[at].n }, undefined, job.tokens)
    }
  }
  for (const { what, times, job } of results) {
    if (times[on('thaw', 2)]) yield* row('scaling', what, 2, 'thaw on 1', times[on('thaw', 2)], times[on('thaw', 1)], undefined, job.tokens)
  }
}
