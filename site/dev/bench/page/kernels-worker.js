/** Runs the Go program of wasm/bench: the first message says how many threads, each later one is a job. */
import '/dist/wasm/wasm_exec.js'

const PROGRAM = '/made/kernels.wasm'

/** @type {any} */
const scope = self
scope.thaw = {
  ready: (version) => self.postMessage({ version }),
  send: (json) => self.postMessage(json),
}

self.onmessage = ({ data }) => {
  start(data).catch((error) => self.postMessage({ fault: error.message }))
}

async function start({ threads }) {
  if (threads !== 1) throw new Error(`${threads} threads were asked for, and this build has one`)
  const go = new scope.Go()
  const { instance } = await WebAssembly.instantiateStreaming(fetch(PROGRAM), go.importObject)
  self.onmessage = ({ data }) => scope.thaw.receive(JSON.stringify(data))
  await go.run(instance)
}
