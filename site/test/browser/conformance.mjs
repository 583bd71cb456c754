/**
 * The conformance suite of the devices, as Go wrote it, on WebGPU in Chromium: build.sh compiles it into bin/, a worker of an empty
 * page runs it. In Node the same suite runs on Dawn.
 */
import { copyFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const SUITE = fileURLToPath(new URL('../../../bin/webgpu.test.wasm', import.meta.url))
const WORKER = fileURLToPath(new URL('./conformance-worker.js', import.meta.url))

/**
 * @param {import('puppeteer-core').Page} page   of a browser that has WebGPU, on a server whose root is the folder
 * @param {string} folder
 * @param {import('./open.mjs').Report} report
 */
export async function useSuite(page, folder, report) {
  if (!existsSync(SUITE)) throw new Error(`${SUITE} is missing: ./build.sh test makes it`)
  copyFileSync(SUITE, path.join(folder, 'webgpu.test.wasm'))
  copyFileSync(WORKER, path.join(folder, 'conformance-worker.js'))
  const { code, lines } = await page.evaluate(() => new Promise((resolve, reject) => {
    const worker = new Worker('./conformance-worker.js', { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
    worker.postMessage({ run: '^TestBackend$' })
  }))
  const said = lines.join('\n').split('\n')
  const ended = (how) => said.filter((line) => line.trim().startsWith(`--- ${how}`))
  report.check('every operation is right on WebGPU in this browser', code === 0 && ended('PASS').length > 50 && ended('SKIP').length + ended('FAIL').length === 0,
    { code, failed: [...ended('FAIL'), ...ended('SKIP')], last: said.slice(-3) })
  report.note(`the conformance suite in this browser: ${ended('PASS').length} parts passed`)
}
