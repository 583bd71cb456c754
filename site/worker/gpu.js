/**
 * The JavaScript half of the WebGPU backend: it plays what Go has recorded. wasm/webgpu writes a plan of words into its
 * memory and crosses once; everything the browser has to be asked for happens here. The words are those of
 * wasm/webgpu/plan.go, which opens with the same list.
 *
 *   0 ALLOC buffer bytes                    1 FREE buffer
 *   2 WRITE buffer to from bytes            from an offset in the payload
 *   3 GROUP group count writes buffer…      a bind group; bit i of writes says that buffer i is written
 *   4 PASS                                  5 END of a pass
 *   6 PIPE pipeline                         7 BIND group
 *   8 SLOT offset                           the uniforms of what follows
 *   9 DISPATCH x y z                       10 COPY from at to at bytes
 *  11 SUBMIT
 */

/** Buffers that every plan uses: uniforms, and tables made on the host. */
const UNIFORMS = 0
const TABLES = 1

const SLOT_BYTES = 256
const STAGING_BYTES = 4 << 20
const PATIENCE_MS = 100

/** The cache that keeps what was measured. */
const KEPT = 'thaw-gpu'

/** Limits worth asking for more of than every device has. */
const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize']

/**
 * Opens the device that the browser likes best.
 *
 * @param {WebAssembly.Memory} memory Go's
 * @returns {Promise<Gpu | null>} null where there is none
 */
export async function openGpu(memory) {
  const gpu = /** @type {any} */ (globalThis.navigator)?.gpu
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) return null
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]))
  return new Gpu(memory, adapter, await adapter.requestDevice({ requiredLimits }))
}

export class Gpu {
  /** @type {any[]} */ buffers = []
  /** @type {any[]} */ groups = []
  /** @type {any[]} */ pipes = []
  /** Layouts of group 0 by their number of buffers and which of them are written. @type {Map<number, any>} */ layouts = new Map()
  /** Answers to error scopes that are not there yet. @type {Promise<any>[]} */ scopes = []
  /** The reads that were asked for, one behind the other, for they share what they are mapped in. @type {Promise<any>} */ reads = Promise.resolve()
  /** The first thing that went wrong. */ fault = ''
  /** Why the device is gone, '' while it is there. */ lost = ''
  /** What a step costs: plans that crossed, submits, dispatches, objects made. */
  count = { plans: 0, submits: 0, dispatches: 0, made: 0 }

  /** @param {WebAssembly.Memory} memory @param {any} adapter @param {any} device */
  constructor(memory, adapter, device) {
    this.memory = memory
    this.device = device
    this.info = adapter.info ?? {}
    this.shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
    this.uniformLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: 4, buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: SLOT_BYTES } }],
    })
    this.staging = device.createBuffer({ size: STAGING_BYTES, usage: 1 | 8 })
    device.lost.then((/** @type {any} */ l) => { this.lost = this.closed ? '' : l.message || l.reason || 'no reason given' })
    device.addEventListener?.('uncapturederror', (/** @type {any} */ e) => this.blame(e.error))
  }

  /** @param {any} error */
  blame(error) { if (error && !this.fault) this.fault = error.message || String(error) }

  /** The largest buffer that a kernel can be given, in bytes. */
  largest() { return Math.min(this.device.limits.maxStorageBufferBindingSize, this.device.limits.maxBufferSize) }

  /** Who made it and what it is. */
  adapterName() {
    const { vendor, architecture, device, description } = this.info
    return [...new Set([vendor, architecture, device, description])].filter(Boolean).join(' ')
  }

  /** @param {number} count @param {number} writes */
  layout(count, writes) {
    const key = count << 16 | writes
    if (!this.layouts.has(key)) {
      const entries = Array.from({ length: count }, (_, binding) => (
        { binding, visibility: 4, buffer: { type: writes >> binding & 1 ? 'storage' : 'read-only-storage' } }))
      this.layouts.set(key, this.device.createBindGroupLayout({ entries }))
    }
    return this.layouts.get(key)
  }

  /**
   * Compiles a kernel.
   *
   * @param {number} id
   * @param {string} label
   * @param {string} code
   * @param {number} count
   * @param {number} writes
   */
  pipeline(id, label, code, count, writes) {
    const { device } = this
    device.pushErrorScope('validation')
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.layout(count, writes), this.uniformLayout] })
    const module = device.createShaderModule({ label, code })
    this.pipes[id] = device.createComputePipeline({ label, layout, compute: { module, entryPoint: 'main' } })
    this.count.made++
    this.scopes.push(device.popErrorScope())
  }

  /** Go's memory; it may have grown, so it is taken anew. @param {number} at @param {number} bytes */
  view(at, bytes) {
    const v = new Uint8Array(this.memory.buffer, at, bytes)
    return this.shared ? v.slice() : v
  }

  /**
   * Plays one plan and, if asked, waits or reads. The header holds where the plan lies: the address and length of head, words,
   * uniforms, tables and payload, lengths in words; then what to do afterwards: 0 nothing, 1 wait, 2 read, with buffer, offset, bytes
   * and destination. Asked to wait or read, it calls done with the plan's number and what has gone wrong.
   *
   * @param {number} at
   * @param {number} number
   * @param {(number: number, fault: string) => void} done
   */
  run(at, number, done) {
    const h = new Uint32Array(this.view(at, 64).slice().buffer)
    this.count.plans++
    try {
      if (!this.lost) this.play(h)
    } catch (error) {
      this.blame(error)
    }
    if (h[10] === 0) return
    this.finish(h).catch((error) => this.settled(error)).then(() => done(number, this.verdict()))
  }

  /** Of a lost device the first that is heard may be a read that fails, so an error waits for what it may be a part of. @param {any} error */
  async settled(error) {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
    this.blame(error)
  }

  /** What has gone wrong since the last time, '' for nothing. */
  verdict() {
    const f = this.lost ? `lost: ${this.lost}` : this.fault
    this.fault = ''
    return f
  }

  /** @param {Uint32Array} h */
  async finish(h) {
    if (this.lost) return
    if (h[10] === 2) await (this.reads = this.reads.catch(() => {}).then(() => this.read(h[11], h[12], h[13], h[14])))
    else await this.device.queue.onSubmittedWorkDone()
    const scopes = this.scopes
    this.scopes = []
    for (const error of await Promise.all(scopes)) this.blame(error)
  }

  /** Copies a buffer into Go's memory, a piece at a time. @param {number} buffer @param {number} from @param {number} bytes @param {number} to */
  async read(buffer, from, bytes, to) {
    const { device, staging } = this
    for (let at = 0; at < bytes; at += STAGING_BYTES) {
      const n = Math.min(STAGING_BYTES, bytes - at)
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(this.buffers[buffer], from + at, staging, 0, n)
      device.queue.submit([encoder.finish()])
      await staging.mapAsync(1, 0, n)
      new Uint8Array(this.memory.buffer, to + at, n).set(new Uint8Array(staging.getMappedRange(0, n)))
      staging.unmap()
    }
  }

  /** @param {Uint32Array} h */
  play(h) {
    const { device } = this
    const { queue } = device
    device.pushErrorScope('validation')
    const payload = h[8]
    this.words(new Uint32Array(this.view(h[0], 4 * h[1]).slice().buffer), payload)
    if (h[5]) queue.writeBuffer(this.buffers[UNIFORMS], 0, this.view(h[4], 4 * h[5]))
    if (h[7]) queue.writeBuffer(this.buffers[TABLES], 0, this.view(h[6], 4 * h[7]))
    this.words(new Uint32Array(this.view(h[2], 4 * h[3]).slice().buffer), payload)
    this.scopes.push(device.popErrorScope())
  }

  /** @param {Uint32Array} p @param {number} payload */
  words(p, payload) {
    const { device, buffers, groups, pipes, count } = this
    const { queue } = device
    /** @type {any} */ let encoder = null
    /** @type {any} */ let pass = null
    const begun = () => { encoder ??= device.createCommandEncoder(); return encoder }
    let i = 0
    while (i < p.length) {
      switch (p[i++]) {
        case 0: this.alloc(p[i], p[i + 1]); i += 2; break
        case 1: buffers[p[i]]?.destroy(); buffers[p[i++]] = null; break
        case 2: queue.writeBuffer(buffers[p[i]], p[i + 1], this.view(payload + p[i + 2], p[i + 3])); i += 4; break
        case 3: this.group(p[i], p[i + 2], Array.from(p.subarray(i + 3, i + 3 + p[i + 1]))); i += 3 + p[i + 1]; break
        case 4: pass = begun().beginComputePass(); break
        case 5: pass.end(); break
        case 6: pass.setPipeline(pipes[p[i++]]); break
        case 7: pass.setBindGroup(0, groups[p[i++]]); break
        case 8: pass.setBindGroup(1, this.uniforms, p, i++, 1); break
        case 9: pass.dispatchWorkgroups(p[i], p[i + 1], p[i + 2]); i += 3; count.dispatches++; break
        case 10: begun().copyBufferToBuffer(buffers[p[i]], p[i + 1], buffers[p[i + 2]], p[i + 3], p[i + 4]); i += 5; break
        case 11: if (encoder) { queue.submit([encoder.finish()]); count.submits++; encoder = null } break
        default: throw new Error(`gpu.js: word ${i - 1} of a plan is ${p[i - 1]}, which is no operation`)
      }
    }
  }

  /** @param {number} id @param {number} bytes */
  alloc(id, bytes) {
    const { device } = this
    this.count.made++
    device.pushErrorScope('out-of-memory')
    // Kernels read and write it, copies go in and out; the uniforms are read by no kernel as storage.
    this.buffers[id] = device.createBuffer({ size: bytes, usage: id === UNIFORMS ? 64 | 8 : 128 | 4 | 8 })
    this.scopes.push(device.popErrorScope())
    if (id !== UNIFORMS) return
    this.uniforms = device.createBindGroup({ layout: this.uniformLayout, entries: [{ binding: 0, resource: { buffer: this.buffers[id], size: SLOT_BYTES } }] })
  }

  /** @param {number} id @param {number} writes @param {number[]} buffers */
  group(id, writes, buffers) {
    this.count.made++
    const entries = buffers.map((b, binding) => ({ binding, resource: { buffer: this.buffers[b] } }))
    this.groups[id] = this.device.createBindGroup({ layout: this.layout(buffers.length, writes), entries })
  }

  /** Where the choice of kernels is kept: what is quick depends on the card, on its driver and on the browser's version. */
  get place() { return `/gpu/${encodeURIComponent(`${this.adapterName()} ${globalThis.navigator?.userAgent ?? ''}`)}` }

  /** The choice of kernels that was kept for this card and browser, '' for none. @returns {Promise<string>} */
  async recall() {
    try {
      return await (await (await caches.open(KEPT)).match(this.place))?.text() ?? ''
    } catch {
      return '' // no storage: it is measured again
    }
  }

  /** Keeps it. @param {string} choice */
  async keep(choice) {
    try {
      await (await caches.open(KEPT)).put(this.place, new Response(choice))
    } catch {
      // The same.
    }
  }

  /** Loses the device, as a driver may; tests use it. */
  lose() { this.device.destroy() }

  close() {
    this.closed = true
    this.device.destroy()
  }
}
