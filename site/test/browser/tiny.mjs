/**
 * A small random model for tests, and a folder to serve it from as weights/minilm: the files are those of the Go tests, the manifest is
 * made for them.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** @type {Record<string, string>} */
const FILES = {
  'config.json': 'core/encoder/testdata/bert/config.json',
  'vocab.txt': 'wasm/bridge/testdata/tiny/vocab.txt',
  'model.safetensors': 'core/encoder/testdata/bert/model.safetensors',
}

/** The files as base64, to be made into File objects in a page. */
export function tinyFiles() {
  return Object.entries(FILES).map(([name, file]) => ({ name, base64: readFileSync(path.join(ROOT, file)).toString('base64') }))
}

/** The job of the Go tests and the losses that it has natively. */
export function tinyJob() {
  return JSON.parse(readFileSync(path.join(ROOT, 'wasm/bridge/testdata/tiny/job.json'), 'utf8'))
}

/**
 * Makes a site whose only model is the small one.
 *
 * @param {string} dist    where the program lies
 * @param {string} folder  an empty folder
 */
export function tinySite(dist, folder) {
  mkdirSync(path.join(folder, 'wasm')) // of single links, so that a test can take a file away
  const parts = ['index.html', 'site', ...readdirSync(path.join(dist, 'wasm')).map((file) => `wasm/${file}`)]
  for (const part of parts) symlinkSync(path.resolve(dist, part), path.join(folder, part))
  writeFileSync(path.join(folder, 'blank.html'), '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>thaw</title>')
  mkdirSync(path.join(folder, 'weights', 'tiny'), { recursive: true })
  const files = Object.entries(FILES).map(([name, file]) => {
    const bytes = readFileSync(path.join(ROOT, file))
    cpSync(path.join(ROOT, file), path.join(folder, 'weights', 'tiny', name))
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
  const models = [{ name: 'tiny', family: 'bert', files }, { name: 'distant', family: 'bert', repo: 'someone/small', revision: 'c0ffee', files }]
  writeFileSync(path.join(folder, 'weights', 'manifest.json'), JSON.stringify({ models }))
}

/**
 * Makes what stands in for the hub: the small model where tinySite's manifest says that the distant one is.
 *
 * @param {string} folder  an empty folder
 * @returns {string} where its files lie
 */
export function tinyHub(folder) {
  const at = path.join(folder, 'someone', 'small', 'resolve', 'c0ffee')
  mkdirSync(at, { recursive: true })
  for (const [name, file] of Object.entries(FILES)) cpSync(path.join(ROOT, file), path.join(at, name))
  return at
}
