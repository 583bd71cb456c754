/**
 * The worker: it runs thaw's Go program and stands between it and the page. Commands for Go are passed on; what needs the browser's
 * storage or network (weights, saves) is prepared here and reaches Go as streams.
 */
import { Claims } from './claims.js'
import { fetchGrammar } from './grammar.js'
import { helpersOver } from './helper-host.js'
import { startProgram } from './program.js'
import { SHELL, ThawError, decodeAnswer, encodeCommand } from './protocol.js'
import { listSaves, openSave, removeSave, rowOf, writeSave } from './saves.js'
import { chosenFolder, isCached, namedFolder } from './weights.js'

/** @typedef {{ id: number, cmd: string, args: any }} Command */
/** @typedef {{ resolve: (reply: any) => void, reject: (error: Error) => void }} Waiting */

class Shell {
  /** Commands given to Go, by id. @type {Map<number, Waiting>} */
  waiting = new Map()
  /** What can still be given up before or beside Go, by id. @type {Map<number, AbortController>} */
  aborts = new Map()
  /** The data of the last run, to be saved with it. @type {{ data?: object, evals?: object }} */
  job = {}
  claims = new Claims()
  model = ''
  /** The files of the loaded model and how to read them again. @type {{ files: import('./weights.js').FileRow[], again: () => Promise<import('./weights.js').Folder> }} */
  source = { files: [], again: () => Promise.reject(new ThawError('state', 'No encoder is loaded.')) }
  /** The program's memory, once it runs. @type {WebAssembly.Memory | undefined} */
  program

  /** @param {any} go the object that Go and this script share: Go adds receive(json, open, sink) */
  constructor(go) { this.go = go }

  /**
   * Does a command of the page.
   *
   * @param {Command} command
   */
  async take({ id, cmd, args }) {
    const abort = new AbortController()
    this.aborts.set(id, abort)
    try {
      if (cmd === 'cancel') this.aborts.get(args.request)?.abort()
      const reply = SHELL.includes(cmd) ? await /** @type {any} */ (this)[cmd](id, args, abort.signal) : await this.ask(id, cmd, args)
      const { binary, ...rest } = reply ?? {}
      post({ id, reply: rest, ...(binary?.length ? { binary } : {}) }, (binary ?? []).map((/** @type {Uint8Array} */ b) => b.buffer))
    } catch (error) {
      post({ id, error: plain(error) })
    } finally {
      this.aborts.delete(id)
    }
  }

  /**
   * Has Go do a command.
   *
   * @param {number} id
   * @param {string} cmd
   * @param {object} [args]
   * @param {(name: string) => Promise<import('./weights.js').Source>} [open]
   * @param {{ write: (chunk: Uint8Array) => void | Promise<void> }} [sink]
   * @returns {Promise<any>}
   */
  ask(id, cmd, args, open, sink) {
    const json = encodeCommand({ id, cmd, ...(args ? { args } : {}) })
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.go.receive(json, open, sink)
    })
  }

  /**
   * Hears Go.
   *
   * @param {string} json
   * @param {Uint8Array[]} binary
   */
  hear(json, binary) {
    const { id, event, reply, error } = decodeAnswer(json)
    if (event) return post({ id, event })
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (error) waiting?.reject(new ThawError(error.code, error.message, error.hint))
    else waiting?.resolve(binary.length ? { ...reply, binary } : reply)
  }

  // --- Commands that need the browser ------------------------------------------------------------------------------

  /** @param {number} id @param {{ name?: string, files?: File[], hub?: string }} args @param {AbortSignal} signal */
  async load(id, { name, files, hub }, signal) {
    const ears = { signal, progress: (/** @type {any} */ progress) => post({ id, progress }), notice: (/** @type {string} */ notice) => post({ id, notice }) }
    const open = async (/** @type {import('./weights.js').Ears} */ e) => (files ? chosenFolder(files, e) : namedFolder(String(name), e, hub))
    const folder = await open(ears)
    const reply = await this.ask(id, 'load', { name: folder.name, files: folder.files }, folder.open)
    this.model = folder.name
    this.claims.free()
    this.source = { files: folder.files, again: () => open({ signal: new AbortController().signal, progress() {}, notice() {} }) }
    return reply
  }

  /** @param {number} id @param {object} args */
  compare(id, args) { return this.askAgain(id, 'compare', args) }

  /** @param {number} id @param {object} args */
  report(id, args) { return this.askAgain(id, 'report', args) }

  /**
   * A command for which Go reads the weights again where a run has changed them; until then nothing is opened.
   *
   * @param {number} id
   * @param {string} cmd
   * @param {object} args
   */
  askAgain(id, cmd, args) {
    /** @type {Promise<import('./weights.js').Folder> | undefined} */
    let folder
    return this.ask(id, cmd, { ...args, files: this.source.files }, async (name) => (await (folder ??= this.source.again())).open(name))
  }

  /** @param {number} id @param {any} args */
  async train(id, args) {
    if (args.data) this.job = { data: args.data, evals: args.evals }
    return this.ask(id, 'train', args)
  }

  /** @param {number} id @param {{ name: string }} args */
  save(id, { name }) {
    return this.claims.with(name, true, () => writeSave(name, async (sink) => {
      const run = await this.ask(id, 'save', undefined, undefined, sink)
      return {
        step: run.step, steps: run.steps, freeze: run.freeze, tasks: run.tasks.map((/** @type {{ name: string }} */ t) => t.name),
        model: this.model, job: { ...this.job, tasks: run.tasks, settings: run.settings },
      }
    }))
  }

  /** @param {number} id @param {{ name?: string, data?: object, evals?: object }} args */
  async resume(id, { name, data, evals }) {
    const { name: wanted } = await rowOf(name)
    return this.claims.with(wanted, true, async () => {
      const row = await rowOf(wanted) // as it is now that no other tab can write it
      const job = data ? { ...row.job, data, evals } : row.job
      const run = await this.ask(id, 'resume', job, () => openSave(row))
      this.job = job
      return { ...run, name: row.name }
    })
  }

  async saves() { return { saves: await listSaves() } }

  /** @param {number} _id @param {{ name: string }} args */
  removeSave(_id, { name }) { return this.claims.with(name, false, () => removeSave(name)) }

  async memory() { return { bytes: this.program?.buffer.byteLength ?? 0 } }

  /** @param {number} _id @param {{ name: string }} args */
  async cached(_id, { name }) { return { cached: await isCached(name) } }
}

/** @param {object} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) { self.postMessage(message, { transfer }) }

/** An error as it can be sent. @param {any} error */
function plain(error) {
  if (error instanceof ThawError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'failed', message: error?.message ?? String(error), hint: '' }
}

/** Starts Go and then takes commands; those that came before wait. The page's first message says what device it wishes, and brings the line over which helpers are started. */
async function main() {
  /** @type {any} */
  const go = {}
  const shell = new Shell(go)
  const ready = new Promise((resolve) => { go.ready = () => resolve(undefined) })
  go.grammar = fetchGrammar
  go.send = (/** @type {string} */ json, /** @type {Uint8Array[]} */ binary) => shell.hear(json, binary)
  /** @type {Promise<{ wish: import('./program.js').Wish, helpers: MessagePort }>} */
  const start = new Promise((resolve) => {
    self.addEventListener('message', ({ data }) => {
      if (data.start) resolve({ wish: data.start, helpers: data.helpers })
      else ready.then(() => shell.take(data))
    })
  })
  try {
    Object.assign(globalThis, { thaw: go })
    const { wish, helpers } = await start
    const { over, memory } = await startProgram(wish, ready, helpersOver(helpers))
    shell.program = memory
    await Promise.race([ready, over])
    post({ ready: true })
    await over
    post({ over: { code: 'crashed', message: 'The trainer has ended.', hint: 'Load the encoder again; saved runs are still there.' } })
  } catch (error) {
    post({ over: plain(error) })
  }
}

main()
