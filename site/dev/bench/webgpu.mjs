/**
 * The part of the bench that runs on WebGPU, thaw and its peers on one adapter: SwiftShader, a processor that stands in for a graphics
 * card, so that it runs anywhere. What it says of kernels is true of SwiftShader alone; ratios of a whole pass say what else is done.
 */
import { on } from './contestants.mjs'
import { block, equal, forward, gflop, product, step } from './jobs.mjs'
import { row } from './rows.mjs'
import { geometricMean } from './stats.mjs'
import { TARGETS } from './targets.mjs'

/** @typedef {import('./setting.mjs').Setting} Setting */

const GPU = 'webgpu'
const [THAW, ORT, JAX] = ['thaw', 'onnxruntime-web', 'jax-js'].map((name) => on(name, GPU))

/** Tokens, hidden and feed-forward sizes: those of MiniLM and of DistilBERT, no product of more than 1.3 GFLOP. */
const LAYERS = [[1024, 384, 1536], [256, 768, 3072]]

/** Nothing cools between two turns on WebGPU, and each takes long. */
const EFFORT = { warm: 0, first: 1, least: 1, most: 5 }

/** @param {Setting} s */
export async function* webgpu(s) {
  yield* products(s)
  yield* models(s)
}

/** The twelve products of a layer's training step: forward, and both gradients. */
function shapes([t, h, f]) {
  return [['QKV', 3 * h, h], ['out', h, h], ['FFN 1', f, h], ['FFN 2', h, f]].flatMap(([name, out, inner]) => [
    { name, job: product('nt', t, out, inner) }, { name, job: product('nn', t, inner, out) }, { name, job: product('tn', out, inner, t) },
  ])
}

/** @param {Setting} s */
async function* products(s) {
  const all = await s.pages([['kernels', GPU], ['ort-webgpu', GPU], ['jax-webgpu', GPU]])
  const results = []
  for (const { name, job } of LAYERS.flatMap(shapes)) {
    s.models.product(job)
    const times = await s.race(all, job, EFFORT)
    results.push({ job, times })
    const { layout, rows, sizes } = job
    if (s.detailed) for (const peer of [ORT, JAX]) yield* row('webgpu', `product ${name} ${layout.toUpperCase()} ${[rows, ...sizes].join('×')}`, 'GPU', nameOf(peer), times[THAW], times[peer])
  }
  const small = block(256, 384, 1536)
  const gradient = await s.race(all.filter(({ name }) => name !== ORT), small, EFFORT)
  await s.close(all)
  for (const [peer, target] of [[ORT, TARGETS.gpuGemmOrt], [JAX, TARGETS.gpuGemmJax]]) yield* meanRow(results, peer, target)
  yield* row('webgpu', 'gradient of a block 384→1536→384, 256 rows, WebGPU', 'GPU', 'jax-js', gradient[THAW], gradient[JAX])
}

function nameOf(contestant) { return contestant.split('/')[0] }

/** The geometric mean over the shapes. */
function meanRow(results, peer, target) {
  if (!results.every(({ times }) => times[THAW] && times[peer])) return []
  const [a, b] = [THAW, peer].map((name) => geometricMean(results.map(({ job, times }) => gflop(job) / times[name].ms * 1e3)))
  const speed = (x) => ({ speed: `${x.toFixed(2)} GFLOP/s` })
  return [{ part: 'webgpu', what: `WebGPU products, geometric mean of ${results.length}`, threads: 'GPU', peer: nameOf(peer), ours: speed(a), theirs: speed(b), ratio: a / b, target }]
}

/** @param {Setting} s */
async function* models(s) {
  s.models.onnx('minilm', { webgpu: true })
  const all = await s.pages([['thaw', GPU], ['ort-webgpu', GPU]])
  const text = equal(16, 64)
  const pass = (of) => ({ ...forward('minilm', of), file: '/models/minilm-webgpu.onnx' })
  const whole = await s.race(all, pass(text), EFFORT)
  yield* row('webgpu', 'MiniLM forward 16×64, WebGPU', 'GPU', 'onnxruntime-web', whole[THAW], whole[ORT], TARGETS.gpuForward, text.tokens)
  const one = await s.race(all, pass(equal(1, 32)), EFFORT)
  yield* row('webgpu', 'MiniLM forward 1×32, WebGPU', 'GPU', 'onnxruntime-web', one[THAW], one[ORT], TARGETS.gpuForward, 32)
  await s.close(all)
  const [thaw] = await s.pages([['thaw', GPU]]) // steps need room, and a page that has done much may have little left
  if (thaw) yield* steps(s, thaw, text, pass(text))
  await s.close()
}

/** Steps, each in turns with thaw's own forward pass, for no peer trains encoders on WebGPU. */
async function* steps(s, thaw, text, pass) {
  for (const [freeze, cached, when, target] of [['none', false, '', TARGETS.gpuStep], ['layers:4', true, ', later epochs', undefined]]) {
    const { dispatches, plans, submits } = await thaw.cost(() => thaw.run(second(freeze, cached)))
    const job = step('minilm', text, freeze, cached)
    const [taken, forwards] = [always('thaw step', thaw, job), always('thaw pass', thaw, pass)]
    const times = await s.race([taken, forwards], job, { ...EFFORT, least: 2, most: 2 })
    const cost = [[dispatches, 'dispatches'], [plans, plans === 1 ? 'crossing' : 'crossings'], [submits, 'submits']].map((c) => c.join(' ')).join(', ')
    s.told({ bench: 'cost', model: 'minilm', freeze, cached, dispatches, crossings: plans, submits })
    yield* row('webgpu', `MiniLM step 16×64, ${freeze}${when}, WebGPU (${cost})`, 'GPU', 'its forward pass', times[taken.name], times[forwards.name], target, text.tokens)
  }
}

/** A contestant that does one job whatever it is asked for, as often as it is asked. */
function always(name, contestant, job) { return { name, run: ({ repeat }) => contestant.run({ ...job, repeat }) } }

/** Two epochs of four steps, so that nothing but a step lies between the last two. What one costs is the same at any size. */
function second(freeze, cached) { return { ...step('minilm', equal(8, 8), freeze, cached), batch: 2, repeat: 7 } }
