/**
 * onnxruntime-web on its WebGPU provider: the bundle with the native provider, weights inside the graph, inputs and outputs in buffers of the
 * device. A time ends when the device is done, as thaw's does.
 */
import { WEIGHT_SCALE, numbers, sample } from './numbers.js'
import { idsOf, means } from './ort.js'

const PLACE = new URL('/peers/onnxruntime-web/dist/', location.href).href

export async function open() {
  const ort = await import(`${PLACE}ort.webgpu.bundle.min.mjs`)
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmPaths = PLACE
  const kept = { key: '', session: /** @type {any} */ (undefined), feeds: {}, device: /** @type {any} */ (undefined) }

  async function prepare(job) {
    const key = JSON.stringify([job.file, job.rows, job.ids])
    if (kept.key === key) return
    await kept.session?.release()
    kept.session = await ort.InferenceSession.create(job.file, { executionProviders: ['webgpu'], graphOptimizationLevel: 'all', preferredOutputLocation: 'gpu-buffer' })
    kept.device = await ort.env.webgpu.device
    kept.feeds = job.work === 'forward' ? idsOf(ort, job.ids) : operands(ort, kept.device, job)
    kept.key = key
  }

  return {
    version: ort.env.versions.web,
    async run(job) {
      await prepare(job)
      const ms = []
      let some = []
      for (let i = 0; i < job.repeat; i++) {
        const began = performance.now()
        const out = Object.values(await kept.session.run(kept.feeds))[0]
        await kept.device.queue.onSubmittedWorkDone()
        ms.push(performance.now() - began)
        const data = await out.getData()
        some = job.work === 'forward' ? sample(means({ data, dims: out.dims })) : sample(data)
        out.dispose()
      }
      return { ms, sample: some }
    },
  }
}

/** The inputs of a product, on the device: the left operand, and the right one where it is no weight. */
function operands(ort, device, { layout, rows: m, sizes: [n, k] }) {
  const turned = layout === 'tn'
  const feeds = { x: onDevice(ort, device, numbers(m * k, 0, 1), turned ? [k, m] : [m, k]) }
  return turned ? { ...feeds, w: onDevice(ort, device, numbers(n * k, 1, WEIGHT_SCALE), [k, n]) } : feeds
}

function onDevice(ort, device, data, dims) {
  const buffer = device.createBuffer({ size: data.byteLength, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC })
  device.queue.writeBuffer(buffer, 0, data)
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims, dispose: () => buffer.destroy() })
}
