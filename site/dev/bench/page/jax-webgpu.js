/** jax-js on its WebGPU device. Its jit fuses what is around a product, so that products run eagerly, as they do on its other devices here. */
import { WEIGHT_SCALE, numbers, sample, turnedNumbers } from './numbers.js'
import { block, matrix, worker } from './jax.js'

export async function open() {
  const jax = await import('/peers/@jax-js/jax/dist/index.js')
  await jax.init('webgpu')
  jax.defaultDevice('webgpu')
  return worker(jax, (job) => (job.work === 'block' ? block(jax, job) : product(jax, job)))
}

/** One product. A weight that does not change lies as jax-js likes it. */
function product(jax, { layout, rows: m, sizes: [n, k] }) {
  const { numpy } = jax
  const x = matrix(jax, numbers(m * k, 0, 1), layout === 'tn' ? [k, m] : [m, k])
  const w = matrix(jax, layout === 'nt' ? turnedNumbers(k, n, 1) : numbers(n * k, 1, WEIGHT_SCALE), [k, n])
  return {
    run: () => jax.blockUntilReady(numpy.matmul(layout === 'tn' ? numpy.transpose(x.ref) : x.ref, w.ref)),
    sample: async (y) => sample(await y.data()),
    free() { for (const array of [x, w]) array.dispose() },
  }
}
