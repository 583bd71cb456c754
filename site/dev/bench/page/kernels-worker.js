/** Runs the Go program of wasm/bench: the first message says how many threads, each later one is a job. */
import { helpersOver } from '/kernels/site/worker/helper-host.js'
import { startProgram } from '/kernels/site/worker/program.js'

self.onmessage = ({ data: { threads, webgpu, helpers } }) => {
  start(threads, webgpu, helpers).catch((error) => self.postMessage({ fault: error.message }))
}

/** Starts the build that the trainer's program would start here. @param {number} threads @param {boolean} webgpu @param {MessagePort} helpers */
async function start(threads, webgpu, helpers) {
  /** @type {any} */
  const scope = self
  const ready = new Promise((resolve) => {
    scope.thaw = { ready: resolve, send: (json) => self.postMessage(json) }
  })
  const { over } = await startProgram({ device: webgpu ? 'webgpu' : threads > 1 ? 'threads' : 'cpu', threads }, ready, helpersOver(helpers))
  const version = await Promise.race([ready, over.then((code) => { throw new Error(`the program ended with code ${code}`) })])
  if (!webgpu && !version.endsWith(`threads: ${threads}`)) throw new Error(`${threads} threads were asked for: ${version}`)
  self.onmessage = ({ data }) => scope.thaw.receive(JSON.stringify(data))
  self.postMessage({ version })
}
