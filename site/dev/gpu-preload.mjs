/**
 * Gives plain Node what a page has: navigator.gpu, through Dawn (the npm package webgpu), and openGpu with Go's memory, as worker.js
 * does. Loaded with --import before Go's wasm_exec_node.js; site/dev/gpu-exec.mjs does that.
 */
import { openGpu } from '../worker/gpu.js'
import { profiled } from './gpu-profile.mjs'

/** @type {WebAssembly.Memory} */
let memory

const instantiate = WebAssembly.instantiate
WebAssembly.instantiate = async (bytes, imports) => {
  const result = await instantiate(bytes, imports)
  memory = result.instance.exports.mem
  return result
}

// wasm-preload.cjs has emptied the environment but for what begins with THAW_.
if (process.env.THAW_VULKAN) process.env.VK_DRIVER_FILES = process.env.THAW_VULKAN

const { create, globals } = await import('webgpu')
Object.assign(globalThis, globals)
// Dawn ends the process once its instance has been collected, so it is kept.
const gpu = process.env.THAW_PROFILE ? profiled(create(['disable-dawn-features=timestamp_quantization'])) : create([])
Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true })
globalThis.openGpu = () => openGpu(memory)
