/** The jobs that are measured, the same for every contestant. */
import { readFileSync } from 'node:fs'

const TASKS = [
  { name: 'topic', kind: 'single-label', weight: 1, labels: ['world', 'sports', 'business', 'sci/tech'] },
  { name: 'sentiment', kind: 'single-label', weight: 1, labels: ['negative', 'positive'] },
]

const VOCABULARY = 'weights/cache/minilm/vocab.txt'

/** Words that are one token each, with their ids. */
function words() {
  const lines = readFileSync(VOCABULARY, 'utf8').split('\n')
  const id = (word) => lines.indexOf(word)
  return { all: lines.map((word, i) => ({ word, id: i })).filter(({ word }) => /^[a-z]{3,}$/.test(word)), cls: id('[CLS]'), sep: id('[SEP]') }
}

/** Sentences of the given lengths in tokens, the first and last of each being [CLS] and [SEP]. @param {number[]} lengths */
export function sentences(lengths) {
  const { all, cls, sep } = words()
  const state = { at: 1 }
  const next = () => {
    state.at = state.at * 48271 % 2147483647
    return all[state.at % all.length]
  }
  const chosen = lengths.map((n) => Array.from({ length: n - 2 }, next))
  return {
    texts: chosen.map((row) => row.map(({ word }) => word).join(' ')),
    ids: chosen.map((row) => [cls, ...row.map(({ id }) => id), sep]),
    maxLength: Math.max(...lengths),
    tokens: lengths.reduce((a, b) => a + b, 0),
  }
}

/** n sentences of one length. @param {number} n @param {number} length */
export function equal(n, length) { return sentences(Array.from({ length: n }, () => length)) }

/** Sentences of 5 to 60 tokens, each length as often as any. */
export function mixed() { return sentences(Array.from({ length: 32 }, (_, i) => 5 + (i * 23 + 11) % 56)) }

/** Sentences as people write them, to be turned into ids. */
export function tokenize(model) {
  const texts = ['topic', 'sentiment'].flatMap((name) => readFileSync(`core/synth/grammar/natural/${name}.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line).text))
  return { work: 'tokenize', model, texts, maxLength: 128 }
}

/** @param {string} model @param {ReturnType<typeof sentences>} text */
export function forward(model, text) { return { work: 'forward', model, file: `/models/${model}.onnx`, ...text } }

/** A training step of two mean-pooled heads. cached says whether the outputs of frozen layers are kept between steps. */
export function step(model, text, freeze, cached = false) {
  const labels = text.texts.map((_, i) => Object.fromEntries(TASKS.map((t) => [t.name, t.labels[i % t.labels.length]])))
  return { work: 'step', model, ...text, labels, tasks: TASKS, freeze, cacheBytes: cached ? 2 ** 29 : 0 }
}

/** Products one behind the other: x [rows, sizes[0]] and a weight from each size to the next. @param {number} rows @param {number[]} sizes */
export function products(rows, sizes) { return { work: 'products', rows, sizes, file: `/made/products-${[rows, ...sizes].join('-')}.onnx` } }

/** One product y [m, n] over k, in a layout: nt is x wᵀ, nn x w, tn xᵀ w. */
export function product(layout, m, n, k) { return { work: 'product', layout, rows: m, sizes: [n, k], file: `/made/product-${[layout, m, n, k].join('-')}.onnx` } }

/** The gradient of a feed-forward block. @param {number} rows @param {number} h @param {number} f */
export function block(rows, h, f) { return { work: 'block', rows, sizes: [h, f] } }

/** Billions of operations of a job of products or of one, two a multiplication and addition. */
export function gflop({ rows, sizes }) { return sizes.slice(1).reduce((sum, n, i) => sum + 2 * rows * n * sizes[i], 0) / 1e9 }
