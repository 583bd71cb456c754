import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { serve } from '../dev/serve.mjs'

const WASM = Buffer.alloc(5000, 'wasm')
let folder
let isolated
let plain

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'thaw-serve-'))
  mkdirSync(path.join(folder, 'root', 'site'), { recursive: true })
  writeFileSync(path.join(folder, 'secret.txt'), 'secret')
  const root = path.join(folder, 'root')
  writeFileSync(path.join(root, 'index.html'), '<title>thaw</title>')
  writeFileSync(path.join(root, 'thaw.wasm'), WASM)
  writeFileSync(path.join(root, 'thaw.wasm.br'), brotliCompressSync(WASM))
  writeFileSync(path.join(root, 'site', 'stale.js'), 'new')
  writeFileSync(path.join(root, 'site', 'stale.js.br'), brotliCompressSync('old'))
  utimesSync(path.join(root, 'site', 'stale.js.br'), 1, 1)
  isolated = await serve({ root, port: 0 })
  plain = await serve({ root, port: 0, base: 'some/path', plain: true })
})

after(async () => {
  await isolated.close()
  await plain.close()
  rmSync(folder, { recursive: true })
})

/** Asks without the tidying of URLs and the unpacking that fetch does. */
function ask(server, target, { method = 'GET', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const sent = request({ hostname, port, path: target, method, headers }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('the page comes with its type and the headers of isolation', async () => {
  const { status, headers, body } = await ask(isolated, '/')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(headers['cross-origin-embedder-policy'], 'require-corp')
  assert.equal(body.toString(), '<title>thaw</title>')
})

test('the compressed twin is sent to those who accept it', async () => {
  const small = await ask(isolated, '/thaw.wasm', { headers: { 'Accept-Encoding': 'gzip, br;q=0.9' } })
  assert.equal(small.headers['content-encoding'], 'br')
  assert.equal(small.headers['content-type'], 'application/wasm')
  assert.equal(Number(small.headers['content-length']), small.body.length)
  assert.deepEqual(brotliDecompressSync(small.body), WASM)
  const full = await ask(isolated, '/thaw.wasm', { headers: { 'Accept-Encoding': 'gzip, br;q=0' } })
  assert.equal(full.headers['content-encoding'], undefined)
  assert.deepEqual(full.body, WASM)
})

test('a twin older than its file is not sent', async () => {
  const { headers, body } = await ask(isolated, '/site/stale.js', { headers: { 'Accept-Encoding': 'br' } })
  assert.equal(headers['content-encoding'], undefined)
  assert.equal(body.toString(), 'new')
})

test('a kept file is confirmed by its ETag', async () => {
  const { headers } = await ask(isolated, '/index.html')
  const again = await ask(isolated, '/index.html', { headers: { 'If-None-Match': headers.etag } })
  assert.equal(again.status, 304)
  assert.equal(again.body.length, 0)
})

test('nothing outside the folder is served', async () => {
  const targets = ['/../secret.txt', '/%2e%2e/secret.txt', '/site/../../secret.txt', '/..%2fsecret.txt', '/..%5csecret.txt', '/%00', '/%', '//../secret.txt']
  for (const target of targets) {
    const { status, body } = await ask(isolated, target)
    assert.equal(status, 404, target)
    assert.doesNotMatch(body.toString(), /secret/)
  }
})

test('a plain host under a sub-path sends no special header and answers nothing outside', async () => {
  const { status, headers, body } = await ask(plain, '/some/path/thaw.wasm', { headers: { 'Accept-Encoding': 'br' } })
  assert.equal(status, 200)
  assert.equal(headers['cross-origin-opener-policy'], undefined)
  assert.equal(headers['content-encoding'], undefined)
  assert.deepEqual(body, WASM)
  assert.equal((await ask(plain, '/thaw.wasm')).status, 404)
  assert.equal((await ask(plain, '/')).status, 404)
  assert.equal((await ask(plain, '/some/path/')).status, 200)
})

test('folders lead to their slash, and only GET and HEAD are known', async () => {
  const folderAnswer = await ask(isolated, '/site')
  assert.equal(folderAnswer.status, 301)
  assert.equal(folderAnswer.headers.location, '/site/')
  assert.equal((await ask(isolated, '/', { method: 'POST' })).status, 405)
  const head = await ask(isolated, '/thaw.wasm', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(Number(head.headers['content-length']), WASM.length)
})
