/**
 * Loaded before Go's own wasm_exec_node.js when `build.sh test` runs Go tests in Node, as
 * `node --require site/dev/wasm-preload.cjs …/wasm_exec_node.js test.wasm`.
 *
 * Go's loader copies arguments and environment into the first 12 KB of the memory and gives up when they do not fit, so only
 * what a test can use is passed on. And a package with //go:wasmimport needs its import module even where no test calls
 * it: missing functions are put in that throw with their name.
 */
'use strict'

const KEPT = new Set(['HOME', 'PATH', 'TMPDIR', 'GOROOT', 'GOTRACEBACK'])

for (const name of Object.keys(process.env)) {
  if (!KEPT.has(name) && !name.startsWith('THAW_')) delete process.env[name]
}

const instantiate = WebAssembly.instantiate

WebAssembly.instantiate = async (bytes, imports) => {
  const module = await WebAssembly.compile(bytes)
  return { module, instance: await instantiate(module, complete(module, imports)) }
}

/** Returns the imports with a function for each one that the module wants and nobody gave. */
function complete(module, imports) {
  const all = Object.fromEntries(Object.entries(imports).map(([name, members]) => [name, { ...members }]))
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') continue
    all[from] ??= {}
    all[from][name] ??= () => {
      throw new Error(`${from}.${name} exists in the browser only`)
    }
  }
  return all
}
