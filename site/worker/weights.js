/**
 * Where a model's files come from: the page's own server, the Hugging Face hub for what that one does not have, this browser's cache,
 * or files that a person has chosen. Each file is a stream that Go pulls chunk by chunk, so that the whole is never in JavaScript's
 * memory. What was downloaded goes to the cache at the same time, and stays there only if Go finds that it is the file the
 * manifest names.
 *
 * @typedef {{ pull: () => Promise<Uint8Array | null>, finish: (good: boolean) => Promise<void> }} Source
 * @typedef {{ name: string, bytes: number, sha256: string }} FileRow
 * @typedef {{ name: string, files: FileRow[], open: (name: string) => Promise<Source> }} Folder
 * @typedef {{ name: string, repo?: string, revision?: string, files: FileRow[] }} Model   a row of weights/manifest.json
 * @typedef {(file: string, bytes: number, fromHub?: boolean) => void} Count
 * @typedef {{ loaded: number, total: number, file: string, fromCache: boolean, fromHub: boolean }} Progress
 * @typedef {{ progress: (p: Progress) => void, notice: (text: string) => void, signal: AbortSignal }} Ears
 */
import { ThawError } from './protocol.js'

/** Another version of what is kept there would have another name. */
const CACHE = 'thaw-weights-v1'

const WEIGHTS = new URL('../../weights/', import.meta.url)

/** Where files come from that the page's own server does not have, unless a trainer names a mirror. */
const HUB = 'https://huggingface.co/'

/** Files of a model folder that thaw reads. */
const WANTED = /^(config\.json|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|vocab\.txt|thaw\.json|model\.safetensors|model\.safetensors\.index\.json|.+-of-\d+\.safetensors)$/

/** Milliseconds between two reports of progress. */
const REPORT = 100

/**
 * A model of weights/manifest.json.
 *
 * @param {string} name
 * @param {Ears} ears
 * @param {string} [hub]   the address of another hub with the same paths
 * @returns {Promise<Folder>}
 */
export async function namedFolder(name, ears, hub = HUB) {
  const model = await modelOf(name, ears.signal)
  const rows = model.files
  const cache = await openCache()
  const kept = new Map()
  for (const row of rows) {
    const found = await cache?.match(keyOf(name, row))
    if (found && Number(found.headers.get('x-thaw-bytes')) === row.bytes) kept.set(row.name, found)
  }
  const count = counter(rows, kept.size === rows.length, ears.progress)
  return {
    name,
    // What lies in the cache was verified on its way there; its bytes are counted again, but not hashed.
    files: rows.map((row) => ({ ...row, sha256: kept.has(row.name) ? '' : row.sha256 })),
    async open(file) {
      const row = /** @type {FileRow} */ (rows.find((r) => r.name === file))
      if (kept.has(file)) return keptSource(kept.get(file), cache, keyOf(name, row), row, count)
      return download(model, row, cache, count, ears, hub)
    },
  }
}

/**
 * A model folder of a person's own.
 *
 * @param {File[]} files
 * @param {Ears} ears
 * @returns {Folder}
 */
export function chosenFolder(files, ears) {
  const wanted = files.filter((f) => WANTED.test(f.name))
  const rows = wanted.map((f) => ({ name: f.name, bytes: f.size, sha256: '' }))
  const twice = rows.find((row, i) => rows.findIndex((r) => r.name === row.name) !== i)
  if (twice) throw new ThawError('files', `${twice.name} is among the files twice.`, 'Choose the files of one model folder.')
  const count = counter(rows, true, ears.progress)
  return {
    name: folderName(files),
    files: rows,
    async open(name) {
      const file = /** @type {File} */ (wanted.find((f) => f.name === name))
      return { pull: counted(file.stream().getReader(), name, count), finish: async () => {} }
    },
  }
}

/**
 * Says whether all files of a model are in the cache.
 *
 * @param {string} name
 */
export async function isCached(name) {
  const cache = await openCache()
  if (!cache) return false
  const { files: rows } = await modelOf(name, undefined)
  const found = await Promise.all(rows.map((row) => cache.match(keyOf(name, row))))
  return found.every(Boolean)
}

/** @param {File[]} files */
function folderName(files) {
  const path = files.find((f) => f.webkitRelativePath)?.webkitRelativePath ?? ''
  return path.split('/')[0] || 'own model'
}

/**
 * @param {string} name
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Model>}
 */
async function modelOf(name, signal) {
  const answer = await get(new URL('manifest.json', WEIGHTS), 'weights/manifest.json', signal)
  const manifest = await answer.json().catch(() => { throw signal?.aborted ? aborted() : new ThawError('download', 'weights/manifest.json is no JSON.', 'Build dist/ again.') })
  const model = manifest.models.find((/** @type {{ name: string }} */ m) => m.name === name)
  if (model) return model
  const names = manifest.models.map((/** @type {{ name: string }} */ m) => m.name).join(', ')
  throw new ThawError('name', `No model is called ${JSON.stringify(name)}; this site has ${names}.`, 'Give one of these names, or the files of a model folder.')
}

/**
 * @param {URL} url
 * @param {string} what
 * @param {AbortSignal | undefined} signal
 */
async function get(url, what, signal) {
  return checked(await ask(url, what, signal), what)
}

/**
 * @param {URL} url
 * @param {string} what
 * @param {AbortSignal | undefined} signal
 */
function ask(url, what, signal) {
  return fetch(url, { signal }).catch((error) => {
    if (signal?.aborted) throw aborted()
    throw new ThawError('download', `${what} could not be fetched: ${error.message}.`, 'Check the connection and try again.')
  })
}

/**
 * @param {Response} answer
 * @param {string} what
 */
function checked(answer, what) {
  if (!answer.ok) throw new ThawError('download', `${what} could not be fetched: the server answered ${answer.status}.`, 'Check that weights/ lies beside the page, and try again.')
  return answer
}

/**
 * Asks the hub for a file at the revision that the manifest pins. The request carries no credentials and does not say which page
 * sends it.
 *
 * @param {Model} model
 * @param {FileRow} row
 * @param {string} hub
 * @param {AbortSignal} signal
 */
async function fromHub({ name, repo, revision }, row, hub, signal) {
  const fail = (/** @type {string} */ why) => new ThawError('download',
    `weights/${name}/${row.name} is not beside the page, and the Hugging Face hub could not give it either: ${why}.`,
    `Check the connection and try again; or put the files of ${repo} under weights/${name}/; or load a model folder's files instead of the name.`)
  const url = new URL(`${repo}/resolve/${revision}/${row.name}`, hub)
  const answer = await fetch(url, { signal, mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' }).catch((error) => {
    throw signal.aborted ? aborted() : fail(error.message)
  })
  if (!answer.ok) throw fail(`it answered ${answer.status}`)
  return answer
}

function aborted() { return new ThawError('aborted', 'Loading was given up.') }

/** @returns {Promise<Cache | undefined>} */
async function openCache() {
  try {
    return await caches.open(CACHE)
  } catch {
    return undefined // no secure context, or storage is switched off: the weights are downloaded each time
  }
}

/**
 * @param {string} name
 * @param {FileRow} row
 */
function keyOf(name, row) {
  const url = new URL(`${name}/${row.name}`, WEIGHTS)
  url.searchParams.set('sha256', row.sha256)
  return url.href
}

/**
 * @param {Model} model
 * @param {FileRow} row
 * @param {Cache | undefined} cache
 * @param {Count} count
 * @param {Ears} ears
 * @param {string} hub
 * @returns {Promise<Source>}
 */
async function download(model, row, cache, count, { notice, signal }, hub) {
  const what = `weights/${model.name}/${row.name}`
  const own = await ask(new URL(`${model.name}/${row.name}`, WEIGHTS), what, signal)
  const away = own.status === 404 && Boolean(model.repo && model.revision)
  const answer = away ? await fromHub(model, row, hub, signal) : checked(own, what)
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader()
  const copy = cache && keep(cache, keyOf(model.name, row), row.bytes)
  const next = counted(reader, row.name, (file, bytes) => count(file, bytes, away))
  return {
    async pull() {
      try {
        const chunk = await next()
        if (chunk) await copy?.write(chunk)
        return chunk
      } catch (error) {
        if (signal.aborted) throw aborted()
        throw new ThawError('download', `${what}${away ? ', from the Hugging Face hub,' : ''} broke off: ${/** @type {Error} */ (error).message}.`, 'Check the connection and load again; nothing half was kept.')
      }
    },
    async finish(good) {
      if (!good) reader.cancel().catch(() => {})
      const kept = await copy?.finish(good)
      if (kept === false) notice(`The browser has no room to keep ${row.name}; it will be downloaded again next time.`)
    },
  }
}

/**
 * Writes a file to the cache while it arrives. A failure ends the keeping and not the download.
 *
 * @param {Cache} cache
 * @param {string} key
 * @param {number} bytes
 */
function keep(cache, key, bytes) {
  const { readable, writable } = new TransformStream()
  const writer = writable.getWriter()
  const headers = { 'Content-Type': 'application/octet-stream', 'x-thaw-bytes': String(bytes) }
  const state = { failed: false }
  const stored = cache.put(key, new Response(readable, { headers })).catch(() => { state.failed = true })
  return {
    /** @param {Uint8Array} chunk */
    async write(chunk) {
      // Were the cache to fail without taking the chunk, the write would wait for ever.
      if (!state.failed) await Promise.race([writer.write(chunk).catch(() => { state.failed = true }), stored])
    },
    /** @param {boolean} good */
    async finish(good) {
      if (!good || state.failed) writer.abort().catch(() => {})
      else await Promise.race([writer.close().catch(() => { state.failed = true }), stored])
      await stored
      return !good || !state.failed
    },
  }
}

/**
 * @param {Response} found
 * @param {Cache | undefined} cache
 * @param {string} key
 * @param {FileRow} row
 * @param {Count} count
 * @returns {Source}
 */
function keptSource(found, cache, key, row, count) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (found.body).getReader()
  return {
    pull: counted(reader, row.name, count),
    // A damaged entry would fail every time from now on, so it goes.
    async finish(good) { if (!good) await cache?.delete(key) },
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {string} file
 * @param {Count} count
 */
function counted(reader, file, count) {
  return async () => {
    const { done, value } = await reader.read()
    if (done) return null
    count(file, value.byteLength)
    return value
  }
}

/**
 * @param {FileRow[]} rows
 * @param {boolean} fromCache
 * @param {(p: Progress) => void} report
 */
function counter(rows, fromCache, report) {
  const total = rows.reduce((sum, row) => sum + row.bytes, 0)
  const state = { loaded: 0, told: 0 }
  return (/** @type {string} */ file, /** @type {number} */ bytes, fromHub = false) => {
    state.loaded += bytes
    const now = performance.now()
    if (now - state.told < REPORT && state.loaded < total) return
    state.told = now
    report({ loaded: state.loaded, total, file, fromCache, fromHub })
  }
}
