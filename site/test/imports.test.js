/**
 * The import law of the page's modules; core/deps_test.go is its twin for Go.
 *
 * This is policy; do not edit it to fix a build. A row names a part of site/ and the parts that its modules may
 * import. A part without a row, or an import that its row does not name, fails.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const LAW = {
  'worker/': ['worker/', 'vendor/'],
  'chart/': ['chart/', 'vendor/'],
  'state.js': [],
  'thaw.js': ['worker/'],
  'elements/': ['elements/', 'chart/'],
  'elements/thaw-classifier.js': ['elements/', 'chart/', 'thaw.js'],
  'main.js': ['state.js', 'worker/', 'chart/', 'thaw.js', 'elements/'],
}

// Tests and development tools run in Node and may import anything; vendor/ holds what the build copies there.
const OUTSIDE = ['test/', 'dev/', 'vendor/']

const SITE = fileURLToPath(new URL('..', import.meta.url))

/** Returns the row of LAW that a module belongs to: its own name, or else its folder. */
function rowOf(module) {
  if (module in LAW) return module
  const folder = module.slice(0, module.indexOf('/') + 1)
  return folder in LAW ? folder : undefined
}

/** Returns every specifier that a module's text imports, statically or by a literal import(). Comments may name types. */
function specifiers(text) {
  const code = text.split('\n').filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line)).join('\n')
  const forms = [
    /^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*(['"])(.+?)\1/gm,
    /^\s*import\s*(['"])(.+?)\1/gm,
    /\bimport\(\s*(['"`])(.+?)\1/g,
  ]
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[2]))
}

/** Says in words why a module may not import a specifier, or returns '' if it may. */
function forbidden(module, specifier) {
  const row = rowOf(module)
  if (row === undefined) return 'the module has no row in site/test/imports.test.js'
  if (!/^\.\.?\//.test(specifier) || !specifier.endsWith('.js')) return 'a specifier is a relative path that ends in .js'
  const target = path.posix.join(path.posix.dirname(module), specifier)
  const allowed = LAW[row].some((part) => (part.endsWith('/') ? target.startsWith(part) : target === part))
  return allowed ? '' : `the row of ${row} does not name ${target}`
}

/** Returns the modules of site/ that the law speaks of, as paths relative to site/. */
function modules() {
  return readdirSync(SITE, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.m?js$/.test(file) && !OUTSIDE.some((folder) => file.startsWith(folder)))
}

test('every module imports only what its row names', () => {
  const faults = []
  for (const module of modules()) {
    if (rowOf(module) === undefined) faults.push(`site/${module}: ${forbidden(module, '')}`)
    for (const specifier of specifiers(readFileSync(path.join(SITE, module), 'utf8'))) {
      const why = forbidden(module, specifier)
      if (why !== '') faults.push(`site/${module} imports '${specifier}': ${why}`)
    }
  }
  assert.deepEqual(faults, [])
})

test('the law allows and forbids what it should', () => {
  const cases = [
    ['main.js', './state.js', true],
    ['main.js', './elements/loss-chart.js', true],
    ['main.js', './elements/loss-chart', false],
    ['main.js', 'uplot', false],
    ['state.js', './thaw.js', false],
    ['thaw.js', './worker/client.js', true],
    ['thaw.js', './elements/loss-chart.js', false],
    ['elements/loss-chart.js', '../chart/live-chart.js', true],
    ['elements/loss-chart.js', '../state.js', false],
    ['elements/loss-chart.js', '../thaw.js', false],
    ['elements/thaw-classifier.js', '../thaw.js', true],
    ['elements/thaw-classifier.js', '../state.js', false],
    ['chart/live-chart.js', '../vendor/uPlot.esm.js', true],
    ['worker/worker.js', '../chart/live-chart.js', false],
    ['extra.js', './state.js', false],
  ]
  for (const [module, specifier, allowed] of cases) {
    const why = forbidden(module, specifier)
    assert.equal(why === '', allowed, `${module} importing ${specifier}: ${why}`)
  }
})

test('specifiers are found in every form of import', () => {
  const text = [
    "import './a.js'", "import b, { c } from './b.js'", "import {\n  d,\n} from \"./d.js\"", "export * from './e.js'",
    "const f = await import('./f.js')", "/** @typedef {import('./type.js').T} T */", "const word = 'import'",
  ].join('\n')
  assert.deepEqual(specifiers(text).sort(), ['./a.js', './b.js', './d.js', './e.js', './f.js'])
})
