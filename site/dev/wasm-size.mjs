/**
 * What the packages of a linked program cost in code: `node site/dev/wasm-size.mjs [bin/linked.wasm]`. The file has its names; code is
 * about two thirds of the module, the rest are Go's own tables and data, which grow with it.
 */
import { readFileSync } from 'node:fs'

/** [what it is, names of functions that belong to it, as Go's linker writes them] */
const GROUPS = [
  ['thaw', /^thaw_/],
  ['gonum', /^gonum/],
  ['crypto (SHA-256 of what is loaded and frozen)', /^crypto/],
  ['encoding/json', /^encoding_(json|base64|base32)/],
  ['fmt, reflect, strconv', /^(fmt|reflect|internal_reflectlite|internal_fmtsort|strconv|internal_strconv|type_)/],
  ['regexp', /^regexp/],
  ['safejs, syscall/js', /^(github_com_hack|syscall)/],
  ['Go runtime', /^(runtime|internal_runtime|internal_abi|internal_cpu|internal_bytealg|gc|cmpbody|memeqbody|_rt0|wasm)/],
  ['other packages of the standard library', /./],
]

function reader(bytes, at = 0) {
  const number = () => {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  return { number, byte: () => bytes[at++], take: (n) => bytes.subarray(at, (at += n)), more: () => at < bytes.length }
}

/** The sizes of all functions, and their names. */
function functions(file) {
  const top = reader(file, 8)
  const sizes = []
  const names = new Map()
  let imports = 0
  while (top.more()) {
    const id = top.byte()
    const body = top.take(top.number())
    const r = reader(body)
    if (id === 2) imports = r.number()
    if (id === 10) for (let n = r.number(); n > 0; n--) sizes.push(r.take(r.number()).length)
    if (id === 0 && Buffer.from(r.take(r.number())).toString() === 'name') {
      while (r.more()) {
        const sub = r.byte()
        const list = reader(r.take(r.number()))
        if (sub !== 1) continue
        for (let n = list.number(); n > 0; n--) names.set(list.number(), Buffer.from(list.take(list.number())).toString())
      }
    }
  }
  return sizes.map((bytes, i) => ({ bytes, name: names.get(i + imports) ?? '' }))
}

const all = functions(readFileSync(process.argv[2] ?? 'bin/linked.wasm'))
const total = all.reduce((sum, f) => sum + f.bytes, 0)
const rows = GROUPS.map(([what]) => ({ what, bytes: 0 }))
for (const { name, bytes } of all) rows[GROUPS.findIndex(([, names]) => names.test(name || '?'))].bytes += bytes
for (const { what, bytes } of rows) console.log(`${bytes.toLocaleString('en-US').padStart(10)}  ${((100 * bytes) / total).toFixed(1).padStart(5)} %  ${what}`)
console.log(`${total.toLocaleString('en-US').padStart(10)}  100.0 %  code of ${all.length} functions`)
