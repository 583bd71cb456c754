/**
 * Chooses among the builds of thaw's Go program the one for this browser, and starts it: with relaxed multiply-adds where the engine
 * knows them, and on a shared memory with helper threads where the page is isolated from other origins.
 */
import { openGpu } from './gpu.js'
import { ALONE, HelperPool } from './pool.js'
import { ThawError } from './protocol.js'

const FOLDER = new URL('../../wasm/', import.meta.url)

/** (a, b, c) => f32x4.relaxed_madd(a, b, c): a module that engines without the instruction refuse. */
const MADD = [
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b, 3, 2, 1, 0,
  10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 0x02, 0x0b,
]

/** Greatest sizes of the shared memory to try, in pages of 64 KiB: 4, 2 and 1 GB. */
const MAXIMA = [65536, 32768, 16384]

/** Threads where nobody says how many, and the most that may be asked for: the kernels cut a task into 32 parts at most. */
const USUAL = 16
const MOST = 32

/** @typedef {{ device?: string, threads?: number }} Wish   what createTrainer was asked for */
/** @typedef {import('./helper-host.js').StartHelper} StartHelper */

/**
 * What the Go program is told of the machine (wasm/device/device.go has the twin).
 *
 * @typedef {{ asked: string, fma: boolean, alone: string }} Machine   alone: why there are no helper threads, '' if there are
 */

/** @typedef {{ over: Promise<number>, memory: WebAssembly.Memory }} Program */

/** The exit code of a program whose kernels compute something else than they should on this machine, as in wasm/main.go. */
const WRONG = 3

/**
 * Starts the program and resolves, once its module runs, with the promise of its exit code, and with its memory.
 *
 * @param {Wish} wish
 * @param {Promise<unknown>} ready   that the program serves
 * @param {StartHelper} startHelper
 * @returns {Promise<Program>}
 */
export async function startProgram(wish, ready, startHelper) {
  await import(new URL('wasm_exec.js', FOLDER).href)
  const fused = WebAssembly.validate(new Uint8Array(MADD))
  const program = await startBuild(wish, fused, startHelper)
  if (!fused || (await Promise.race([ready, program.over])) !== WRONG) return program
  return startBuild(wish, false, startHelper)
}

/**
 * @param {Wish} wish
 * @param {boolean} fma
 * @param {StartHelper} startHelper
 */
async function startBuild(wish, fma, startHelper) {
  const go = new (/** @type {any} */ (globalThis).Go)()
  const threads = threadsOf(wish)
  let alone = aloneBecause(wish, threads)
  const maximum = alone ? 0 : MAXIMA.find(canShare) ?? 0
  if (!alone && !maximum) alone = 'the browser gives no shared memory'
  const kind = fma ? '.fma' : ''
  const asked = wish.device ?? 'auto'
  if (alone) {
    go.importObject.pool = ALONE
    return run(go, await compile(`thaw${kind}.wasm`), { asked, fma, alone })
  }
  const [module, helper] = await Promise.all([compile(`thaw.threads${kind}.wasm`), compile(`helper${kind}.wasm`)])
  const memory = new WebAssembly.Memory({ initial: pagesOf(module), maximum, shared: true })
  const pool = new HelperPool(memory, threads - 1, startHelper)
  const failed = await pool.start(helper, threads - 1)
  go.importObject.env = { memory }
  go.importObject.pool = pool.imports()
  return run(go, module, { asked, fma, alone: failed.length === threads - 1 ? failed[0] : '' })
}

/**
 * @param {any} go
 * @param {WebAssembly.Module} module
 * @param {Machine} machine
 * @returns {Promise<Program>}
 */
async function run(go, module, machine) {
  let code = 0
  go.exit = (/** @type {number} */ c) => { code = c }
  go.argv = ['thaw', JSON.stringify(machine)]
  const instance = await WebAssembly.instantiate(module, go.importObject)
  const memory = /** @type {WebAssembly.Memory} */ (instance.exports.mem)
  // Go asks for it when it looks for a graphics card; what was opened last is there to be looked at.
  Object.assign(globalThis, { openGpu: async () => Object.assign(globalThis, { gpu: await openGpu(memory) }).gpu })
  return { over: go.run(instance).then(() => code), memory }
}

/** @param {Wish} wish */
function threadsOf({ threads }) {
  const n = Number(threads ?? Math.min(navigator.hardwareConcurrency ?? 1, USUAL))
  return n >= 1 ? Math.min(Math.floor(n), MOST) : 1
}

/**
 * Says why there will be one thread only, '' if there may be more.
 *
 * @param {Wish} wish
 * @param {number} threads
 */
function aloneBecause({ device, threads: asked }, threads) {
  if (device === 'cpu') return 'one thread was asked for'
  if (!self.crossOriginIsolated) return 'the page is not isolated from other origins: its server sends no COOP and COEP headers'
  if (threads < 2) return asked === undefined ? 'the processor has one core' : 'one thread was asked for'
  return ''
}

/** @param {number} maximum */
function canShare(maximum) {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum, shared: true }).buffer instanceof SharedArrayBuffer
  } catch {
    return false
  }
}

/** How many pages the memory of a shared program has at first: wasm/link has left it in a section of its own. @param {WebAssembly.Module} module */
function pagesOf(module) {
  const [section] = WebAssembly.Module.customSections(module, 'thaw.pages')
  if (section?.byteLength !== 4) throw new ThawError('program', 'wasm/thaw.threads.wasm does not say how much memory it needs.', 'Reload the page: its files may come from different versions.')
  return new DataView(section).getUint32(0, true)
}

/** Compiles while the bytes arrive, or afterwards where a server sends another content type. @param {string} name */
async function compile(name) {
  const answer = await fetch(new URL(name, FOLDER))
  if (!answer.ok) throw new ThawError('program', `wasm/${name} could not be fetched: the server answered ${answer.status}.`, 'Check that wasm/ lies beside site/.')
  const type = answer.headers.get('Content-Type') ?? ''
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(answer)
  return WebAssembly.compile(await answer.arrayBuffer())
}
