/**
 * The browser test: the page of dist/ in Chromium and in Firefox, with the headers that isolate it and under a sub-path of the plainest
 * server. It asserts what has to be so and prints how long it took. THAW_DIST names another folder than dist/, THAW_BROWSERS
 * some of "chrome,firefox".
 */
import { existsSync } from 'node:fs'
import { serve } from '../dev/serve.mjs'
import { useApi } from './browser/api.mjs'
import { Report, openBrowser } from './browser/open.mjs'
import { useGraphics } from './browser/graphics.mjs'
import { useSmall } from './browser/small.mjs'
import { interrupt, mistakes, otherWays, trainOnce } from './browser/training.mjs'
import { useThreads } from './browser/threads.mjs'

const DIST = process.env.THAW_DIST ?? 'dist'
const SERVERS = { isolated: { base: '/' }, plain: { base: '/some/where/', plain: true } }

/** Each browser does the whole job on one kind of server; the other kind gets one run. */
const ROUNDS = [['chrome', 'isolated', true], ['chrome', 'plain', false], ['firefox', 'plain', true], ['firefox', 'isolated', false]]

async function round(name, kind, whole) {
  const report = new Report(`${name}, ${kind}`)
  const server = await serve({ root: DIST, port: 0, ...SERVERS[kind] })
  const browser = await openBrowser(name)
  try {
    console.log(`${report.heading}: ${await browser.version()}`)
    if (whole) await report.part('the API', () => useApi(browser, DIST, report))
    if (whole) await report.part('the page on a small model', () => useSmall(browser, DIST, report))
    const losses = { whole: {} }
    await report.part('training', async () => { losses.whole = await trainOnce(browser, server.url, report) })
    if (whole) await report.part('pausing, saving and resuming', () => interrupt(browser, server.url, report, losses.whole))
    if (whole) await report.part('a probe, and another policy in mid-run', () => otherWays(browser, server.url, report))
    if (whole) await report.part('mistakes', () => mistakes(browser, server.url, report))
    if (whole) await report.part('threads', () => useThreads(browser, DIST, report))
    if (whole && name === 'chrome') await report.part('a graphics card', () => useGraphics(DIST, report))
    report.check('the console is quiet', report.noise.length === 0, report.noise.slice(0, 5))
  } finally {
    await browser.close()
    await server.close()
  }
  return report
}

async function main() {
  if (!existsSync(`${DIST}/index.html`)) throw new Error(`${DIST}/ is missing: ./build.sh build makes it`)
  const wanted = (process.env.THAW_BROWSERS ?? 'chrome,firefox').split(',')
  const total = { passed: 0, failed: 0 }
  for (const [name, kind, whole] of ROUNDS.filter(([browser]) => wanted.includes(browser))) {
    const { passed, failed } = await round(name, kind, whole)
    total.passed += passed
    total.failed += failed
  }
  console.log(`${total.passed} passed, ${total.failed} failed`)
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
}

main().catch((error) => {
  console.error(`page: ${error.stack ?? error}`)
  process.exitCode = 1
})
