/**
 * Makes one file of the grammar of synthetic text, for the page to fetch: node site/dev/build-grammar.mjs TO. It is an object of texts
 * by path, as synth.Open takes them.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FROM = 'core/synth/grammar'

const files = readdirSync(FROM, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(txt|jsonl)$/.test(entry.name))
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
  .sort()
writeFileSync(process.argv[2], JSON.stringify(Object.fromEntries(files.map((file) => [path.relative(FROM, file).split(path.sep).join('/'), readFileSync(file, 'utf8')]))))
