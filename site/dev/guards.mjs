/**
 * What `build.sh check` looks for in the text of the sources. Guards fail: style.md section 6 has the reason of each.
 * Long files and functions are only printed; a person decides.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'

const FOLDERS = ['core', 'wasm', 'weights', 'site']
const SKIPPED = /(^|\/)(vendor|cache|__pycache__)(\/|$)/
const SOURCE = /\.(go|m?js|cjs|py|sh|css|html|wgsl)$/

const LONG_FILE = 400
const LONG_FUNCTION = 60
const FIXTURE_LIMIT = 10_000_000 // bytes of all testdata, design.md section 7

/** [which files, what may not stand in a line, why]. */
const GUARDS = [
  [/\.go$/, /^func init\(\)/, 'no init(): arguments of constructors say what is used'],
  [/\.go$/, /^(import)?\s+\.\s+"/, 'no dot imports'],
  [/\.go$/, /^package (util|utils|helper|helpers|common|misc|base)$/, 'a package says what it is for'],
  [/^(?!core\/cmd\/|wasm\/(link\/|bench\/)?main).*\.go$/, /^[^/"]*\bos\.Exit\(/, 'os.Exit only in main, after deferred calls have run'],
  [/^site\/(?!state\.js$|test\/|dev\/).*\.js$/, /^(export )?(let|var)\b/, 'no top-level let outside state.js: pages have one table of state'],
  [/^site\/(?!test\/|dev\/).*\.js$/, /\.(innerHTML|outerHTML)\s*[+]?=|insertAdjacentHTML\(|document\.write\(/, 'text never reaches the page as HTML'],
  [/^(?!site\/dev\/guards)/, /\b(TODO|FIXME|XXX)\b/, 'finish it or file an issue'],
]

const faults = []

function sources() {
  return FOLDERS.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name).split(path.sep).join('/'))
    .filter((file) => !SKIPPED.test(file))
    .sort()
}

function guard(file, lines) {
  if (/(^|\/)(util|utils|helper|helpers|common|misc|base)(\/|\.m?js$)/.test(file) && file !== 'site/worker/helper.js') {
    faults.push(`${file}: a name says what the thing is for`)
  }
  for (const [files, forbidden, why] of GUARDS.filter(([files]) => files.test(file))) {
    lines.forEach((line, i) => {
      if (forbidden.test(line)) faults.push(`${file}:${i + 1}: ${line.trim()}: ${why}`)
    })
  }
}

/** Checks that a module parses; tsc reads only some of them. */
function parses(file) {
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  if (status !== 0) faults.push(stderr.trim())
}

/** Returns the long functions of a formatted Go file: from a line that starts with func to the next lone brace. */
function longFunctions(file, lines) {
  const found = []
  let start = -1
  lines.forEach((line, i) => {
    if (/^func\b/.test(line)) start = i
    if (line === '}' && start >= 0) {
      if (i - start + 1 > LONG_FUNCTION) found.push(`${file}:${start + 1}: ${lines[start].slice(0, 60)}… has ${i - start + 1} lines`)
      start = -1
    }
  })
  return found
}

function print(heading, rows) {
  if (rows.length > 0) console.log([heading, ...rows].map((row, i) => (i === 0 ? row : `  ${row}`)).join('\n'))
}

function checkFixtures(files) {
  const size = files.filter((file) => file.includes('/testdata/')).reduce((total, file) => total + statSync(file).size, 0)
  console.log(`Fixtures: ${(size / 1e6).toFixed(1)} MB`)
  if (size > FIXTURE_LIMIT) faults.push(`all testdata together is ${size} bytes and may be ${FIXTURE_LIMIT}`)
}

function checkLock() {
  if (/"resolved":/.test(readFileSync('package-lock.json', 'utf8'))) {
    faults.push('package-lock.json records addresses: run npm install with the .npmrc of this repository')
  }
}

const files = sources()
const long = { files: [], functions: [] }
for (const file of files.filter((name) => SOURCE.test(name) && !name.includes('/testdata/'))) {
  const lines = readFileSync(file, 'utf8').split('\n')
  guard(file, lines)
  if (/\.(m?js|cjs)$/.test(file)) parses(file)
  if (lines.length > LONG_FILE + 1 && !file.endsWith('_gen.go')) long.files.push(`${file}: ${lines.length - 1} lines`)
  if (file.endsWith('.go')) long.functions.push(...longFunctions(file, lines))
}
checkFixtures(files)
checkLock()
print(`Files over ${LONG_FILE} lines:`, long.files)
print(`Go functions over ${LONG_FUNCTION} lines:`, long.functions)
print('Faults:', faults)
if (faults.length > 0) process.exitCode = 1
