/**
 * Writes the compressed twins (.br, .gz) beside the text and wasm files of dist/, prints the sizes, and fails when the
 * wasm that a page downloads has outgrown its limit. Brotli is slow at its best, so results are kept in bin/compressed by the
 * hash of what they were made from. The weights stay as they are: float32 hardly shrinks.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const DIST = 'dist'
const KEPT = 'bin/compressed'
const COMPRESSED = /\.(html|js|css|json|svg|txt|md|ts|wasm)$/
const WEIGHTS = 'weights/'

/** The most that a page may download as wasm, in bytes of brotli: design.md allows 2 MB and the gate half a megabyte more. */
const WASM_LIMIT = 2_500_000

const ways = {
  br: (bytes, text) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        [constants.BROTLI_PARAM_MODE]: text ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
}

/** Returns the compressed form of a file, from the kept ones if it is there. */
async function compressed(file, bytes, hash, way) {
  const kept = path.join(KEPT, `${hash}.${way}`)
  if (existsSync(kept)) return readFileSync(kept)
  const small = await ways[way](bytes, !file.endsWith('.wasm'))
  writeFileSync(kept, small)
  return small
}

/** Writes both twins of a file where they differ from what is there, as old as the file itself; returns the sizes. */
async function writeTwins(file, used) {
  const full = path.join(DIST, file)
  const bytes = readFileSync(full)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const { atime, mtime } = statSync(full)
  const sizes = { file, raw: bytes.length }
  await Promise.all(
    Object.keys(ways).map(async (way) => {
      const small = await compressed(file, bytes, hash, way)
      used.add(`${hash}.${way}`)
      writeFileSync(`${full}.${way}`, small)
      utimesSync(`${full}.${way}`, atime, mtime)
      sizes[way] = small.length
    }),
  )
  return sizes
}

function filesOfDist() {
  return readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
    .map((entry) => path.relative(DIST, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
    .sort()
}

function print(rows) {
  const number = (bytes) => (bytes === undefined ? '–' : bytes.toLocaleString('en-US')).padStart(12)
  console.log(`${''.padEnd(34)}${'bytes'.padStart(12)}${'gzip'.padStart(12)}${'brotli'.padStart(12)}`)
  for (const { file, raw, gz, br } of rows) console.log(`${file.padEnd(34)}${number(raw)}${number(gz)}${number(br)}`)
}

/** Adds up rows into one, under a name. */
function sum(file, rows) {
  const add = (key) => rows.reduce((total, row) => total + (row[key] ?? row.raw), 0)
  return { file, raw: add('raw'), gz: add('gz'), br: add('br') }
}

/** The table: each wasm file and each large file by name, all else in one row. */
function table(rows, weights) {
  const named = rows.filter(({ file, raw }) => file.endsWith('.wasm') || raw > 100_000)
  const rest = rows.filter((row) => !named.includes(row))
  return [...named, sum(`${rest.length} smaller files`, rest), sum('all but the weights', rows), ...weights]
}

/** The builds are alike, and a page takes one of them: the largest counts, with its helper module. */
function largestDownload(rows) {
  const builds = ['', '.fma'].map((kind) =>
    sum(`thaw.threads${kind}.wasm`, rows.filter(({ file }) => file === `wasm/thaw.threads${kind}.wasm` || file === `wasm/helper${kind}.wasm`)))
  return builds.sort((a, b) => b.br - a.br)[0]
}

async function main() {
  mkdirSync(KEPT, { recursive: true })
  const used = new Set()
  const files = filesOfDist()
  const rows = await Promise.all(
    files
      .filter((name) => !name.startsWith(WEIGHTS))
      .map((file) => (COMPRESSED.test(file) ? writeTwins(file, used) : { file, raw: statSync(path.join(DIST, file)).size })),
  )
  for (const name of readdirSync(KEPT)) if (!used.has(name)) rmSync(path.join(KEPT, name))
  const weights = files.filter((name) => name.startsWith(WEIGHTS))
  print(table(rows, weights.map((file) => ({ file, raw: statSync(path.join(DIST, file)).size }))))
  const wasm = largestDownload(rows)
  console.log(`A page downloads one program, with threads its helper too: ${wasm.br.toLocaleString('en-US')} bytes at most.`)
  if (wasm.br > WASM_LIMIT) {
    console.error(
      `The wasm of ${wasm.file} is ${wasm.br.toLocaleString('en-US')} bytes in brotli, and ${WASM_LIMIT.toLocaleString('en-US')} is the limit: ` +
        'look for a new dependency with `go list -deps ./wasm`.',
    )
    process.exitCode = 1
  }
}

await main()
