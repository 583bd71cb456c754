/**
 * Assembles dist/, the folder that any static host can serve, from what build.sh has made. Only files that
 * changed are copied, and what no longer belongs is removed; the compressed twins are build-compress.mjs's.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync, utimesSync } from 'node:fs'
import path from 'node:path'

const DIST = 'dist'

/** Files below this size are compared byte by byte. */
const COMPARED = 32e6

/** [from, to under dist/, what is left out]; a folder is taken with all it holds. */
const PARTS = [
  ['index.html', 'index.html'],
  ['LICENSE', 'LICENSE'],
  ['site', 'site', /^(test|dev)\//],
  ['bin/stage/types', 'site'],
  ['bin/stage/wasm', 'wasm'],
  ['bin/stage/NOTICES.txt', 'NOTICES.txt'],
  ['weights/manifest.json', 'weights/manifest.json'],
  ['weights/cache/minilm', 'weights/minilm', /(^|\/)\./],
]

/** Returns the files under a path, relative to it; for a file, ['']. */
function filesUnder(from) {
  if (!statSync(from).isDirectory()) return ['']
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(from, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
}

/** Returns a map from each file that dist/ should hold to the file it is a copy of. */
function wanted() {
  const files = new Map()
  for (const [from, to, leftOut] of PARTS) {
    if (!existsSync(from)) throw new Error(`${from} is missing: dist/ cannot be assembled without it`)
    for (const file of filesUnder(from)) {
      if (!leftOut?.test(file)) files.set(path.posix.join(DIST, to, file), path.join(from, file))
    }
  }
  return files
}

/** Says whether two files hold the same; of large ones the time is taken for an answer. */
function same(from, to) {
  if (!existsSync(to)) return false
  const [source, target] = [statSync(from), statSync(to)]
  if (source.size !== target.size) return false
  if (Math.abs(target.mtimeMs - source.mtimeMs) < 2) return true
  return source.size < COMPARED && readFileSync(from).equals(readFileSync(to))
}

/** Copies a file with its time unless it is there already, so that browsers keep what did not change. */
function copy(from, to) {
  if (same(from, to)) return
  const source = statSync(from)
  mkdirSync(path.dirname(to), { recursive: true })
  copyFileSync(from, to)
  utimesSync(to, source.atime, source.mtime)
}

function removeOthers(files) {
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const file = path.posix.join((entry.parentPath ?? entry.path).split(path.sep).join('/'), entry.name)
    if (!files.has(file) && !files.has(file.replace(/\.(br|gz)$/, ''))) rmSync(file)
  }
  removeEmptyFolders(DIST)
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(path.join(folder, entry.name))
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

try {
  const files = wanted()
  mkdirSync(DIST, { recursive: true })
  removeOthers(files)
  for (const [to, from] of files) copy(from, to)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
