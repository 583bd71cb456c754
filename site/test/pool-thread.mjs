/** A browser's worker in a thread of Node, for pool.test.js: it runs site/worker/helper.js. */
import { parentPort } from 'node:worker_threads'

const self = { postMessage: (message) => parentPort.postMessage(message), onmessage: null }
Object.defineProperty(globalThis, 'self', { value: self })
Object.defineProperty(globalThis, 'navigator', { value: { locks: { request: (_name, hold) => hold() } }, configurable: true })
await import('../worker/helper.js')
parentPort.on('message', (data) => self.onmessage({ data })) // those that came before have waited
