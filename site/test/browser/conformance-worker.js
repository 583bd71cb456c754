/** Runs a compiled Go test on this browser's WebGPU and sends its exit code and what it has printed. */
import './wasm/wasm_exec.js'
import { openGpu } from './site/worker/gpu.js'

self.onmessage = async ({ data: { run } }) => {
  const lines = []
  console.log = (line) => { lines.push(String(line)) } // where Go's standard output goes
  const go = new globalThis.Go()
  go.argv = ['webgpu.test', '-test.v', '-test.run', run]
  go.env = { THAW_WEBGPU: 'required' }
  let code = 0
  go.exit = (c) => { code = c }
  const { instance } = await WebAssembly.instantiateStreaming(fetch('./webgpu.test.wasm'), go.importObject)
  globalThis.openGpu = () => openGpu(instance.exports.mem)
  await go.run(instance)
  self.postMessage({ code, lines })
  self.close() // a timer of Go's may still be set
}
