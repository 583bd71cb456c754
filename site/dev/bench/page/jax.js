/**
 * jax-js on its WebAssembly device, eager, which is its quickest way for these jobs: its jit fuses the GELU into the products and loses.
 * It takes as many threads as the browser says there are processors, and one where there is no shared memory.
 */
import { WEIGHT_SCALE, numbers, sample, sampleTurned, turnedNumbers } from './numbers.js'

/** @param {{ threads: number }} options */
export async function open({ threads }) {
  if (threads === 1) Reflect.deleteProperty(globalThis, 'SharedArrayBuffer')
  else Object.defineProperty(navigator, 'hardwareConcurrency', { value: threads })
  const jax = await import('/peers/@jax-js/jax/dist/index.js')
  await jax.init('wasm')
  jax.defaultDevice('wasm')
  return worker(jax, (job) => (job.work === 'block' ? block(jax, job) : products(jax, job)))
}

/** Runs jobs. @param {any} jax @param {(job: any) => any} make makes the operands of one */
export function worker(jax, make) {
  const kept = { key: '', work: /** @type {any} */ (undefined) }
  return {
    version: '',
    async run(job) {
      const key = JSON.stringify({ ...job, repeat: 0 })
      if (kept.key !== key) {
        kept.work?.free()
        kept.work = make(job)
        kept.key = key
      }
      const ms = []
      let some = []
      for (let i = 0; i < job.repeat; i++) {
        const began = performance.now()
        const result = await kept.work.run()
        ms.push(performance.now() - began)
        some = await kept.work.sample(result) // which also frees the result
      }
      return { ms, sample: some }
    },
  }
}

export function matrix(jax, data, shape) { return jax.numpy.array(data).reshape(shape) }

function products(jax, { rows, sizes }) {
  const x = matrix(jax, numbers(rows * sizes[0], 0, 1), [rows, sizes[0]])
  const weights = sizes.slice(1).map((n, i) => matrix(jax, turnedNumbers(sizes[i], n, i + 1), [sizes[i], n]))
  return {
    run() {
      const y = weights.reduce((left, w) => jax.numpy.matmul(left, w.ref), x.ref)
      return jax.blockUntilReady(y)
    },
    sample: async (y) => sample(await y.data()),
    free() { for (const array of [x, ...weights]) array.dispose() },
  }
}

/** The gradient of Σ y²/2 by the weights and biases of y = gelu(x w1 + b1) w2 + b2. */
export function block(jax, { rows, sizes: [h, f] }) {
  const np = jax.numpy
  const x = matrix(jax, numbers(rows * h, 0, 1), [rows, h])
  const params = [
    matrix(jax, turnedNumbers(h, f, 1), [h, f]), np.array(numbers(f, 2, WEIGHT_SCALE)),
    matrix(jax, turnedNumbers(f, h, 3), [f, h]), np.array(numbers(h, 4, WEIGHT_SCALE)),
  ]
  const loss = ([w1, b1, w2, b2], input) => {
    const wide = jax.nn.gelu(np.matmul(input, w1).add(b1), { approximate: false })
    const y = np.matmul(wide, w2).add(b2)
    return np.square(y).sum().mul(0.5)
  }
  const gradient = jax.grad(loss)
  return {
    run: () => jax.blockUntilReady(gradient(params.map((p) => p.ref), x.ref)),
    async sample([w1, b1, w2, b2]) {
      return [sampleTurned(await w1.data(), h, f), sample(await b1.data()), sampleTurned(await w2.data(), f, h), sample(await b2.data())].flat()
    },
    free() { for (const array of [x, ...params]) array.dispose() },
  }
}
