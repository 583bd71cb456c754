/** Reads and writes safetensors files of float32 tensors: an 8-byte length, a JSON header, and the bytes. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * The float32 tensors of a file by name, a prefix taken off.
 *
 * @param {string} path
 * @param {string} [prefix]
 * @returns {Map<string, { shape: number[], data: Float32Array }>}
 */
export function readTensors(path, prefix = '') {
  const file = readFileSync(path)
  const begin = 8 + Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.toString('utf8', 8, begin))
  const rows = Object.entries(header).filter(([, row]) => row.dtype === 'F32')
  return new Map(rows.map(([name, { shape, data_offsets: [from, to] }]) => {
    const bytes = file.subarray(begin + from, begin + to)
    return [name.startsWith(prefix) ? name.slice(prefix.length) : name, { shape, data: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)) }]
  }))
}

/**
 * Writes a file, one tensor at a time.
 *
 * @param {string} path
 * @param {{ name: string, shape: number[], make: () => Float32Array }[]} tensors
 */
export function writeTensors(path, tensors) {
  const state = { at: 0 }
  const rows = tensors.map(({ name, shape }) => {
    const from = state.at
    state.at += 4 * shape.reduce((a, b) => a * b, 1)
    return [name, { dtype: 'F32', shape, data_offsets: [from, state.at] }]
  })
  const text = Buffer.from(JSON.stringify(Object.fromEntries(rows)))
  const header = Buffer.concat([text, Buffer.alloc((8 - text.length % 8) % 8, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const file = openSync(path, 'w')
  try {
    for (const bytes of [length, header]) writeSync(file, bytes)
    for (const { make } of tensors) writeWhole(file, new Uint8Array(make().buffer))
  } finally {
    closeSync(file)
  }
}

function writeWhole(file, bytes) {
  for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at)
}

/** A matrix [rows, cols] as [cols, rows]. @param {Float32Array} data @param {number} rows @param {number} cols */
export function transposed(data, rows, cols) {
  const out = new Float32Array(data.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j]
  }
  return out
}
