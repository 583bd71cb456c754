import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { adaptExec } from '../dev/adapt-exec.mjs'

const root = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).stdout.trim()
const original = readFileSync(path.join(root, 'lib', 'wasm', 'wasm_exec.js'), 'utf8')

/** Runs the loader with an instance whose memory is shared, where some calls refuse views as browsers do. */
function load(source) {
  const refuse = (view) => { if (view?.buffer instanceof SharedArrayBuffer) throw new TypeError('a view of a shared memory') }
  const written = []
  const scope = {
    performance, console, TextEncoder, SharedArrayBuffer, Uint8Array, DataView, Int32Array, Reflect, Map, Date,
    TextDecoder: class { decode(view) { refuse(view); return new TextDecoder().decode(view) } },
    crypto: { getRandomValues(view) { refuse(view); return view.fill(7) } },
    fs: { writeSync(fd, view) { refuse(view); written.push([fd, Buffer.from(view).toString()]) } },
  }
  scope.globalThis = scope
  vm.runInNewContext(source, scope)
  const go = new scope.Go()
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true })
  go._inst = { exports: { mem: memory, getsp: () => 0 } }
  go._values = []
  go._ids = new Map()
  go._idPool = []
  go._goRefCounts = []
  go.importObject.gojs['runtime.resetMemoryDataView'](0)
  return { go, memory, written, call: (name) => go.importObject.gojs[name](0) }
}

/** Puts (address, length) of a piece of memory at a place. */
function slice(memory, at, address, length) {
  new BigInt64Array(memory.buffer, at, 2).set([BigInt(address), BigInt(length)])
}

test('the loader of this toolchain works on a shared memory once it is adapted', () => {
  const { go, memory, written, call } = load(adaptExec(original))
  new Uint8Array(memory.buffer).set(Buffer.from('snow'), 512)
  slice(memory, 8, 512, 4)
  call('syscall/js.stringVal')
  assert.deepEqual(go._values, ['snow'])
  call('runtime.getRandomData')
  assert.deepEqual(Array.from(new Uint8Array(memory.buffer, 511, 6)), [0, 7, 7, 7, 7, 0])
  new Uint8Array(memory.buffer).set(Buffer.from('melt'), 512)
  new BigInt64Array(memory.buffer, 8, 3).set([2n, 512n, 4n])
  call('runtime.wasmWrite')
  assert.deepEqual(written, [[2, 'melt']])
  memory.grow(1)
  call('runtime.resetMemoryDataView')
  assert.equal(go.mem.byteLength, 2 * 65536)
})

test('the loader as it comes does not', () => {
  const { memory, call } = load(original)
  slice(memory, 8, 512, 4)
  assert.throws(() => call('syscall/js.stringVal'), /shared memory/)
  assert.throws(() => call('runtime.getRandomData'), /shared memory/)
})

test('another loader is refused by name', () => {
  assert.throws(() => adaptExec(original.replace('crypto.getRandomValues(', 'crypto.getValues(')), /not that of Go 1\.27: the call for random numbers stands there 0 times/)
  assert.throws(() => adaptExec(original + original), /2 times/)
  assert.throws(() => adaptExec(adaptExec(original)), /0 times/)
})
