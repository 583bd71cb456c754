/** onnxruntime-web on its WebAssembly provider, threads as asked, all optimisations of the graph. */
import { numbers, sample } from './numbers.js'

const PLACE = new URL('/peers/onnxruntime-web/dist/', location.href).href

/** @param {{ threads: number }} options */
export async function open({ threads }) {
  const ort = await import(`${PLACE}ort.wasm.bundle.min.mjs`)
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = PLACE
  const kept = { key: '', session: /** @type {any} */ (undefined), feeds: {} }

  /** The session of a job and its input; that of the job before is let go. */
  async function prepare(job) {
    const key = JSON.stringify([job.file, job.rows, job.ids])
    if (kept.key === key) return
    await kept.session?.release()
    kept.session = await ort.InferenceSession.create(job.file, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
    kept.feeds = job.work === 'forward' ? idsOf(ort, job.ids) : { x: new ort.Tensor('float32', numbers(job.rows * job.sizes[0], 0, 1), [job.rows, job.sizes[0]]) }
    kept.key = key
  }

  return {
    version: ort.env.versions.web,
    async run(job) {
      await prepare(job)
      const ms = []
      let out
      for (let i = 0; i < job.repeat; i++) {
        const began = performance.now()
        out = Object.values(await kept.session.run(kept.feeds))[0]
        ms.push(performance.now() - began)
      }
      return { ms, sample: job.work === 'forward' ? sample(means(out)) : sample(out.data) }
    },
  }
}

export function idsOf(ort, ids) {
  return { input_ids: new ort.Tensor('int64', BigInt64Array.from(ids.flat(), BigInt), [ids.length, ids[0].length]) }
}

/** Means over the tokens of each sentence, as thaw pools them. */
export function means({ data, dims: [batch, length, h] }) {
  const out = new Float32Array(batch * h)
  for (let i = 0; i < data.length; i++) out[Math.floor(i / (length * h)) * h + i % h] += data[i] / length
  return out
}
