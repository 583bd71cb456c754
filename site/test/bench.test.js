import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { encoderModel } from '../dev/bench/encoder-onnx.mjs'
import { estimate, estimateLines, estimates } from '../dev/bench/estimate.mjs'
import { block, gflop, product, products } from '../dev/bench/jobs.mjs'
import { Graph } from '../dev/bench/onnx.mjs'
import { numbers, sample, sampleTurned, turnedNumbers } from '../dev/bench/page/numbers.js'
import { PARTS, USUAL } from '../dev/bench/parts.mjs'
import { race } from '../dev/bench/race.mjs'
import { readTensors, transposed, writeTensors } from '../dev/bench/safetensors.mjs'
import { distance, geometricMean, median, spread } from '../dev/bench/stats.mjs'
import { reached, table, time } from '../dev/bench/table.mjs'
import { TARGETS } from '../dev/bench/targets.mjs'

let folder

before(() => { folder = mkdtempSync(path.join(tmpdir(), 'thaw-bench-')) })
after(() => rmSync(folder, { recursive: true }))

// --- Arithmetic ---

test('medians, spreads, means and distances', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(spread([9, 10, 12]), 0.1)
  assert.equal(spread([5, 5, 5]), 0)
  assert.ok(Math.abs(geometricMean([1, 4, 2]) - 2) < 1e-12)
  assert.equal(distance([1, -4], [1, -3]), 0.25)
  assert.equal(distance([1], [1, 2]), Infinity)
  assert.ok(Number.isNaN(distance([NaN], [1])))
})

test('operations of a chain of products', () => {
  assert.equal(gflop(products(10, [100, 200, 50])) * 1e9, 2 * 10 * (100 * 200 + 200 * 50))
  assert.equal(gflop(product('tn', 10, 20, 30)) * 1e9, 2 * 10 * 20 * 30)
})

// --- The race ---

/** A contestant whose runs take the given times, which notes its turns. */
function runner(name, ms, turns, result = [1, 2]) {
  return {
    name,
    run: async ({ repeat }) => {
      turns.push(`${name}${repeat}`)
      return { ms: Array.from({ length: repeat }, (_, i) => (i === 0 ? 10 * ms : ms)), sample: result }
    },
  }
}

test('contestants take turns, and the first run of a turn does not count', async () => {
  const turns = []
  const times = await race([runner('a', 300, turns), runner('b', 100, turns), runner('c', 5000, turns, [])], {}, { seconds: 1, least: 2, most: 9 })
  assert.deepEqual(turns, ['a2', 'b2', 'c2', 'a2', 'b4', 'c2', 'a2', 'b4', 'c2'])
  assert.deepEqual(times, { a: { ms: 300, spread: 0, best: 300, n: 2 }, b: { ms: 100, spread: 0, best: 100, n: 6 }, c: { ms: 5000, spread: 0, best: 5000, n: 2 } })
})

test('there are as many rounds as there is time for', async () => {
  const turns = []
  await race([runner('a', 100, turns)], {}, { seconds: 2, least: 1, most: 9 })
  assert.equal(turns.length, 1 + 5)
  await race([runner('b', 100, turns)], {}, { seconds: 2, least: 1, most: 3 })
  assert.equal(turns.length, 6 + 4)
})

test('a quick contestant works for a second before its first turn, and takes no more than so many runs a turn', async () => {
  const turns = []
  await race([runner('a', 40, turns), runner('b', 5, turns)], {}, { seconds: 1, least: 1, most: 1 })
  assert.deepEqual(turns, ['a2', 'a14', 'b2', 'b189', 'a9', 'b13'])
})

test('an effort may do without runs that only warm', async () => {
  const turns = []
  const times = await race([runner('a', 300, turns), runner('b', 100, turns)], {}, { seconds: 1, least: 1, most: 1, warm: 0, first: 1 })
  assert.deepEqual(turns, ['a1', 'b1', 'a1', 'b1'])
  assert.deepEqual([times.a.n, times.a.spread], [1, undefined])
})

test('contestants that do different work are refused', async () => {
  const off = runner('b', 1, [], [1, 2.01])
  await assert.rejects(race([runner('a', 1, []), off], { work: 'x' }, { seconds: 1, least: 1, most: 1 }), /a and b do not do the same work/)
  await assert.rejects(race([runner('a', 1, []), runner('b', 1, [], [1, NaN])], {}, { seconds: 1, least: 1, most: 1 }), /do not do the same work/)
})

// --- The table ---

const ROWS = [
  { part: 'gemm', what: 'products', threads: '1', peer: 'other', ours: { ms: 10, spread: 0.02 }, theirs: { ms: 14.9, spread: 0.01 }, ratio: 1.49, target: { atLeast: 1.4 } },
  { part: 'step', what: 'a step', threads: '2', peer: 'PyTorch', ours: { ms: 1000, tokens: 1024 }, theirs: { ms: 500, tokens: 1024 }, ratio: 2, target: { atMost: 1.8 } },
  { part: 'step', what: 'alone', threads: '2', peer: '', ours: { speed: '7 GFLOP/s' }, theirs: {} },
]

test('a row reaches its target or misses it', () => {
  assert.deepEqual(ROWS.map(reached), [true, false, undefined])
  assert.equal(reached({ ...ROWS[0], ratio: 1.399 }), false)
  assert.equal(reached({ ...ROWS[1], ratio: 1.8 }), true)
  assert.equal(reached({ ...ROWS[0], ratio: undefined }), undefined)
})

test('the table', () => {
  const lines = table(ROWS)
  assert.equal(lines.length, 5)
  assert.match(lines[2], /^products {2}1 {8}10\.0 ms ±2 % {2,}other {4}14\.9 ms ±1 % {2,}1\.49 × \(at least 1\.4\) {2,}reached$/)
  assert.match(lines[3], /1000 ms, 1024 tokens\/s {2}PyTorch {2}500 ms, 2048 tokens\/s {2}2\.00 × its time \(at most 1\.8\) {2}missed$/)
  assert.match(lines[4], /^alone {5}2 {8}7 GFLOP\/s$/)
  assert.deepEqual([0.01234, 1.234, 9.999, 12.34, 123.4].map(time), ['0.0123 ms', '1.23 ms', '10.0 ms', '12.3 ms', '123 ms'])
})

// --- The parts ---

/** A setting without browsers and processes: every contestant that is not absent takes as long as `ms` says. */
function pretend(ms, absent = () => false) {
  const named = (names) => names.filter((name) => !absent(name)).map((name) => ({ name }))
  const NAMES = { kernels: 'thaw', ort: 'onnxruntime-web', jax: 'jax-js', thaw: 'thaw', 'ort-webgpu': 'onnxruntime-web', 'jax-webgpu': 'jax-js' }
  const each = (name) => (_, threads) => named(threads.map((n) => `${name}/${n}`))
  const cost = async () => ({ plans: 1, submits: 3, dispatches: 100 })
  return {
    detailed: false, models: { products() {}, product() {}, onnx() {}, folder() {} }, close: async () => {}, told() {},
    pages: async (wanted) => named(wanted.map(([peer, n]) => `${NAMES[peer]}/${n}`)).map((c) => ({ ...c, run: async () => {}, cost })),
    native: each('thaw'), torch: each('PyTorch'), onnx: each('onnxruntime'),
    race: async (contestants, job) => Object.fromEntries(contestants.map(({ name }) => [name, { ms: ms(name, job), spread: 0, n: 2 }])),
  }
}

async function rowsOf(setting, parts = Object.keys(PARTS)) {
  const rows = []
  for (const part of parts) for await (const row of PARTS[part](setting)) rows.push(row)
  return rows
}

test('every target has a row, and ratios are the right way round', async () => {
  const rows = await rowsOf(pretend((name) => (name.startsWith('thaw') ? 100 : 150) / (Number(name.at(-1)) || 1)))
  const wanted = new Set(rows.map((row) => row.target).filter(Boolean))
  for (const [name, target] of Object.entries(TARGETS)) assert.ok(wanted.has(target), `no row has the target ${name}`)
  const of = (what, threads, peer) => rows.find((row) => row.what.includes(what) && row.threads === threads && row.peer === peer)?.ratio.toFixed(3)
  assert.equal(of('wasm products', '1', 'onnxruntime-web'), '1.500')
  assert.equal(of('wasm products', '2', 'thaw on 1'), '2.000')
  assert.equal(of('MiniLM forward 1×32', 'best', 'onnxruntime-web'), '1.500')
  assert.equal(of('MiniLM step 16×64, none, browser', '2', 'PyTorch, native'), '0.667')
  assert.equal(of('DistilBERT step 8×64, none, native', '1', 'PyTorch'), '1.500')
  assert.equal(of('MiniLM forward 2×64', '2', 'thaw on 1'), '2.000')
  assert.equal(of('WebGPU products', 'GPU', 'jax-js'), '1.500')
  assert.equal(of('MiniLM forward 1×32, WebGPU', 'GPU', 'onnxruntime-web'), '1.500')
  assert.equal(of('step 16×64, none, WebGPU (100 dispatches, 1 crossing, 3 submits)', 'GPU', 'its forward pass'), '1.000')
  const mixed = rows.find((row) => row.what === 'MiniLM forward of 32 mixed lengths, native')
  assert.ok(mixed.target.atLeast > 1.6 && mixed.target.atLeast < 2.2, mixed.target)
  assert.ok(rows.every((row) => row.ratio > 0 && table([row]).length === 3))
})

test('growth is measured against the time of its unit', async () => {
  const rows = await rowsOf(pretend((_, job) => (job.model.startsWith('stack-') ? Number(job.model.slice(6)) : job.tokens)), ['scaling'])
  assert.ok(rows.length > 20)
  for (const row of rows) assert.ok(Math.abs(row.ratio - 1) < 1e-9, `${row.what} against ${row.peer}: ${row.ratio}`)
})

test('what does not run is left out, and the rest stands', async () => {
  const rows = await rowsOf(pretend(() => 10, (name) => /^(PyTorch|onnxruntime)\/|\/2$/.test(name)))
  assert.ok(rows.length > 0 && rows.every((row) => row.threads !== '2'))
  assert.ok(rows.filter((row) => row.part === 'native').every((row) => row.ratio === undefined && row.peer === '' && row.ours.ms === 10))
  assert.equal(table(rows).length, rows.length + 2)
  const none = await rowsOf(pretend(() => 10, (name) => name.startsWith('thaw')))
  assert.deepEqual(none, [])
})

test('what takes long runs only if it is named', () => {
  assert.deepEqual(Object.keys(PARTS).filter((name) => !USUAL.includes(name)), ['webgpu'])
})

test('estimates of graphics cards', () => {
  const ms = estimate({ gflop: 265, parameters: 66.4e6, dispatches: 145 }, { tflops: 20, gbs: 450, gap: 15 })
  assert.ok(ms > 45 && ms < 53, `the design says 49 ms: ${ms}`)
  assert.equal(estimateLines().length, 2 + estimates().length)
})

// --- Operands ---

test('turned operands are the same numbers, and samples meet', () => {
  const rows = numbers(6, 3, 0.05)
  assert.deepEqual(turnedNumbers(2, 3, 3), transposed(rows, 3, 2))
  assert.ok(rows.every((x) => Math.abs(x) <= 0.05) && new Set(rows).size > 3)
  const all = numbers(30 * 70, 1, 1)
  assert.deepEqual(sampleTurned(transposed(all, 30, 70), 70, 30), sample(all))
  assert.deepEqual(block(5, 2, 3), { work: 'block', rows: 5, sizes: [2, 3] })
})

// --- ONNX ---

/** Reads a protobuf message as [field, value] pairs; a value is a number or bytes. */
function fields(bytes) {
  const out = []
  const at = { i: 0 }
  const varint = () => {
    let n = 0n
    for (let shift = 0n; ; shift += 7n) {
      const b = bytes[at.i++]
      n |= BigInt(b & 127) << shift
      if (b < 128) return Number(BigInt.asIntN(64, n))
    }
  }
  while (at.i < bytes.length) {
    const key = varint()
    const take = (n) => bytes.subarray(at.i, at.i += n)
    if ((key & 7) === 0) out.push([key >> 3, varint()])
    else if ((key & 7) === 5) out.push([key >> 3, take(4).readFloatLE()])
    else out.push([key >> 3, take(varint())])
  }
  return out
}

const all = (message, f) => message.filter(([g]) => g === f).map(([, value]) => value)
const texts = (message, f) => all(message, f).map(String)

test('a graph is written as ONNX reads it', () => {
  const graph = new Graph()
  const y = graph.op('MatMul', ['x', graph.weight('w', [2, 1], Float32Array.of(1, 2))])
  graph.op('LayerNormalization', [y], { attributes: { axis: -1, epsilon: 0.5, shape: [300, 4] } })
  const model = fields(Buffer.concat(graph.model([{ name: 'x', dims: ['rows', 2] }], { name: 'y', dims: ['rows', 1] })))
  assert.deepEqual(all(model, 1), [8])
  assert.deepEqual(all(model, 8).map((set) => [texts(fields(set), 1)[0], all(fields(set), 2)[0]]), [['', 17], ['com.microsoft', 1]])
  const body = fields(all(model, 7)[0])
  const nodes = all(body, 1).map(fields)
  assert.deepEqual(nodes.map((n) => [texts(n, 4)[0], texts(n, 1), texts(n, 2)]), [['MatMul', ['x', 'w'], ['MatMul_0']], ['LayerNormalization', ['MatMul_0'], ['y']]])
  const attributes = all(nodes[1], 5).map(fields)
  assert.deepEqual(attributes.map((a) => [texts(a, 1)[0], all(a, 20)[0]]), [['axis', 2], ['epsilon', 1], ['shape', 7]])
  assert.deepEqual([all(attributes[0], 3), all(attributes[1], 2), all(attributes[2], 8)], [[-1], [0.5], [300, 4]])
  const weight = fields(all(body, 5)[0])
  assert.deepEqual([all(weight, 1), all(weight, 2), texts(weight, 8)], [[2, 1], [1], ['w']])
  assert.deepEqual([all(weight, 9)[0].readFloatLE(0), all(weight, 9)[0].readFloatLE(4)], [1, 2])
})

test('an encoder of the reference model becomes a graph with all its tensors', () => {
  for (const family of ['bert', 'distilbert']) {
    const from = `core/encoder/testdata/${family}`
    const config = JSON.parse(readFileSync(`${from}/config.json`, 'utf8'))
    const layers = config.num_hidden_layers ?? config.n_layers
    for (const [webgpu, attentions, matrices] of [[false, layers, 3 * layers], [true, 0, 6 * layers]]) {
      const body = fields(all(fields(Buffer.concat(encoderModel(from, config, { webgpu }))), 7)[0])
      const types = all(body, 1).map((n) => texts(fields(n), 4)[0])
      const count = (type) => types.filter((t) => t === type).length
      assert.deepEqual([count('Attention'), count('BiasGelu'), count('SkipLayerNormalization'), count('MatMul')], [attentions, layers, 2 * layers, matrices])
      const given = new Set(['input_ids', ...all(body, 5).map((w) => texts(fields(w), 8)[0])])
      for (const node of all(body, 1).map(fields)) {
        assert.deepEqual(texts(node, 1).filter((name) => !given.has(name)), [], 'inputs that nothing gives')
        for (const name of texts(node, 2)) given.add(name)
      }
      assert.ok(given.has('hidden'))
    }
  }
})

test('an encoder of an unknown family is refused', () => {
  assert.throws(() => encoderModel('x', { model_type: 'gpt2' }), /gpt2 is unknown/)
})

// --- safetensors ---

test('tensors are written and read', () => {
  mkdirSync(`${folder}/a`)
  const file = `${folder}/a/model.safetensors`
  writeTensors(file, [{ name: 'p.a', shape: [2, 2], make: () => Float32Array.of(1, 2, 3, 4) }, { name: 'b', shape: [1], make: () => Float32Array.of(5) }])
  assert.deepEqual([...readTensors(file, 'p.')], [['a', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }], ['b', { shape: [1], data: Float32Array.of(5) }]])
  assert.equal(Number(readFileSync(file).readBigUInt64LE(0)) % 8, 0)
  assert.deepEqual(transposed(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3), Float32Array.of(1, 4, 2, 5, 3, 6))
  writeFileSync(file, '')
  assert.throws(() => readTensors(file))
})
