/**
 * Checkpoints in this browser. The bytes of a save lie in a file of the origin private file system, or in pieces in IndexedDB where
 * there is none; a row of IndexedDB says which bytes belong to a name. Writing the row is the one moment in which a save comes to
 * be: a save that fails before it leaves the old one as it was. That one tab at a time works with a save is seen to in claims.js.
 *
 * @typedef {{ name: string, bytes: number, step: number, steps: number, savedAt: number, freeze: string, tasks: string[], model: string }} Save
 * @typedef {Save & { file: string, store: 'files' | 'pieces', job: object }} Row
 * @typedef {{ write: (chunk: Uint8Array) => void | Promise<void>, close: () => void | Promise<void> }} Room
 */
import { ThawError } from './protocol.js'

const DATABASE = 'thaw-saves'
const FOLDER = 'thaw-saves'

/** The saves, the newest first. @returns {Promise<Save[]>} */
export async function listSaves() {
  const rows = await allRows()
  return rows.map(({ file, store, job, ...save }) => save).sort((a, b) => b.savedAt - a.savedAt)
}

/** @returns {Promise<Row[]>} */
async function allRows() {
  const db = await database()
  try {
    return await request(db.transaction('rows').objectStore('rows').getAll())
  } finally {
    db.close()
  }
}

/**
 * Deletes a save and its bytes.
 *
 * @param {string} name
 */
export async function removeSave(name) {
  const row = await rowOf(name)
  await change('rows', (rows) => rows.delete(name))
  await forget(row)
}

/**
 * The newest save, or the one of a name.
 *
 * @param {string | undefined} name
 * @returns {Promise<Row>}
 */
export async function rowOf(name) {
  const rows = await allRows()
  const row = name === undefined ? rows.sort((a, b) => b.savedAt - a.savedAt)[0] : rows.find((r) => r.name === name)
  if (row) return row
  throw new ThawError('saves', name === undefined ? 'There is no saved run in this browser.' : `No saved run is called ${JSON.stringify(name)}.`, 'Train and save one first.')
}

/**
 * The bytes of a save, as a stream for Go.
 *
 * @param {Row} row
 * @returns {Promise<import('./weights.js').Source>}
 */
export async function openSave(row) {
  if (row.store === 'pieces') return pieces(row)
  try {
    const file = await (await (await folder()).getFileHandle(row.file)).getFile()
    const reader = file.stream().getReader()
    return { pull: async () => (await reader.read()).value ?? null, finish: async () => {} }
  } catch {
    throw new ThawError('saves', `The bytes of ${JSON.stringify(row.name)} are gone; the browser may have cleared them.`, 'Delete this save and train again.')
  }
}

/**
 * Writes a save. `fill` hands the bytes to the sink and returns what is to be remembered of them.
 *
 * @param {string} name
 * @param {(sink: { write: (chunk: Uint8Array) => void | Promise<void> }) => Promise<Omit<Row, 'name' | 'bytes' | 'savedAt' | 'file' | 'store'>>} fill
 * @returns {Promise<Save>}
 */
export async function writeSave(name, fill) {
  const file = crypto.randomUUID()
  const { store, room } = await makeRoom(file)
  const count = { bytes: 0 }
  try {
    const facts = await fill({ write: (chunk) => { count.bytes += chunk.byteLength; return full(() => room.write(chunk)) } })
    await full(() => room.close())
    const old = (await allRows()).find((r) => r.name === name)
    /** @type {Row} */
    const row = { ...facts, name, bytes: count.bytes, savedAt: Date.now(), file, store }
    await change('rows', (rows) => rows.put(row))
    if (old) await forget(old)
    const { file: _file, store: _store, job: _job, ...save } = row
    return save
  } catch (error) {
    await Promise.resolve(room.close()).catch(() => {})
    await forget({ file, store })
    throw noRoom(error)
  }
}

/** Runs a write and words a full disk. @param {() => void | Promise<void>} write */
async function full(write) {
  try {
    await write()
  } catch (error) {
    throw noRoom(error)
  }
}

/** @param {unknown} error */
function noRoom(error) {
  if (/** @type {Error} */ (error)?.name !== 'QuotaExceededError') return error
  return new ThawError('storage', 'The browser has no room for this save; the one before it is still there.', 'Delete old saves or free some disk space, then save again.')
}

/**
 * Makes room for new bytes: a file where the browser has them, pieces where not.
 *
 * @param {string} file
 * @returns {Promise<{ store: 'files' | 'pieces', room: Room }>}
 */
async function makeRoom(file) {
  let handle
  try {
    const entry = await (await folder()).getFileHandle(file, { create: true })
    handle = await /** @type {any} */ (entry).createSyncAccessHandle()
  } catch {
    return { store: 'pieces', room: pieceRoom(file) }
  }
  const state = { at: 0, open: true }
  return {
    store: 'files',
    room: {
      write(chunk) {
        const n = handle.write(chunk, { at: state.at })
        state.at += n
        if (n < chunk.byteLength) throw new DOMException('the disk is full', 'QuotaExceededError')
      },
      close() {
        if (!state.open) return
        state.open = false
        handle.flush()
        handle.close()
      },
    },
  }
}

/** @param {string} file @returns {Room} */
function pieceRoom(file) {
  const state = { n: 0 }
  return {
    write: (chunk) => change('pieces', (all) => all.put(chunk, [file, state.n++])),
    close() {},
  }
}

/** @param {Row} row @returns {import('./weights.js').Source} */
function pieces(row) {
  const state = { n: 0 }
  return {
    async pull() {
      const db = await database()
      try {
        return (await request(db.transaction('pieces').objectStore('pieces').get([row.file, state.n++]))) ?? null
      } finally {
        db.close()
      }
    },
    finish: async () => {},
  }
}

/** Frees bytes that no row points to any more. @param {{ file: string, store: 'files' | 'pieces' }} row */
async function forget({ file, store }) {
  try {
    if (store === 'files') await (await folder()).removeEntry(file)
    else await change('pieces', (all) => all.delete(IDBKeyRange.bound([file, 0], [file, Infinity])))
  } catch {
    // They are only lost room, and the browser frees it with the origin's data.
  }
}

async function folder() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true })
}

/** @returns {Promise<IDBDatabase>} */
async function database() {
  try {
    const opening = indexedDB.open(DATABASE, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('rows', { keyPath: 'name' })
      opening.result.createObjectStore('pieces')
    }
    return await request(opening)
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error ?? {})
    if (name === 'QuotaExceededError') throw error
    throw new ThawError('storage', `This browser lets the page keep nothing${message ? ` (${message})` : ''}, so runs cannot be saved here. Training works without it.`,
      'Allow site data for this page, or leave private browsing.')
  }
}

/**
 * Changes a store and resolves once the change is on disk.
 *
 * @param {'rows' | 'pieces'} store
 * @param {(store: IDBObjectStore) => unknown} make
 * @returns {Promise<void>}
 */
async function change(store, make) {
  const db = await database()
  try {
    const transaction = db.transaction(store, 'readwrite', { durability: 'strict' })
    make(transaction.objectStore(store))
    await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined)
      transaction.onabort = () => reject(transaction.error)
      transaction.onerror = () => reject(transaction.error)
    })
  } finally {
    db.close()
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} asked
 * @returns {Promise<T>}
 */
function request(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}
