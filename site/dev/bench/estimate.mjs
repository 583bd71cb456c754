/**
 * What steps would take on graphics cards, by arithmetic: SwiftShader says nothing about a card. Products count as a third of a card's
 * peak, the optimizer as four fifths of its bandwidth. An estimate stands beside what was measured on the one card that was at hand.
 */

const CARDS = [
  { name: 'integrated, 5 TFLOP/s, 100 GB/s', tflops: 5, gbs: 100, gap: 20 },
  { name: 'discrete, 20 TFLOP/s, 450 GB/s', tflops: 20, gbs: 450, gap: 15 },
]

/** 16 sentences of 64 tokens, everything trainable. GFLOP of a step is three times that of a forward pass. */
const STEPS = [
  { what: 'MiniLM step 16×64, none', gflop: 65, parameters: 22.7e6, dispatches: 190 },
  { what: 'DistilBERT step 16×64, none', gflop: 265, parameters: 66.4e6, dispatches: 185 },
]

/** Milliseconds a step measured with TestMeasure of wasm/webgpu: Dawn in Node, November 2026, driver 580.159. */
const MEASURED = { name: 'measured on an NVIDIA H200', ms: [12.7, 20.6] }

const SHARE = 1 / 3
const BYTES = 28 // that the optimizer moves for a parameter
const REST = 1.05 // norms, embeddings, element-wise kernels

/** Milliseconds. */
export function estimate({ gflop, parameters, dispatches }, { tflops, gbs, gap }) {
  return REST * gflop / (tflops * SHARE) + BYTES * parameters / (0.8 * gbs * 1e6) + dispatches * gap / 1e3
}

/** Objects for --json. */
export function estimates() {
  return STEPS.map((step, i) => ({ what: step.what, estimates: Object.fromEntries(CARDS.map((card) => [card.name, Math.round(estimate(step, card))])), [MEASURED.name]: MEASURED.ms[i] }))
}

/** @returns {string[]} */
export function estimateLines() {
  return ['', 'Graphics cards: estimates (a third of the peak in products), not measured here, beside one card that was measured', ...STEPS.map((step, i) => {
    const cells = CARDS.map((card) => `${card.name}: about ${Math.round(estimate(step, card))} ms`)
    return `${step.what}   ${cells.join('   ')}   ${MEASURED.name}: ${MEASURED.ms[i]} ms`
  })]
}
