/** Operands that wasm/bench makes too, and samples of results. */

export const SAMPLES = 64
export const WEIGHT_SCALE = 0.05

/** n numbers between -scale and scale. @param {number} n @param {number} seed @param {number} scale */
export function numbers(n, seed, scale) {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = scale * ((i * 7919 + seed * 104729) % 2003 / 1001 - 1)
  return out
}

/** The weights [out, inner] of that seed as [inner, out]. @param {number} inner @param {number} out @param {number} seed */
export function turnedNumbers(inner, out, seed) {
  const rows = numbers(inner * out, seed, WEIGHT_SCALE)
  const data = new Float32Array(inner * out)
  for (let i = 0; i < out; i++) for (let j = 0; j < inner; j++) data[j * out + i] = rows[i * inner + j]
  return data
}

/** Numbers evenly spread over a result. @param {Float32Array} all */
export function sample(all) { return Array.from({ length: SAMPLES }, (_, i) => all[Math.floor(i * all.length / SAMPLES)]) }

/** The same of a result that lies turned, [inner, out] for [out, inner]. @param {Float32Array} all @param {number} inner @param {number} out */
export function sampleTurned(all, inner, out) {
  return Array.from({ length: SAMPLES }, (_, i) => {
    const at = Math.floor(i * all.length / SAMPLES)
    return all[at % inner * out + Math.floor(at / inner)]
  })
}
