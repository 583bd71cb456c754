/**
 * Writes ONNX files: the few fields of the format's protobuf messages that a graph of float32 and int64 tensors needs. A message is a
 * list of byte chunks, so that weights of hundreds of megabytes are never copied.
 *
 * Field numbers are those of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
 */
import { closeSync, openSync, writevSync } from 'node:fs'

/** The operator sets that a graph may use: the standard one, and onnxruntime's own fused operators. */
const OPSETS = [['', 17], ['com.microsoft', 1]]
const IR_VERSION = 8
const FLOAT = 1
const INT64 = 7

/** @typedef {Uint8Array[]} Chunks */
/** @typedef {{ type: string, inputs: string[], outputs: string[], domain?: string, attributes?: { [name: string]: number | number[] } }} Node */
/** @typedef {{ name: string, dims: number[], data: Float32Array | BigInt64Array }} Weight */
/** @typedef {{ name: string, dims: (number | string)[], integer?: boolean }} Port   a string names a dimension that varies */

/** Field f with a whole number. @returns {Chunks} */
function int(f, n) { return [varint(f * 8), varint(n)] }

/** Field f with bytes, a text or a message. @returns {Chunks} */
function field(f, value) {
  const chunks = typeof value === 'string' ? [Buffer.from(value)] : value
  return [varint(f * 8 + 2), varint(chunks.reduce((sum, c) => sum + c.byteLength, 0)), ...chunks]
}

/** Field f with a float32. @returns {Chunks} */
function float(f, x) {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(x)
  return [varint(f * 8 + 5), bytes]
}

function varint(n) {
  const bytes = []
  for (let rest = BigInt.asUintN(64, BigInt(n)); ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 127n) | 128)
  }
}

/** Of an attribute: a list of integers, a fraction, or an integer. A number that must be a float though whole is none of these graphs'. */
function attribute(name, value) {
  if (Array.isArray(value)) return [...field(1, name), ...value.flatMap((n) => int(8, n)), ...int(20, 7)]
  if (!Number.isInteger(value)) return [...field(1, name), ...float(2, value), ...int(20, 1)]
  return [...field(1, name), ...int(3, value), ...int(20, 2)]
}

/** @param {Node} node */
function nodeMessage({ type, inputs, outputs, domain = '', attributes = {} }) {
  return [
    ...inputs.flatMap((name) => field(1, name)), ...outputs.flatMap((name) => field(2, name)), ...field(4, type), ...field(7, domain),
    ...Object.entries(attributes).flatMap(([name, value]) => field(5, attribute(name, value))),
  ]
}

/** @param {Weight} weight */
function weightMessage({ name, dims, data }) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return [...dims.flatMap((n) => int(1, n)), ...int(2, data instanceof Float32Array ? FLOAT : INT64), ...field(8, name), ...field(9, [raw])]
}

/** @param {Port} port */
function portMessage({ name, dims, integer = false }) {
  const shape = dims.flatMap((n) => field(1, typeof n === 'string' ? field(2, n) : int(1, n)))
  return [...field(1, name), ...field(2, field(1, [...int(1, integer ? INT64 : FLOAT), ...field(2, shape)]))]
}

/** A graph under construction: each operation returns the name of its output. */
export class Graph {
  /** @type {Node[]} */ nodes = []
  /** @type {Weight[]} */ weights = []

  /** @param {string} name @param {number[]} dims @param {Float32Array | BigInt64Array} data */
  weight(name, dims, data) {
    this.weights.push({ name, dims, data })
    return name
  }

  /** @param {string} type @param {string[]} inputs @param {Omit<Node, 'type' | 'inputs' | 'outputs'>} [more] */
  op(type, inputs, more = {}) {
    const name = `${type}_${this.nodes.length}`
    this.nodes.push({ type, inputs, outputs: [name], ...more })
    return name
  }

  /** An operation of several outputs. @param {string} type @param {string[]} inputs @param {number} n @param {Omit<Node, 'type' | 'inputs' | 'outputs'>} [more] */
  ops(type, inputs, n, more = {}) {
    const names = Array.from({ length: n }, (_, i) => `${type}_${this.nodes.length}_${i}`)
    this.nodes.push({ type, inputs, outputs: names, ...more })
    return names
  }

  /** The model file. @param {Port[]} inputs @param {Port} output the last operation's, under a name of its own @returns {Chunks} */
  model(inputs, output) {
    const last = /** @type {Node} */ (this.nodes.at(-1))
    const nodes = [...this.nodes.slice(0, -1), { ...last, outputs: [output.name] }]
    const graph = [
      ...nodes.flatMap((n) => field(1, nodeMessage(n))), ...field(2, 'graph'), ...this.weights.flatMap((w) => field(5, weightMessage(w))),
      ...inputs.flatMap((p) => field(11, portMessage(p))), ...field(12, portMessage(output)),
    ]
    return [...int(1, IR_VERSION), ...field(7, graph), ...OPSETS.flatMap(([domain, version]) => field(8, [...field(1, domain), ...int(2, version)]))]
  }
}

/** Writes chunks to a file. @param {string} path @param {Chunks} chunks */
export function writeChunks(path, chunks) {
  const file = openSync(path, 'w')
  try {
    for (const group of groups(chunks)) writeAll(file, Buffer.concat(group))
  } finally {
    closeSync(file)
  }
}

/** Small chunks together, large ones alone. */
function groups(chunks) {
  const out = [[]]
  for (const c of chunks) {
    if (c.byteLength > 1 << 16) out.push([c], [])
    else out.at(-1).push(c)
  }
  return out
}

function writeAll(file, bytes) {
  for (let at = 0; at < bytes.byteLength;) at += writevSync(file, [bytes.subarray(at)])
}
