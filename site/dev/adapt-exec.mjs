/**
 * Writes Go's wasm_exec.js so that it also works on a shared memory: `node site/dev/adapt-exec.mjs IN OUT`.
 *
 * Browsers refuse a view of a SharedArrayBuffer in TextDecoder.decode, in crypto.getRandomValues and, behind fs.writeSync, in
 * decode again; there the bytes are copied out first. A file in which one of these calls is not found exactly once is that of another
 * Go version: then nothing is written, and somebody has to look.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** [what it is, the call in wasm_exec.js, what takes its place] */
const CALLS = [
  [
    'the text of a string',
    'return decoder.decode(new DataView(this._inst.exports.mem.buffer, saddr, len));',
    'return decoder.decode(new Uint8Array(this._inst.exports.mem.buffer, saddr, len).slice());',
  ],
  [
    'what is printed',
    'fs.writeSync(fd, new Uint8Array(this._inst.exports.mem.buffer, p, n));',
    'fs.writeSync(fd, new Uint8Array(this._inst.exports.mem.buffer, p, n).slice());',
  ],
  [
    'random numbers',
    'crypto.getRandomValues(loadSlice(sp + 8));',
    '{ const to = loadSlice(sp + 8); to.set(crypto.getRandomValues(new Uint8Array(to.length))); }',
  ],
  [
    'the view of a memory that has grown',
    'this.mem = new DataView(this._inst.exports.mem.buffer);\n\t\t\t\t\t},',
    'this.mem = new DataView(this._inst.exports.mem.buffer);\n\t\t\t\t\t},',
  ],
]

/**
 * @param {string} source   of wasm_exec.js
 * @returns {string}
 */
export function adaptExec(source) {
  let text = source
  for (const [what, call, instead] of CALLS) {
    const parts = text.split(call)
    if (parts.length !== 2) {
      throw new Error(`wasm_exec.js is not that of Go 1.27: the call for ${what} stands there ${parts.length - 1} times, and once was expected:\n  ${call}`)
    }
    text = parts.join(instead)
  }
  return text
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [from, to] = process.argv.slice(2)
  try {
    writeFileSync(to, adaptExec(readFileSync(from, 'utf8')))
  } catch (error) {
    console.error(`adapt-exec: ${error.message}`)
    process.exitCode = 1
  }
}
