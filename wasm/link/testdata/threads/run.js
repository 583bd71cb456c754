// Runs a Go program on a shared memory with one helper thread:
//   node run.js WASM_EXEC_JS SHARED_WASM HELPER_WASM MIN_PAGES
import { webcrypto } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { Worker } from 'node:worker_threads'

v8.setFlagsFromString('--experimental-wasm-relaxed-simd') // for Node 20; later ones know it without

// Places in the control block that both threads see.
const START = 0, DONE = 1, TASK = 2, PART = 3, STACK = 4, SIZE = 5, TRAPPED = 6

// Some calls refuse views of a shared memory, so wasm_exec.js gets versions that copy such a view first.
const copied = view => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
globalThis.TextDecoder = class extends TextDecoder {
  decode(view) { return view ? super.decode(copied(view)) : super.decode() }
}
globalThis.fs = { ...fs, writeSync: (fd, view) => fs.writeSync(fd, copied(view)) }
const getRandomValues = view => { view.set(webcrypto.getRandomValues(copied(view))); return view }
Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues }, configurable: true })

const [wasmExec, shared, helper, minPages] = process.argv.slice(2)
globalThis.path = path
vm.runInThisContext(fs.readFileSync(wasmExec, 'utf8'), wasmExec)

const memory = new WebAssembly.Memory({ initial: Number(minPages), maximum: 16384, shared: true })
const control = new Int32Array(new SharedArrayBuffer(64))
const workerData = { memory, control, code: fs.readFileSync(helper) }
const worker = new Worker(new URL('helper.js', import.meta.url), { workerData })
await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))

let sequence = 0
const go = new Go()
go.exit = code => process.exit(code)
go.importObject.env = { memory }
go.importObject.thr = {
  stack(base, size) { control[STACK] = base; control[SIZE] = size },
  start(task, part) {
    control[TASK] = task; control[PART] = part
    Atomics.store(control, START, ++sequence); Atomics.notify(control, START)
  },
  wait() {
    while (Atomics.load(control, DONE) !== sequence) Atomics.wait(control, DONE, sequence - 1, 1000)
    return control[TRAPPED]
  },
}
const { instance } = await WebAssembly.instantiate(fs.readFileSync(shared), go.importObject)
await go.run(instance)
await worker.terminate()
