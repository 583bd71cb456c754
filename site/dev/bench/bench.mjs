/**
 * ./build.sh bench: node site/dev/bench/bench.mjs [gemm|forward|step|native|scaling|webgpu …] [--json] [--seconds 4]
 *
 * Measures thaw beside its peers, turn by turn in one run, and prints one table of ratios. With --json each time and each row is an
 * object on a line of its own. --seconds is about how long one comparison may take.
 */
import { cpus, release, type } from 'node:os'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Ring } from './contestants.mjs'
import { estimateLines, estimates } from './estimate.mjs'
import { Models } from './models.mjs'
import { PARTS, USUAL } from './parts.mjs'
import { Setting } from './setting.mjs'
import { table } from './table.mjs'

const ROOT = 'bin/bench/www'

/** What the pages see: [name under the root, what lies there]. The products' program lies beside the modules that start it, as the trainer's does in dist/. */
const SERVED = [
  ['dist', 'dist'], ['bench', 'site/dev/bench/page'], ['peers', 'bin/bench/peers/node_modules'], ['kernels/site', 'dist/site'], ['kernels/wasm', 'bin/bench/wasm'],
]

function layOut() {
  for (const folder of ['made', 'kernels']) mkdirSync(`${ROOT}/${folder}`, { recursive: true })
  for (const [name, target] of SERVED) {
    if (!existsSync(target)) throw new Error(`${target} is missing: run ./build.sh bench, which makes it`)
    rmSync(`${ROOT}/${name}`, { force: true })
    symlinkSync(path.resolve(target), `${ROOT}/${name}`)
  }
}

function versionOf(name) { return JSON.parse(readFileSync(`${ROOT}/peers/${name}/package.json`, 'utf8')).version }

/** What runs here, the first lines of every result. @param {Setting} s @param {string} browser */
function machine(s, browser) {
  return {
    bench: 'machine', cpu: cpus()[0].model.trim(), cores: cpus().length, os: `${type()} ${release()}`, browser, node: process.version, go: process.env.GOTOOLCHAIN ?? '',
    'onnxruntime-web': versionOf('onnxruntime-web'), 'jax-js': versionOf('@jax-js/jax'), PyTorch: s.pytorch?.version ?? null, onnxruntime: s.onnxruntime?.version ?? null,
  }
}

function heading(m) {
  const peers = ['onnxruntime-web', 'jax-js', 'PyTorch', 'onnxruntime'].filter((name) => m[name]).map((name) => `${name} ${m[name]}`)
  return [`${m.cpu}, ${m.cores} cores, ${m.os}; ${m.browser}; Node ${m.node}; ${m.go}`, peers.join(', ')]
}

function optionsOf(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '4' } } })
  const unknown = positionals.find((name) => !(name in PARTS))
  if (unknown) throw new Error(`no part is called ${unknown}; there are ${Object.keys(PARTS).join(', ')}`)
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: a number above 0 is wanted`)
  return { json: values.json, seconds, parts: positionals.length > 0 ? positionals : USUAL, detailed: positionals.length > 0 }
}

async function main() {
  const { json, seconds, parts, detailed } = optionsOf(process.argv.slice(2))
  layOut()
  const print = (record) => { if (json) console.log(JSON.stringify(record)) }
  const ring = await Ring.open(ROOT)
  try {
    const s = new Setting(ring, new Models(`${ROOT}/models`, `${ROOT}/made`), { effort: { seconds, least: 2, most: 7 }, detailed, told: print })
    const m = machine(s, await ring.version())
    print(m)
    if (!json) console.log(heading(m).join('\n'))
    const rows = []
    for (const part of parts) {
      const began = performance.now()
      if (!json) process.stderr.write(`measuring ${part} … `)
      try {
        for await (const row of PARTS[part](s)) {
          rows.push(row)
          print({ bench: 'row', ...row })
        }
      } catch (error) { // the other parts may still go well
        process.exitCode = 1
        s.skipped.add(`${part} broke off: ${error.message}`)
        await s.close()
      }
      if (!json) process.stderr.write(`${Math.round((performance.now() - began) / 1000)} s\n`)
    }
    if (!json) console.log(['', ...table(rows), ...(s.skipped.size > 0 ? ['', ...s.skipped] : [])].join('\n'))
    if (parts.includes('webgpu')) {
      for (const e of estimates()) print({ bench: 'estimate', ...e })
      if (!json) console.log(estimateLines().join('\n'))
    }
    for (const why of s.skipped) print({ bench: 'skipped', why })
  } finally {
    await ring.close()
  }
}

process.stdout.on('error', (error) => { // who reads has gone, as in `| head`: nobody waits for the rest
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

main().catch((error) => {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
})
