/**
 * Times every kernel that a WebGPU device runs in Node, by the device's own clock: THAW_PROFILE=1 with site/dev/gpu-exec.mjs. Each
 * dispatch gets a pass of its own, so whole steps take longer than without. Sums are kept by phase, which the measured program
 * puts into globalThis.gpuPhase, and by kernel and grid; they are printed when the process ends, one object of JSON a phase.
 */
const TIMES = 4096 // of a query set, as many as WebGPU allows
const BYTES = 8

/** Dispatches and milliseconds by kernel. @type {Map<string, Map<string, { n: number, ms: number }>>} */
const phases = new Map()

/** @param {any} gpu navigator.gpu */
export function profiled(gpu) {
  const requestAdapter = gpu.requestAdapter.bind(gpu)
  gpu.requestAdapter = async (/** @type {any} */ options) => {
    const adapter = await requestAdapter(options)
    if (!adapter?.features.has('timestamp-query')) return adapter
    const requestDevice = adapter.requestDevice.bind(adapter)
    adapter.requestDevice = async (/** @type {any} */ wanted) => watched(await requestDevice({ ...wanted, requiredFeatures: ['timestamp-query'] }))
    return adapter
  }
  process.on('exit', print)
  process.on('SIGTERM', () => process.exit(1)) // what was timed until then counts
  return gpu
}

/** @param {any} device */
function watched(device) {
  const set = device.createQuerySet({ type: 'timestamp', count: TIMES })
  const createCommandEncoder = device.createCommandEncoder.bind(device)
  device.createCommandEncoder = () => new Encoder(device, set, createCommandEncoder())
  return device
}

function print() {
  for (const [phase, kernels] of phases) {
    const sorted = [...kernels].sort(([, a], [, b]) => b.ms - a.ms)
    const total = sorted.reduce((sum, [, { ms }]) => sum + ms, 0)
    console.log(JSON.stringify({ measure: 'profile', phase, ms: total, kernels: sorted.map(([kernel, { n, ms }]) => [kernel, n, Number(ms.toPrecision(4))]) }))
  }
}

/** What gpu.js asks of a command encoder. */
class Encoder {
  /** @type {string[]} */ names = []

  constructor(device, set, real) { Object.assign(this, { device, set, real }) }

  beginComputePass() { return new Pass(this) }
  copyBufferToBuffer(...args) { this.real.copyBufferToBuffer(...args) }

  /** The descriptor of the pass of one dispatch. @param {string} name */
  timed(name) {
    const at = 2 * this.names.push(name)
    return { timestampWrites: { querySet: this.set, beginningOfPassWriteIndex: at - 2, endOfPassWriteIndex: at - 1 } }
  }

  finish() {
    const { device, real, set, names } = this
    const { gpuPhase: phase } = globalThis
    if (names.length === 0 || !phase) return real.finish()
    const size = 2 * BYTES * names.length
    const resolved = device.createBuffer({ size, usage: 0x200 | 4 })
    const host = device.createBuffer({ size, usage: 1 | 8 })
    real.resolveQuerySet(set, 0, 2 * names.length, resolved, 0)
    real.copyBufferToBuffer(resolved, 0, host, 0, size)
    queueMicrotask(() => read(host, phase, names).finally(() => resolved.destroy())) // once it was submitted
    return real.finish()
  }
}

async function read(host, phase, names) {
  await host.mapAsync(1)
  const times = new BigUint64Array(host.getMappedRange())
  if (!phases.has(phase)) phases.set(phase, new Map())
  const kernels = phases.get(phase)
  names.forEach((name, i) => {
    const sum = kernels.get(name) ?? { n: 0, ms: 0 }
    kernels.set(name, sum)
    sum.n++
    sum.ms += Number(times[2 * i + 1] - times[2 * i]) / 1e6
  })
  host.destroy()
}

/** A pass that becomes one of its own for each dispatch. */
class Pass {
  bound = []

  constructor(encoder) { this.encoder = encoder }

  setPipeline(pipeline) { this.pipeline = pipeline }
  setBindGroup(index, ...args) { this.bound[index] = index === 0 ? args : [args[0], [args[1][args[2]]]] }

  dispatchWorkgroups(x, y, z) {
    const { encoder, pipeline } = this
    const pass = encoder.real.beginComputePass(encoder.timed(`${pipeline.label} ${x}x${y}x${z}`))
    pass.setPipeline(pipeline)
    this.bound.forEach((args, index) => pass.setBindGroup(index, ...args))
    pass.dispatchWorkgroups(x, y, z)
    pass.end()
  }

  end() {}
}
