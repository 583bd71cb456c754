/**
 * The development server: `node site/dev/serve.mjs [--root dist] [--port 8080] [--host 127.0.0.1] [--base /] [--plain]`.
 *
 * It serves one folder and sends what a good static host would send: content types, an ETag, the compressed
 * twin of a file (.br, .gz) that the browser accepts, and the two headers that make a page cross-origin isolated, which
 * shared memory needs. --plain leaves those headers and the twins out, as the plainest host does; --base /a/b/ puts the
 * folder under a sub-path and answers nothing outside it. Port 0 takes any free port; the URL is printed.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'application/jsonl; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.ts': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Access-Control-Allow-Origin': '*',
}

/**
 * Starts a server and resolves once it listens.
 *
 * @param {{root: string, port?: number, host?: string, base?: string, plain?: boolean}} options
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export function serve({ root, port = 8080, host = '127.0.0.1', base = '/', plain = false }) {
  const site = { root: path.resolve(root), base: withSlashes(base), plain }
  const server = createServer((request, response) => {
    answer(site, request, response).catch((error) => fail(response, error))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const name = host.includes(':') ? `[${host}]` : host
      resolve({ url: `http://${name}:${server.address().port}${site.base}`, close: () => stop(server) })
    })
  })
}

async function answer(site, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { Allow: 'GET, HEAD' })
  const file = fileOf(site, request.url)
  if (file === undefined) return refuse(response, 404)
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) return refuse(response, 301, { Location: `${request.url.split('?')[0]}/` })
  if (!found?.isFile()) return refuse(response, 404)
  await send(site, request, response, file, found)
}

/** Returns the file that a URL asks for, or undefined where it points outside the base or the folder. */
function fileOf({ root, base }, url) {
  const name = decoded(url.split(/[?#]/)[0])
  if (name === undefined || !name.startsWith(base) || /[\0\\]|\/\//.test(name)) return undefined
  const segments = name.slice(base.length).split('/')
  if (segments.some((segment) => segment === '..' || segment === '.')) return undefined
  const file = path.join(root, ...segments, name.endsWith('/') ? 'index.html' : '')
  return file.startsWith(root + path.sep) || file === root ? file : undefined
}

function decoded(name) {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

async function send(site, request, response, file, found) {
  const twin = site.plain ? undefined : await compressedTwin(file, found, request.headers['accept-encoding'] ?? '')
  const body = twin ?? { path: file, size: found.size, suffix: '' }
  const etag = `"${found.size.toString(36)}-${Math.trunc(found.mtimeMs).toString(36)}${body.suffix}"`
  const headers = {
    ETag: etag,
    'Cache-Control': 'no-cache', // kept, and asked about before each use
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
    ...(site.plain ? {} : ISOLATED),
  }
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
  headers['Content-Type'] = TYPES[path.extname(file)] ?? 'application/octet-stream'
  headers['Content-Length'] = body.size
  if (twin !== undefined) headers['Content-Encoding'] = twin.encoding
  response.writeHead(200, headers)
  if (request.method === 'HEAD') return void response.end()
  const stream = createReadStream(body.path)
  stream.on('error', (error) => response.destroy(error))
  response.on('close', () => stream.destroy())
  stream.pipe(response)
}

/** Finds the best compressed twin of a file that the browser accepts and that is not older than the file. */
async function compressedTwin(file, found, accepted) {
  for (const [encoding, suffix] of [['br', '.br'], ['gzip', '.gz']]) {
    if (!accepts(accepted, encoding)) continue
    const twin = await stat(file + suffix).catch(() => undefined)
    if (twin?.isFile() && twin.mtimeMs >= found.mtimeMs) return { path: file + suffix, size: twin.size, suffix, encoding }
  }
  return undefined
}

function accepts(header, encoding) {
  return header.split(',').some((part) => {
    const [name, quality] = part.split(';').map((word) => word.trim())
    return name === encoding && !/^q=0(\.0*)?$/.test(quality ?? '')
  })
}

function refuse(response, status, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers })
  response.end(`${status}\n`)
}

function fail(response, error) {
  console.error(error)
  if (response.headersSent) response.destroy()
  else refuse(response, 500)
}

function stop(server) {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function withSlashes(base) {
  const inner = base.split('/').filter((segment) => segment !== '')
  return inner.length === 0 ? '/' : `/${inner.join('/')}/`
}

function portOf(text) {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port ${text}: a number from 0 to 65535 is wanted`)
  return port
}

async function main() {
  const { values } = parseArgs({
    options: {
      root: { type: 'string', default: 'dist' },
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      base: { type: 'string', default: '/' },
      plain: { type: 'boolean', default: false },
    },
  })
  const { url } = await serve({ ...values, port: portOf(values.port) })
  console.log(`thaw is served at ${url}   (Ctrl+C stops it)`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    const hint = error.code === 'EADDRINUSE' ? `port ${error.port} is in use; choose another with --port` : error.message
    console.error(`serve: ${hint}`)
    process.exitCode = 1
  })
}
