/**
 * Runs `go test -json` with the arguments given and prints one line a package, the whole output of what failed, and
 * the name of every skipped test. `--tally FILE` first adds a line "passed failed" to that file for the sum at the end of
 * `build.sh test`.
 */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** What has been heard about each package: its tests' output by name, and the counts. */
const packages = new Map()
const total = { passed: 0, failed: 0 }

function packageOf(name) {
  if (!packages.has(name)) packages.set(name, { output: new Map(), passed: 0, failed: 0, skipped: [] })
  return packages.get(name)
}

function hear(event) {
  if (event.Action === 'build-output') return void process.stdout.write(event.Output)
  if (event.Package === undefined) return
  const heard = packageOf(event.Package)
  const test = event.Test ?? ''
  if (event.Action === 'output') heard.output.set(test, (heard.output.get(test) ?? '') + event.Output)
  else if (test === '') finishPackage(event, heard)
  else finishTest(event, heard, test)
}

/** Counts tests, not their subtests; a failed subtest fails its test. */
function finishTest({ Action: action }, heard, test) {
  if (action === 'skip') heard.skipped.push(test)
  if (action === 'fail') process.stdout.write(heard.output.get(test) ?? '')
  if (test.includes('/')) return
  if (action === 'pass') heard.passed++
  if (action === 'fail') heard.failed++
}

function finishPackage({ Action: action, Package: name, Elapsed: seconds = 0 }, heard) {
  if (action !== 'pass' && action !== 'fail') return
  // A package that fails without a failed test did not build, panicked or ran out of time.
  if (action === 'fail' && heard.failed === 0) {
    heard.failed++
    for (const output of heard.output.values()) process.stdout.write(output)
  }
  total.passed += heard.passed
  total.failed += heard.failed
  console.log(`${action === 'pass' ? 'ok  ' : 'FAIL'} ${name}: ${heard.passed} passed, ${heard.failed} failed, ${seconds.toFixed(1)} s`)
  for (const test of heard.skipped) console.log(`     skipped: ${test}: ${reason(heard.output.get(test) ?? '')}`)
}

/** Returns what a skipped test said, without the lines that go test puts round it. */
function reason(output) {
  return output.split('\n').filter((line) => line !== '' && !/^\s*(===|---)/.test(line)).join(' ').trim()
}

function read(line) {
  try {
    hear(JSON.parse(line))
  } catch {
    console.log(line) // the go command's own words
  }
}

const args = process.argv.slice(2)
const tally = args[0] === '--tally' ? args.splice(0, 2)[1] : undefined
const go = spawn('go', ['test', '-json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
createInterface({ input: go.stdout }).on('line', read)
go.on('error', (error) => {
  console.error(`go test does not start: ${error.message}`)
  process.exitCode = 1
})
go.on('close', (code) => {
  if (code !== 0 && total.failed === 0) total.failed = 1
  if (tally !== undefined) appendFileSync(tally, `${total.passed} ${total.failed}\n`)
  if (code !== 0) process.exitCode = 1
})
